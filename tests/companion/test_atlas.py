"""The Error atlas: each entry is true, and a pasted message finds it."""

import math
import re

import nbformat
import pytest

from companion.atlas import PAGE, entries, figures, rows, signs
from companion.atlas.run import run
from press.clinic.notebook import PATH, notebook, with_outputs_of
from tests.conftest import ROOT

ENTRIES = entries()
MESSAGES = list(dict.fromkeys(message for entry in ENTRIES for message in entry.messages))
SYMPTOMS = [entry.symptom for entry in ENTRIES if entry.symptom]
each = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def slope(f, x, h=1e-5):
    """Return a central difference, which knows nothing of autograd."""
    return (f(x + h) - f(x - h)) / (2 * h)


def loss(w):
    return (3 * w - 6) ** 2


def square(x):
    return x * x


def position(*x):
    return sum(k * math.exp(value) for k, value in enumerate(x)) / sum(map(math.exp, x))


def y_of(a, b):
    return (a + b) + a * b + (a + b) * (a * b)


def once(w):
    return w - 0.01 * slope(loss, w)


#: All numbers that the repairs of an entry print, from another source than torch.
TRUTH = {
    "backward-vector": [slope(square, x) for x in (1, 2, 3)],
    "backward-twice": [slope(square, 3), slope(square, 3), 2],
    "grads-add-up": 3 * [slope(loss, 1)],
    "zero-before-step": [6 / 3],
    "new-weight": [once(once(1))],
    "leaf-in-place": [once(1)],
    "new-weight-no-grad": [once(1), once(once(1))],
    "loss-requires-grad": [6 / 3],
    "intermediate-grad": [slope(lambda h: 2 * h, 9)],
    "leaf-no-grad": [slope(lambda h: h * 2, 4)],
    "data-edit": [slope(square, 3)],
    "detach-shares": [1, 2],
    "in-place-saved": [slope(math.exp, 0), slope(math.sin, 0)],
    "transposed-jacobian": [1, 2, 1, 2],
    "factor-m": [slope(lambda x: x * x + x * x, 3)],
    "where-nan": [0, slope(math.sqrt, 4)],
    "kinks": [0, 1],
    "argmax-round": [
        *(slope(lambda a: position(a, 3, 2), 1), slope(lambda b: position(1, b, 2), 3)),
        *(slope(lambda c: position(1, 3, c), 2), round(2.7), 1),
    ],
    "total-loss": [0],
    "numpy": [1, 2],
    "item-cuts": [slope(square, 3)],
    "shapes": [0],
    "create-graph": [slope(lambda x: x**3, 3), slope(lambda x: 3 * x * x, 3)],
    "batch-sum": [slope(lambda w, x=x: (w * x - 2 * x) ** 2, 1) for x in (1, 2, 3)],
    "recursion": [slope(lambda a: y_of(a, 3), 2), slope(lambda b: y_of(2, b), 3)],
    "custom-backward": [*(slope(square, x) for x in (1, 2, 3)), slope(lambda x: x * 2, 3)],
    "grad-after-zero": [slope(square, 3)],
    "zero-too-early": [slope(square, 3)],
    "unused-input": [slope(square, 2)],
    "inference": [slope(lambda w: w * 3, 2)],
    "hidden-state": [math.tanh(0.5 * math.tanh(1) + 2)],
    "checkpoint": [1, 1],
    "vmap-if": [0.1 * -1, 2],
}
#: Their repairs print a word, and of random weights only that the loss falls.
NO_NUMBER = {"non-leaf-optimizer", "eval-tracks", "integers", "gradcheck-float32", "hook-inplace"}
NO_NUMBER |= {"dtype-mix", "retain-step"}


def numbers(programs):
    text = "\n".join(program.prints for program in programs)
    return [float(number) for number in re.findall(r"-?(?:nan|\d+\.?\d*)", text)]


# What the entries claim -----------------------------------------------------------------------


@each
def test_each_program_says_exactly_what_its_entry_says(entry):
    for program in entry.program:
        said = run(program.code)
        assert (said.prints, said.warns, said.raises) == (
            program.prints,
            program.warns,
            program.raises,
        )


@each
def test_the_repair_runs_in_silence_and_prints_something_else(entry):
    for repair in entry.repair:
        said = run(repair.code)
        assert (said.prints, said.warns, said.raises) == (repair.prints, "", "")
        assert said.prints not in [program.prints for program in entry.program]


@each
def test_the_repair_gives_the_right_number_and_a_silent_program_a_wrong_one(entry):
    if entry.name in NO_NUMBER:
        assert entry.name not in TRUTH
        return
    truth = TRUTH[entry.name]
    assert numbers(entry.repair) == pytest.approx(truth, abs=6e-5)
    silent = [program for program in entry.program if not program.messages]
    assert bool(silent) == bool(entry.symptom)
    for program in silent:
        printed = numbers([program])
        assert printed != pytest.approx(truth[: len(printed)], abs=6e-5) or "None" in program.prints


