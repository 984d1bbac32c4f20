"""That pages, made light, look as with all that the theme brought.

`press.sphinx._light` and `_prune` throw most of it away. If they threw away too much, nothing
else would see it: here the style of every element is compared, with the theme's own style sheets
and with ours.
"""

import re
from pathlib import Path

import pytest

from press.sphinx._light import lighten
from press.sphinx._prune import prune


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("search", 360, "dark"),
        ("chapters/jacobian", 360, "light"),
        ("exercises/one-weight", 1280, "dark"),
    ],
)
def test_a_page_looks_as_with_all_rules(site, browser, name, width, scheme):
    path = site / f"{name}.html"
    full = path.with_name(f"{path.stem}-with-all-rules.html")
    full.write_text(with_all_rules(path.read_text(encoding="utf-8")), encoding="utf-8")
    settings = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    styles = []
    for each in (path, full):
        page = browser.new_page(**settings, reduced_motion="reduce")
        page.goto(each.as_uri())
        page.wait_for_selector("html[data-scripts=done]")
        styles.append(page.evaluate(STYLES))
        page.close()
    full.unlink()
    assert styles[0] == styles[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_plain_words_of_code_have_the_colour_that_pygments_gives_them(site, page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto((site / "chapters" / "setup.html").as_uri())
    colours = page.locator(".highlight > pre:has(> .k, > .kn)").evaluate_all(
        "all => all.map(pre => [pre, pre.parentElement].map(e => getComputedStyle(e).color))"
    )
    assert colours and all(words == block for words, block in colours)
    assert not page.locator(".highlight .n").count()


# What a browser knows of the looks of the first element of each kind, as a number.
STYLES = """() => {
  const styles = {};
  for (const animation of document.getAnimations()) animation.finish();
  for (const element of document.body.querySelectorAll("*")) {
    const name = (e) => `${e.tagName}.${e.getAttribute("class")}`;
    const kind = `${name(element.parentElement)} > ${name(element)}`;
    if (kind in styles) continue;
    let number = 0;
    for (const part of [null, "::before", "::after"]) {
      const style = getComputedStyle(element, part);
      for (const name of style) {
        if (name.startsWith("--")) continue;
        for (const letter of style.getPropertyValue(name))
          number = (Math.imul(number, 31) + letter.codePointAt(0)) | 0;
      }
    }
    styles[kind] = number;
  }
  return styles;
}"""


def with_all_rules(text):
    """Return a page that names the style sheets again that ours was made of."""
    link = re.search(
        r'<link rel="stylesheet" href="([^"]*)_static/site.css\S* data-of="(.*?)">', text
    )
    sheets = (f'<link rel="stylesheet" href="{link[1]}{name}">' for name in link[2].split())
    return text.replace(link[0], "".join(sheets))


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".used{a:b;}", ".used{a:b;}"),
        (".used.unused{a:b;}", ""),
        (".unused, .used > p{a:b;}", ".used > p{a:b;}"),
        ("p:not(.unused){a:b;}", "p:not(.unused){a:b;}"),
        (":is(.used, .unused){a:b;}", ":is(.used, .unused){a:b;}"),
        (r".md\:used{a:b;}", r".md\:used{a:b;}"),
        ("#here{a:b;} #gone{a:b;}", "#here{a:b;}"),
        ("@media print{.unused{a:b;}}", ""),
        ("@media print{.used{a:b;}}", "@media print{.used{a:b;}}"),
        ("p{--one:1;a:var(--two);}q{--two:2;}", "p{a:var(--two);}q{--two:2;}"),
        ("p{--a:var(--b);--b:1;c:d;}", "p{c:d;}"),
        ('p{--a:url("data:image/svg+xml;{}");c:d;}', "p{c:d;}"),
    ],
)
def test_what_is_pruned(tmp_path, css, kept):
    page = '<p class="used md:used" id="here">'
    assert prune(tmp_path, {"_static/a.css": css}, [page]) == kept


def test_a_class_that_only_a_script_sets_is_kept(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "a.js").write_text('element.classList.add("is-open")')
    assert "red" in prune(tmp_path, {"_static/a.css": ".is-open {color: red}"}, [])


