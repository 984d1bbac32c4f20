"""A page without Python answers as `check` does, and keeps what it is told to itself.

Protected here: the page and the kernel give the same sentence to the same answer, for every
prediction of the book; numbers and hashes agree for any input; the answer cannot be read in the
page; what is remembered is shown, forgotten on demand, and not needed; and whoever has no mouse,
no sight, no script or a small screen is not left out.
"""

import itertools
import json
import math
import re
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import nbformat
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from companion.check import Choice, Order, _numbers, _page, check
from companion.check._page import hashed
from companion.exercises import concepts, exercises
from press.sphinx import _answers
from tests.conftest import NOTEBOOKS, ROOT

STATIC = ROOT / "press" / "sphinx" / "static"
PREDICTIONS = {
    label: form
    for label, exercise in exercises.items()
    if (form := exercise.form()).kind != "code" and not form.later
}
PAGE_OF = {
    label: path.with_suffix(".html")
    for path in NOTEBOOKS
    for cell in nbformat.read(ROOT / path, as_version=4).cells
    for label in re.findall(r'^predict\("([\w-]+)"', cell.source, re.MULTILINE)
    if cell.cell_type == "code"
}
PAGE = "one-weight"  # it has three predictions and four functions to write or to mend
MIME = _page.MIME


# Numbers and hashes ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def script(browser):
    """Call a function of answers.js by its name."""
    page = browser.new_page()
    page.add_script_tag(path=STATIC / "answers.js")
    yield lambda name, *values: page.evaluate(f"(values) => Answers.{name}(...values)", values)
    page.close()


floats = st.floats(allow_nan=False, allow_infinity=False)
rounded = st.builds(
    lambda digits, power: float(f"{digits}e{power}"), st.integers(), st.integers(-9, 9)
)
halves = st.builds(
    lambda whole, power: (whole + 0.5) * 10.0**power, st.integers(), st.integers(0, 5)
)


@given(value=floats | rounded | halves)
@example(0.0)
@example(-0.0)
@example(1000.5)
@example(500000.5)
@example(100000.5)
@example(9.9995)
@example(1e15)
@example(1e-5)
@example(1.5e-6)
@example(5e-324)
@example(-1.7976931348623157e308)
def test_numbers_are_the_same_to_page_and_kernel(script, value):
    assert script("keys", value) == _numbers.keys(value)
    assert script("shown", value) == _numbers.shown(value)


typed = st.text(alphabet="0123456789+-.e/ −１．／－,x", max_size=12)


DECIMAL = r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)"
NUMBER = re.compile(f"{DECIMAL}(?: */ *{DECIMAL})?", re.IGNORECASE)
SPACES = " \t\n\u00a0\u3000"
# A minus sign, and what a Chinese keyboard may type: the ASCII characters in full width.
PLAIN = {0x2212: "-"} | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}


def read(text):
    """Return the number that a reader typed into a page, or None: what ``answers.js`` should do."""
    match = NUMBER.fullmatch(text.translate(PLAIN).strip(SPACES))
    if not match:
        return None
    one, other = float(match[1]), float(match[2] or 1)
    value = one / other if other else float("inf")
    return value if math.isfinite(value) else None


@given(text=typed | st.text(max_size=12) | floats.map(repr))
@example("1/0")
@example("1e999")
@example("\u30003\u3000")
@example("\x1f3")
@example("٣")
@example("1 / 3")
@example("")
def test_a_text_is_read_as_a_number_is_written(script, text):
    value = script("read", text)
    assert (value if value is None else float(value)) == read(text)


@given(label=st.text(max_size=20), answer=st.text(max_size=20))
def test_hashes_agree(script, label, answer):
    assert script("hashed", label, answer) == hashed(label, answer)


# The tolerance that companion/check/_numbers.py states ------------------------------------------


@given(digits=st.integers(1001, 9998), power=st.integers(-20, 20), off=st.floats(-0.99, 0.99))
def test_four_digits_are_enough_and_the_last_may_be_off_by_one(digits, power, off):
    right, near = (float(f"{number!r}e{power}") for number in (digits + 0.3, digits + 0.3 + off))
    far = [float(f"{digits + 0.3 + 2.01 * sign!r}e{power}") for sign in (-1, 1)]
    assume(not any(len(_numbers.equals(value)) == 1 for value in (right, near, *far)))
    equal = set(_numbers.equals(right))
    assert equal & set(_numbers.keys(near))
    assert not any(equal & set(_numbers.keys(value)) for value in far)