def test_after_the_repair_of_a_step_with_a_retained_graph_the_loss_falls():
    (entry,) = (entry for entry in ENTRIES if entry.name == "retain-step")
    losses = numbers(entry.repair)
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0] / 5


# Their form -----------------------------------------------------------------------------------


def test_there_are_forty_each_under_its_own_name_and_title():
    assert [entry.number for entry in ENTRIES] == list(range(1, 41))
    assert len({entry.name for entry in ENTRIES}) == len({entry.title for entry in ENTRIES}) == 40


@each
def test_an_entry_is_complete_and_short(entry):
    assert len(entry.cause.splitlines()) == 2
    assert all(line.endswith(".") for line in entry.cause.splitlines())
    assert entry.messages or (entry.symptom and entry.wrong)
    assert bool(entry.symptom) == bool(entry.wrong)
    for program in [*entry.program, *entry.repair]:
        assert len([line for line in program.code.splitlines() if line.strip()]) <= 12
        assert all(len(line) <= 76 for line in program.code.splitlines())


@each
def test_an_entry_names_only_what_there_is(entry):
    assert (ROOT / "chapters" / f"{entry.chapter}.ipynb").exists()
    assert set(entry.see) <= {other.name for other in ENTRIES} - {entry.name}
    assert set(entry.signs) <= set(signs())
    assert bool(entry.signs) == bool(entry.look)


def test_every_sign_and_every_silent_entry_can_be_found_from_the_other():
    assert {sign for entry in ENTRIES for sign in entry.signs} == set(signs())
    assert [entry.name for entry in ENTRIES if entry.symptom and not entry.signs] == []


# The chapter ----------------------------------------------------------------------------------


def test_the_chapter_is_what_the_data_give():
    stored, made = nbformat.read(ROOT / PATH, as_version=4), notebook()
    for old, new in zip(stored.cells, made.cells, strict=True):
        assert (old.id, old.cell_type, old.source) == (new.id, new.cell_type, new.source)
        assert old.metadata.get("tags", []) == new.metadata.get("tags", [])


def test_making_the_chapter_again_keeps_the_outputs_of_unchanged_cells():
    stored, made = nbformat.read(ROOT / PATH, as_version=4), notebook()
    made.cells[-2].source += "\n# changed"
    made = with_outputs_of(stored, made)
    assert [cell.get("outputs") for cell in made.cells[:-2]] == [
        cell.get("outputs") for cell in stored.cells[:-2]
    ]
    assert made.cells[-2].get("outputs", []) == []


@each
def test_the_chapter_shows_each_message(entry):
    cells = {cell.id: cell for cell in nbformat.read(ROOT / PATH, as_version=4).cells}
    for count, program in enumerate(entry.program, start=1):
        outputs = cells[f"{entry.name}-program" + (f"-{count}" if count > 1 else "")].outputs
        shown = "\n".join("\n".join(o.get("traceback", [])) or o.text for o in outputs)
        assert all(message in shown for message in program.messages)


# Its figures ----------------------------------------------------------------------------------


def test_the_slopes_at_a_kink_are_those_that_the_book_names():
    at_zero = {function: figures.slope(function, 0.0)[1] for function in figures.KINKS}
    assert math.isnan(at_zero.pop("where(x > 0, sqrt(x), 0)"))
    assert list(at_zero.values()) == [0, 1, 0.5, 0.1, 0]


@pytest.mark.parametrize("function", figures.KINKS)
def test_away_from_the_kink_torch_agrees_with_a_difference_quotient(function):
    for x in (-1.0, 1.0) if "where" not in function else (1.0,):
        expected = figures.by_trial(function, x, 1e-6)
        assert figures.slope(function, x)[1] == pytest.approx(expected, abs=1e-5)


def test_each_sign_leads_to_its_entries_with_a_question_for_each():
    for key, words in signs().items():
        links = re.findall('href="#error-(.*?)"', figures.likely_causes(words).data)
        assert links == [entry.name for entry in ENTRIES if key in entry.signs]


# In the browser -------------------------------------------------------------------------------


@pytest.fixture(params=["http", "file"])
def address(request):
    """The site's address, over http and from the disk."""
    if request.param == "http":
        return request.getfixturevalue("served")
    return request.getfixturevalue("site").as_uri()


def owners(sight):
    """Return the anchors of the entries that a message or a symptom belongs to."""
    return [entry.anchor for causes in rows().values() for text, entry in causes if text == sight]


def search(page, query):
    """Search as the search page does with what is in its address; return where the results lead."""
    return page.evaluate(SEARCH, query)


SEARCH = """async query => {
  document.getElementById("search-results").replaceChildren();
  Search.performSearch(query);
  while (!Search.status.innerText) await new Promise(resolve => setTimeout(resolve, 5));
  return [...Search.output.querySelectorAll("li > a")].map(link => link.getAttribute("href"));
}"""