def test_addresses_are_right_in_the_new_place(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "base.css").write_text("p {background: url(dot.png)}")
    css = {"_static/styles/a.css": '@import "../base.css"; q {background: url("../b.png")}'}
    pruned = prune(tmp_path, css, [])
    assert re.findall(r"url\((.*?)\)", pruned) == ["dot.png", "b.png"]


HEAD = """<head>
<link rel="stylesheet" href="{root}_static/a.css?digest=1" />
<link rel="stylesheet" type="text/css" href="{root}_static/b.css" />
<script src="{root}_static/documentation_options.js"></script>
<script src="{root}_static/a.js?v=2"></script>
{own}<script defer src="{root}_static/b.js"></script>
</head><body class="a b">"""


@pytest.fixture
def small_site(tmp_path):
    files = {
        "_static/a.css": ".a {order: 1}",
        "_static/b.css": ".b {order: 2}",
        "_static/own.css": ".a {order: 3}",
        "_static/a.js": "'use strict'; window.first = 1",
        "_static/b.js": "sloppy = OPTIONS; document.title = first + sloppy",
        "_static/documentation_options.js": "const OPTIONS = 1",
        "index.html": HEAD.format(root="", own=""),
        "deep/page.html": HEAD.format(
            root="../", own='<link rel="stylesheet" href="../_static/own.css">\n'
        ),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    lighten(tmp_path)
    return tmp_path


def test_what_all_pages_share_is_joined_in_order(small_site, page):
    css = (small_site / "_static" / "site.css").read_text()
    assert css.index("order: 1") < css.index("order: 2")
    assert "order: 3" not in css
    deep = (small_site / "deep" / "page.html").read_text()
    links = re.findall(r'href="([^"?]+)', deep)
    assert links == ["../_static/site.css", "../_static/own.css"]
    page.goto((small_site / "index.html").as_uri())
    page.wait_for_function("document.title === '2'")  # scripts wait for the first frame


def test_pages_of_an_earlier_build_stay_right(small_site):
    before = {path: path.read_bytes() for path in small_site.rglob("*.*") if path.is_file()}
    lighten(small_site)
    assert before == {path: path.read_bytes() for path in before}
    (small_site / "index.html").write_text(HEAD.format(root="", own=""))  # written anew
    lighten(small_site)
    assert before == {path: path.read_bytes() for path in before}


def test_the_site_is_built_without_what_no_page_needs(site):
    text = (Path(site) / "chapters" / "setup.html").read_text(encoding="utf-8")
    assert not re.search("(fontawesome|bootstrap|searchindex).js|rel=.preload", text)


def test_a_menu_opens_and_closes(site, page):
    page.goto((site / "chapters" / "setup.html").as_uri())
    button = page.locator(".dropdown-launch-buttons > button")
    menu = page.locator(".dropdown-launch-buttons > ul")
    button.click()
    assert menu.is_visible()
    box = menu.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"]
    page.mouse.click(5, 500)
    assert menu.is_hidden()
    page.keyboard.press("Escape")  # nothing is open: nothing happens
    button.focus()
    page.keyboard.press("ArrowDown")
    assert menu.is_visible() and button.get_attribute("aria-expanded") == "true"
    assert page.evaluate("document.activeElement.innerText.trim()") == "Binder"
    page.keyboard.press("ArrowUp")
    assert button.evaluate("button => button === document.activeElement")
    page.keyboard.press("Escape")
    assert menu.is_hidden() and button.get_attribute("aria-expanded") == "false"


def test_nothing_measures_the_whole_page(site, page):
    """A script that asks for a size while the page is not laid out makes a phone lay it out."""
    page.add_init_script("""
      window.asked = 0;
      for (const name of ["scrollWidth", "scrollHeight"]) {
        const {get} = Object.getOwnPropertyDescriptor(Element.prototype, name);
        Object.defineProperty(Element.prototype, name, {
          get() { window.asked += !window.observing; return get.call(this); }
        });
      }
      const Observer = ResizeObserver;  // is told of sizes when they are known
      window.ResizeObserver = class extends Observer {
        constructor(told) {
          super((...news) => {
            window.observing = true;
            told(...news);
            window.observing = false;
          });
        }
      };""")
    page.goto((site / "chapters" / "one-weight.html").as_uri(), wait_until="networkidle")
    page.locator("figure.explorable input[type=range]").first.press("ArrowRight")
    page.wait_for_timeout(500)
    assert page.evaluate("window.asked") == 0