@given(right=st.integers(-(10**9), 10**9), off=st.integers(1, 1000))
def test_whole_numbers_are_exact(right, off):
    equal = set(_numbers.equals(float(right)))
    assert equal & set(_numbers.keys(float(right)))
    assert not equal & set(_numbers.keys(float(right + off)))


# The same feedback ------------------------------------------------------------------------------


def answers(label):
    """Return answers to a prediction: a right one, one of each known kind, and unknown ones."""
    exercise, form = exercises[label], PREDICTIONS[label]
    if isinstance(exercise, Choice):
        return list(exercise.options)
    if isinstance(exercise, Order):
        orders = itertools.permutations(range(1, len(exercise.lines) + 1))
        of_each_kind = {form.replies.get(" ".join(map(str, order))): order for order in orders}
        return [list(order) for order in of_each_kind.values()]
    known = {sentence: float(key) for key, sentence in reversed(form.replies.items())}
    return [*known.values(), 123.25, -0.0123456789, 98765432.0, 1e-7]


def give(exercise, answer):
    """Answer an exercise on its page, and return what the page says."""
    if isinstance(answer, str):
        exercise.locator(f"input[value={answer}]").check()
    else:
        exercise.get_by_label("A number").fill(repr(answer))
    exercise.get_by_role("button", name="Check").click()
    return exercise.get_by_role("status").inner_text()


def lines(exercise):
    return exercise.locator("ol > li").evaluate_all("items => items.map((item) => item.value)")


def address_of(site, label):
    return Path(site, PAGE_OF[label]).as_uri()


def of(page, site, label):
    page.goto(address_of(site, label))
    return page.locator(f"#question-{label}")


@pytest.fixture(scope="module")
def tab(browser):
    """A page for tests that each answer another exercise."""
    tab = browser.new_page()
    yield tab
    tab.close()


# Through the document, fifty times as fast as by a mouse. That a mouse and a keyboard reach each
# part of a form is asked by the tests of what is remembered, and of those for everyone.
GIVE_ALL = """(form, answers) => answers.map((answer) => {
  const order = form.querySelector("ol");
  const choice = form.querySelector(`input[type=radio][value="${answer}"]`);
  if (order)
    answer.forEach((line, place) => {
      const item = [...order.children].find(({value}) => value === line);
      while ([...order.children].indexOf(item) > place) item.querySelector("button").click();
    });
  else if (choice) choice.click();
  else {
    form.querySelector("input").value = answer;
    form.querySelector("input").dispatchEvent(new Event("input", {bubbles: true}));
  }
  [...form.querySelectorAll("button")].find((button) => button.textContent === "Check").click();
  return form.querySelector("[role=status]").innerText;
})"""


@pytest.mark.parametrize("label", sorted(PREDICTIONS, key=PAGE_OF.get))  # page by page
def test_page_and_kernel_say_the_same(site, tab, label):
    there = tab.url == address_of(site, label)
    exercise = tab.locator(f"#question-{label}") if there else of(tab, site, label)
    given = answers(label)
    texts = [repr(answer) if isinstance(answer, float) else answer for answer in given]
    said = exercise.evaluate(GIVE_ALL, texts)
    assert said == [str(check(label, answer)).replace("`", "") for answer in given]
    assert sum(text == "Solved." for text in said) == 1
    assert len({text.partition("\n")[2].partition("\n")[2] for text in said}) >= min(3, len(said))


UNREADABLE = ("", "minus two", "0,5", "1/0", "--2", "<b>2</b>", "1e999")
RIGHT = ("-32", " −32.0 ", "-3.2e1", "－３２", "-64/2", "-320 / 10")


def test_a_right_number_may_be_written_in_any_way_and_an_unreadable_one_is_said_to_be(site, page):
    exercise = of(page, site, "first-gradient")
    unreadable = f"Not solved yet.\n{_numbers.UNREADABLE.replace('`', '')}"
    for text in (*UNREADABLE, *RIGHT):
        exercise.get_by_label("A number").fill(text)
        exercise.get_by_role("button", name="Check").click()
        said = exercise.get_by_role("status").inner_text()
        assert said == ("Solved." if text in RIGHT else unreadable), text
        assert exercise.locator(".check b").count() == 0