def test_a_message_finds_its_entry_first_and_then_others_that_give_the_same(page, address):
    page.goto(f"{address}/search.html")
    page.wait_for_function("Search.hasIndex()")
    for message in MESSAGES:
        expected = [f"{PAGE}.html#{anchor}" for anchor in owners(message)]
        assert search(page, message)[: len(expected)] == expected


PASTED = {
    "without its type": lambda m: m.partition(": ")[2],
    "with other numbers": lambda m: re.sub(r"\d+", lambda n: str(int(n[0]) + 7), m),
    "with other shapes": lambda m: re.sub(r"\[(\d+(, \d+)*)?\]", "[64, 3, 224]", m),
    "from a graphics card": lambda m: m.replace("torch.Float", "torch.cuda.Float"),
    "from another version": lambda m: re.sub(r"output 0 of (\w+)", r"output 0 of \1Backward0", m),
    "its first line": lambda m: m.splitlines()[0],
    "its first sentence": lambda m: m.split(". ")[0],
    "with its traceback": lambda m: (
        'Traceback (most recent call last):  File "/home/me/train.py", line 31, in <module>    '
        f"loss.backward()  File torch/_tensor.py, line 626, in backward {m}"
    ),
}


@pytest.mark.parametrize("how", PASTED)
def test_a_message_may_be_a_little_different(page, site, how):
    page.goto(f"{site.as_uri()}/search.html")
    for message in MESSAGES:
        pasted = PASTED[how](message)
        found = page.evaluate("text => ErrorAtlas.rank(text).map(item => item.anchor)", pasted)
        assert found[:1] == owners(message)[:1], pasted


def test_a_reader_pastes_a_message_and_lands_on_its_entry(page, address):
    page.goto(f"{address}/search.html")
    page.locator(".sidebar-search").fill(MESSAGES[2].replace("\n", ""))
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.click()
    page.wait_for_url("**/errors.html#error-backward-twice")
    heading = page.get_by_role("heading", name="2. backward() twice")
    assert 0 <= heading.bounding_box()["y"] < 300
    assert page.locator(".highlighted").count() == 0


def test_a_symptom_in_words_finds_its_entry(page, site):
    page.goto(f"{site.as_uri()}/search.html")
    for symptom in SYMPTOMS:
        found = page.evaluate("text => ErrorAtlas.rank(text).map(item => item.anchor)", symptom)
        assert found[0] == owners(symptom)[0]


def test_a_query_that_is_no_message_is_left_to_sphinx(page, site):
    page.goto(f"{site.as_uri()}/search.html")
    for query in (
        "gradient",
        "learning rate",
        "what is a leaf",
        "in-place",
        "chain rule",
        "no_grad",
    ):
        assert page.evaluate("text => ErrorAtlas.rank(text)", query) == []


def test_the_filter_above_the_table_leaves_what_fits(page, address):
    page.goto(f"{address}/{PAGE}.html")
    field, shown = (
        page.get_by_label("Find a message"),
        page.locator("#the-error-atlas tbody tr:visible"),
    )
    assert shown.count() == len(rows())
    for typed, entry in [
        ("inplace oper", "3. retain_graph, then a step"),  # unfinished words
        (MESSAGES[2], "2. backward() twice"),
        (PASTED["with its traceback"](MESSAGES[0]), "1. backward() on a vector"),
        ("nothing learns", "5. Zeroing before the step"),
    ]:
        field.fill(typed)
        assert shown.count() < 5
        assert entry in shown.first.inner_text()
    field.fill("kumquat")
    assert shown.count() == 0
    assert "Not in the atlas" in page.locator(".atlas-count").inner_text()
    field.fill("")
    assert shown.count() == len(rows())


def test_without_a_script_there_is_the_whole_table_and_each_link_has_its_entry(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.as_uri()}/{PAGE}.html")
    assert page.locator("#the-error-atlas tbody tr:visible").count() == len(rows())
    links = page.locator("#the-error-atlas tbody a[href^='#']")
    targets = {link.get_attribute("href") for link in links.all()}
    assert targets == {f"#{entry.anchor}" for entry in ENTRIES}
    for target in targets:
        assert page.locator(target).count() == 1
    context.close()


@pytest.mark.parametrize("folder", ["chapters", "exercises"])
def test_a_chapter_and_its_exercises_list_their_errors(site, folder):
    atlas = (site / f"{PAGE}.html").read_text(encoding="utf-8")
    for entry in ENTRIES:
        page = (site / folder / f"{entry.chapter}.html").read_text(encoding="utf-8")
        assert re.search(rf'href="[./a-z]*errors\.html#{entry.anchor}"', page), entry.title
        assert f'id="{entry.anchor}"' in atlas
