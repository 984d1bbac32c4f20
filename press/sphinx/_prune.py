"""Style sheets without what no page uses: rules, custom properties, and glyphs of icon fonts.

A rule stays if every class and id of its selector is in some page, or is a word of some script,
which may set it. That is how PurgeCSS does it; it would need Node.js to build a book.
"""

import base64
import io
import os.path
import re
from collections.abc import Collection, Mapping
from pathlib import Path

import tinycss2
from fontTools import subset

_CLASS_OR_ID = re.compile(r"[.#]((?:[\w-]|\\.)+)")
_ARGUMENTS = re.compile(r"\([^()]*\)")  # of :not(...), :is(...) and their like
_VARIABLE = re.compile(r"--[\w-]+")
_ICON = re.compile("[\ue000-\uf8ff]")  # a letter of no script
_ELSEWHERE = re.compile(
    r"""@import\s+(?:url\()?["'](?P<imported>[^"']+)["']\)?\s*;"""
    r"""|url\(["']?(?!data:|#)(?P<address>[^"')]+)["']?\)"""
)


def prune(site: Path, sheets: Mapping[str, str], pages: Collection[str]) -> str:
    """Return the style sheets as one, for a file in ``_static``.

    Parameters
    ----------
    site
        The folder of the built site, whose scripts are read as well.
    sheets
        The text of each style sheet, by its path from the site's root, in their order.
    pages
        The text of every page.

    Examples
    --------
    >>> prune(Path(), {"_static/a.css": ".a{color:red} .b{color:blue}"}, ['<p class="a">'])
    '.a{color:red;}'
    """
    scripts = [path.read_text(encoding="utf-8") for path in site.glob("_static/**/*.js")]
    words = {word for text in scripts for word in re.findall(r"[\w-]+", text)}
    for text in pages:
        for value in re.findall(r'\b(?:class|id)="([^"]*)"', text):
            words.update(value.split())
    css = "".join(_moved(site, text, name) for name, text in sheets.items())
    elsewhere, before = "".join([*pages, *scripts]), None
    while css != before:  # a property that nothing asks for may have asked for others
        before = css
        asked = {*re.findall(r"var\(\s*(--[\w-]+)", css), *_VARIABLE.findall(elsewhere)}
        css = _kept(tinycss2.parse_stylesheet(css, True, True), words, asked)
    return _with_small_fonts(site, css)


def _moved(site, text, name):
    """Return a style sheet with what it imports, its addresses right for the folder _static."""
    folder = os.path.dirname(name)

    def move(match):
        if match["address"]:
            return f"url({os.path.relpath(os.path.join(folder, match['address']), '_static')})"
        other = os.path.normpath(os.path.join(folder, match["imported"]))
        return _moved(site, (site / other).read_text(encoding="utf-8"), other)

    return _ELSEWHERE.sub(move, text)


def _is_used(selector, words):
    while selector != (selector := _ARGUMENTS.sub("", selector)):
        pass
    return all(re.sub(r"\\(.)", r"\1", name) in words for name in _CLASS_OR_ID.findall(selector))


def _kept(rules, words, asked):
    return "".join(_kept_rule(rule, words, asked) for rule in rules)


def _kept_rule(rule, words, asked):
    if rule.type == "qualified-rule":
        selectors = [selector for selector in _split(rule.prelude) if _is_used(selector, words)]
        content = "".join(
            f"{item.serialize()};"
            for item in tinycss2.parse_blocks_contents(rule.content, True, True)
            if not getattr(item, "name", "").startswith("--") or item.name in asked
        )
        return f"{','.join(selectors)}{{{content}}}" if selectors and content else ""
    if rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports", "layer"):
        rules = tinycss2.parse_rule_list(rule.content or [], True, True)
        inside = _kept(rules, words, asked)
        return f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inside}}}" if inside else ""
    return rule.serialize() if rule.type == "at-rule" else ""


def _split(prelude):
    """Return the selectors of a rule: a comma inside parentheses parts none."""
    selectors = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return [tinycss2.serialize(tokens).strip() for tokens in selectors]


def _with_small_fonts(site, css):
    """Put the icon fonts that the rules name into the style sheet, with no more than its icons."""
    face = re.compile(r"@font-face\s*\{[^}]*?font-family\s*:\s*([^;}]+)[^}]*?url\(([^)]+)\)[^}]*\}")
    icons = _ICON.findall(css)
    rules = _plain(face.sub("", css))

    def replace(match):
        family, file = _plain(match[1]), site / "_static" / match[2]
        if "Awesome" not in family:
            return match[0]
        if family not in rules:
            return ""
        data = base64.b64encode(_subset(file, icons)).decode()
        return re.sub(r"src\s*:[^;}]+", f"src:url(data:font/woff2;base64,{data})", match[0])

    return face.sub(replace, css)


def _plain(text):
    return re.sub(r"[\\\"']", "", text)


def _subset(path, characters):
    options = subset.Options(flavor="woff2", layout_features=[], notdef_outline=False)
    font = subset.load_font(path, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(characters))
    subsetter.subset(font)
    file = io.BytesIO()
    subset.save_font(font, file, options)
    return file.getvalue()