def test_no_choice_is_asked_for_one(site, page):
    """A form of a choice that no exercise has to be published for."""
    page.set_content(form_of(Choice(lambda: "b", a=("one", "No."), b="two")))
    page.add_script_tag(path=STATIC / "answers.js")
    page.get_by_role("button", name="Check").click()
    assert page.get_by_role("status").inner_text() == (
        "Not solved yet.\nChoose one of the answers first."
    )
    page.get_by_label("b two").check()
    page.get_by_role("button", name="Check").click()
    assert page.get_by_role("status").inner_text() == "Solved."


def form_of(question, name="q"):
    return _answers.form(question.form().data(name))


def test_one_broken_form_silences_no_other(page):
    """Of three questions one has lost its data; the two others are asked all the same."""
    question = Choice(lambda: "b", a=("one", "No."), b="two")
    broken = form_of(question, "broken").replace("application/json", "text/plain")
    broken = re.sub("<script.*?</script>", "", broken)
    page.set_content(form_of(question, "first") + broken + form_of(question, "last"))
    page.add_script_tag(path=STATIC / "answers.js")
    for name in ("first", "last"):
        form = page.locator(f"#question-{name}")
        form.get_by_label("b two").check()
        form.get_by_role("button", name="Check").click()
        assert form.get_by_role("status").inner_text() == "Solved."
    assert "answer it in a notebook" in page.locator("#question-broken").inner_text()


# The answer is not told -------------------------------------------------------------------------


@pytest.mark.parametrize("label", [*PREDICTIONS, *concepts.exercises])
def test_the_stored_question_holds_hashes_only(label):
    data = check(label, ...)._repr_mimebundle_()[MIME]
    found = [hash for known in data["replies"].values() for hash in known.split(" ")]
    assert len(found) == len(set(found))  # no two answers have the same one
    assert all(re.fullmatch("[0-9a-f]{8}", hash) for hash in found)
    assert found[0] == min(found)  # the place of the right one says nothing
    assert data == check(label, ...)._repr_mimebundle_()[MIME]


def test_press_and_companion_name_the_same_type():
    assert _answers.MIME == MIME


# What is remembered -----------------------------------------------------------------------------


@pytest.fixture
def opened(site, page):
    page.goto(Path(site, "exercises", f"{PAGE}.html").as_uri())
    return page


def solve(page):
    give(page.locator("#question-first-gradient"), -32.0)
    give(page.locator("#question-which-step"), "c")
    page.locator("#question-one-step").get_by_label("I solved this").check()


def test_what_is_solved_is_shown_and_stays(opened):
    count = opened.locator(".answer-count")
    assert count.inner_text() == "0 of 7 solved"
    solve(opened)
    for reload in (lambda: None, lambda: reload_until(opened, "2 of 7 solved")):
        reload()
        assert count.inner_text() == "2 of 7 solved"
        marks = opened.locator("h3 .answer-mark").all_inner_texts()
        assert [number for number, mark in enumerate(marks) if "✓ solved" in mark] == [0, 4]
        link = opened.locator("aside a", has_text="Exercises").filter(has_text="2 of 7")
        assert link.count() == 1
        assert (
            opened.locator("#question-first-gradient").get_by_label("A number").input_value()
            == "-32.0"
        )
        text = opened.locator("#question-which-step").get_by_role("status").inner_text()
        assert "Who must look away?" in text
        assert opened.locator("#question-one-step").get_by_label("I solved this").is_checked()


def test_a_wrong_answer_later_does_not_undo_what_is_solved(opened):
    solve(opened)
    said = give(opened.locator("#question-first-gradient"), 5.0)
    assert said.startswith("Not solved yet.")
    assert opened.locator(".answer-count").inner_text() == "2 of 7 solved"
    reload_until(opened, "2 of 7 solved")
    form = opened.locator("#question-first-gradient")
    assert form.get_by_label("A number").input_value() == "-32.0"
    assert form.get_by_role("status").inner_text() == "Solved."


def test_what_is_solved_is_not_called_unsolved_beside_it(opened):
    code = opened.locator("#question-nothing-learns")
    assert "Not solved yet." in code.inner_text()
    code.get_by_label("I solved this").check()
    assert "Not solved yet." not in code.inner_text()
    assert opened.locator(".answer-mark", has_text="solved").count() == 1


def test_a_verdict_goes_when_its_answer_changes(opened):
    form = opened.locator("#question-first-gradient")
    give(form, 5.0)
    form.get_by_label("A number").fill("6")
    assert form.get_by_role("status").inner_text() == ""


def test_everything_can_be_forgotten(opened):
    solve(opened)
    opened.on("dialog", lambda dialog: dialog.accept())
    with opened.expect_navigation():
        opened.get_by_role("button", name="Forget my answers").click()
    reload_until(opened, "0 of 7 solved")
    assert opened.locator("#question-first-gradient").get_by_label("A number").input_value() == ""
    assert not opened.locator("#question-one-step").get_by_label("I solved this").is_checked()
    with opened.expect_navigation():
        opened.get_by_role("button", name="Bring back what was forgotten").click()
    reload_until(opened, "2 of 7 solved")


def test_forgetting_can_be_called_off(opened):
    solve(opened)
    opened.on("dialog", lambda dialog: dialog.dismiss())
    opened.get_by_role("button", name="Forget my answers").click()
    assert opened.locator(".answer-count").inner_text() == "2 of 7 solved"


#: What cannot be an answer, to each kind of question.
STRANGE = {
    "first-gradient": {"answer": [1]},
    "which-step": {"answer": {}},
    "one-step": 7,
    "largest-lr-proof": {"answer": "9 9 x"},
    "concepts": {"rounds": 3},
}
STORAGES = {
    "forbidden": "Object.defineProperty(window, 'localStorage', {get() { throw new Error() }})",
    "missing": "Object.defineProperty(window, 'localStorage', {value: undefined})",
    "full": "Storage.prototype.setItem = () => { throw new Error('quota') }",
    **{
        text: f"localStorage.setItem('autograd-in-motion', {text!r})"
        for text in (
            "not json",
            "null",
            "7",
            json.dumps(STRANGE),
        )
    },
}


@pytest.mark.parametrize("storage", STORAGES)
def test_a_page_works_without_a_memory(site, browser, storage):
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(error.stack))
    page.add_init_script(STORAGES[storage])
    page.goto(Path(site, "exercises", f"{PAGE}.html").as_uri())
    assert page.locator(".answer-count").inner_text() == "0 of 7 solved"
    assert page.locator("#question-first-gradient").get_by_label("A number").input_value() == ""
    solve(page)
    assert page.locator(".answer-count").inner_text() == "2 of 7 solved"
    keeps_nothing = "keeps nothing" in page.locator(".answer-note").inner_text()
    assert keeps_nothing == (storage in ("forbidden", "missing", "full", "not json"))
    # The theme needs its storage; the exercises do not.
    assert not [error for error in errors if "answers.js" in error]
    page.close()


def test_nothing_is_sent(site, page):
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(Path(site, "exercises", f"{PAGE}.html").as_uri())
    solve(page)
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


# For everyone -----------------------------------------------------------------------------------


def test_a_keyboard_is_enough(opened):
    exercise = opened.locator("#question-first-gradient")
    exercise.get_by_label("A number").focus()
    opened.keyboard.type("-32")
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.textContent") == "Check"
    opened.keyboard.press("Enter")
    assert exercise.get_by_role("status").inner_text() == "Solved."


def test_lines_are_moved_with_the_keyboard_and_the_mouse(opened):
    form = opened.locator("#question-largest-lr-proof")
    form.get_by_role("button", name="Move line 3 up").focus()
    for place in (2, 1, 1):
        opened.keyboard.press("Enter")
        said = form.get_by_role("status").inner_text()
        assert said == f"Line 3 is now in place {place} of 5."
        focused = opened.evaluate("document.activeElement.getAttribute('aria-label')")
        assert focused == "Move line 3 up"
    assert lines(form) == [3, 1, 2, 4, 5]
    form.get_by_role("button", name="Move line 1 down").click()
    assert lines(form) == [3, 2, 1, 4, 5]
    form.get_by_role("button", name="Check").click()
    said = str(check("largest-lr-proof", [3, 2, 1, 4, 5]))
    assert form.get_by_role("status").inner_text() == said.replace("`", "")


def test_a_screen_reader_hears_names_and_results(opened):
    exercise = opened.locator("#question-first-gradient")
    group = exercise.get_by_role("group", name="Your answer")
    assert group.get_by_role("textbox", name="A number").count() == 1
    assert exercise.get_by_role("status").count() == 1  # there before it says anything
    assert exercise.get_by_role("status").inner_text() == ""
    boxes = opened.get_by_role("checkbox", name="I solved this")
    assert boxes.count() == 4


@pytest.mark.parametrize("name", ["accumulate", "concepts"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_is_too_wide_and_no_form_moves_the_page(served, browser, name, width):
    """What the scripts add does not move what is there: the page shifts no more than without.

    Letters that come late move the page too, now and then, so a second pair of visits may do.
    """
    shifts = []
    for blocked in 2 * ("{answers,inventory}.js*", "none"):
        if len(shifts) == 2 and shifts[1] - shifts[0] < 0.01:
            return
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.route(f"**/{blocked}", lambda route: route.abort())
        page.add_init_script(
            "window.jump = 0;"
            "new PerformanceObserver((list) => list.getEntries().forEach((e) => (jump += e.value)))"
            ".observe({type: 'layout-shift', buffered: true});"
        )
        page.goto(f"{served}/exercises/{name}.html")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shifts.append(page.evaluate("jump"))
        page.close()
    assert min(shifts[1::2]) - min(shifts[::2]) < 0.01


def test_without_a_script_nothing_dead_is_shown(site, browser):
    page = browser.new_page(java_script_enabled=False)
    page.goto(Path(site, "exercises", f"{PAGE}.html").as_uri())
    form = page.locator("#question-first-gradient")
    assert form.locator("button:visible").count() == 0
    assert "Without JavaScript" in form.inner_text()
    assert page.locator("#question-which-step").get_by_text("w -= lr * w.grad").count() == 2
    page.close()


def test_a_form_stands_in_the_place_of_its_cell(opened):
    assert "predict(" not in opened.locator("main, article").first.inner_text()
    code = opened.locator("#question-one-step")
    assert "Open live" in code.inner_text()
    assert "still empty" not in opened.locator("body").inner_text()
    # A stub with a bug shows what it does: that is the exercise.
    assert (
        "`w` is where it started".replace("`", "")
        in opened.locator("#question-nothing-learns").inner_text()
    )


def test_solutions_are_closed(opened):
    assert opened.locator("details[open] pre").count() == 0
    assert opened.get_by_text("return 2 * (y_hat - y) * x").count() == 0 or not (
        opened.get_by_text("return 2 * (y_hat - y) * x").first.is_visible()
    )


def test_a_reference_to_an_exercise_leads_to_its_heading(site):
    html = (site / "chapters" / "teaching.html").read_text(encoding="utf-8")
    assert 'href="../exercises/one-weight.html#the-gradient-by-hand"' in html
    assert 'id="the-gradient-by-hand"' in (site / "exercises" / "one-weight.html").read_text(
        encoding="utf-8"
    )


def test_the_scripts_are_only_where_they_are_needed(site):
    for name, scripts in {
        f"exercises/{PAGE}": {"answers.js"},
        "exercises/concepts": {"answers.js", "inventory.js"},
        "chapters/one-weight": {"answers.js"},  # it has predictions
        "chapters/run": set(),
    }.items():
        html = Path(site, f"{name}.html").read_text(encoding="utf-8")
        assert set(re.findall(r"(\w+\.js)", html)) & {"answers.js", "inventory.js"} == scripts


# The concept inventory --------------------------------------------------------------------------


@pytest.fixture
def inventory(site, page):
    page.goto(Path(site, "exercises", "concepts.html").as_uri())
    return page


def choose(page, wrong):
    """Answer all questions; those whose numbers are in `wrong` with their first wrong option."""
    for number, (label, question) in enumerate(concepts.exercises.items(), start=1):
        letter = next(iter(question.wrong)) if number in wrong else question.truth()
        page.locator(f"input[name={label}][value={letter}]").check()


def test_a_round_tells_nothing_before_its_end(inventory):
    choose(inventory, wrong={1, 2})
    inventory.locator("input[value=a]").first.check()
    assert all(text == "" for text in inventory.locator("form .check").all_inner_texts())
    assert inventory.get_by_role("button", name="Check").count() == 0
    assert "20 of 20 answered" in inventory.locator(".answer-score").inner_text()
    assert "right" not in inventory.locator(".answer-score").inner_text()


def test_a_round_is_finished_when_all_is_answered(inventory):
    inventory.get_by_role("button", name="Finish this round").click()
    assert "0 of 20 answered" in inventory.locator(".answer-score").inner_text()
    first = next(iter(concepts.exercises))
    assert inventory.evaluate("document.activeElement.name") == first


def test_both_rounds_are_scored_and_point_to_chapters(inventory):
    choose(inventory, wrong={1, 5, 8, 9, 12})
    inventory.get_by_role("button", name="Finish this round").click()
    score = inventory.locator(".answer-score")
    assert "Round 1, before the book: 15 of 20 right." in score.inner_text()
    assert score.locator("li").all_inner_texts() == cures({1, 5, 8, 9, 12})
    # Nothing on single questions: the second round asks them again.
    assert all(text == "" for text in inventory.locator("form .check").all_inner_texts())
    assert inventory.locator("input:enabled[type=radio]").count() == 0

    inventory.get_by_role("button", name="Begin the second round").click()
    assert inventory.locator("input:checked").count() == 0
    choose(inventory, wrong={8})
    inventory.get_by_role("button", name="Finish this round").click()
    reload_until(inventory, "Round 1, before the book: 15 of 20 right.")
    assert "Round 2, after the book: 19 of 20 right." in score.inner_text()
    assert score.locator("li").all_inner_texts() == cures({8})
    said = inventory.locator("form .check").all_inner_texts()
    assert said.count("Solved.") == 19
    label, question = list(concepts.exercises.items())[7]
    python = str(check(label, next(iter(question.wrong))))
    told = python.splitlines()[2].replace("`", "").replace("“", "").replace("”", "")
    assert said[7] == f"Not solved yet.\n{told}"

    forget = inventory.get_by_role("button", name="Forget both rounds")
    inventory.once("dialog", lambda dialog: dialog.dismiss())
    forget.click()
    assert "19 of 20 right" in score.inner_text()
    inventory.once("dialog", lambda dialog: dialog.accept())
    forget.click()
    assert "Round 1, before the book: 0 of 20 answered." in score.inner_text()
    inventory.get_by_role("button", name="Undo").click()
    assert "19 of 20 right" in score.inner_text()


def test_a_finished_round_can_be_taken_back_and_says_what_guessing_gives(inventory):
    choose(inventory, wrong={1})
    inventory.get_by_role("button", name="Finish this round").click()
    score = inventory.locator(".answer-score")
    guessed = sum(1 / len(question.options) for question in concepts.exercises.values())
    assert f"Guessing gives {guessed:.1f} on average." in score.inner_text()
    inventory.get_by_role("button", name="Undo").click()
    assert "20 of 20 answered" in score.inner_text()
    assert inventory.locator("input:enabled[type=radio]").count() > 0


def reload_until(page, text):
    """Load a page again until it says `text`: what it has just stored may come a moment later.

    Chromium may give the new page another process, and on a busy machine that was once seen to
    start without what the old one had stored.
    """
    for _ in range(10):
        page.reload()
        if text in page.locator("body").inner_text():
            return
        page.wait_for_timeout(500)
    pytest.fail(f"the page never said {text!r}")


def cures(numbers):
    """Return the lines for the chapters, as Python finds them."""
    found = {}
    for number, question in enumerate(concepts.exercises.values(), start=1):
        if number in numbers:
            sentence = next(iter(question.wrong.values()))
            title = re.search(r"\[([^\]]+)\]\(chapters/", sentence)[1]
            found.setdefault(title, []).append(str(number))
    lines = sorted(found.items(), key=lambda item: -len(item[1]))
    return [
        f"{title}: question{'s' * (len(places) > 1)} {', '.join(places)}" for title, places in lines
    ]


def test_every_link_of_the_inventory_leads_somewhere(site, inventory):
    choose(inventory, wrong=set(range(1, 21)))
    for _ in range(2):
        inventory.get_by_role("button", name="Finish this round").click()
        if inventory.get_by_role("button", name="Begin the second round").count():
            inventory.get_by_role("button", name="Begin the second round").click()
            choose(inventory, wrong=set(range(1, 21)))
    links = inventory.locator(":is(.check, .answer-score) a").evaluate_all(
        "links => links.map((link) => link.href)"
    )
    assert len(links) > 40
    for link in set(links):
        name, _, anchor = link.partition("#")
        target = Path(url2pathname(urlsplit(name).path))
        assert not anchor or f'id="{anchor}"' in target.read_text(encoding="utf-8")
        assert target.exists()
