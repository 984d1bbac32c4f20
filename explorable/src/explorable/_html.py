"""A figure as one piece of HTML: the first frame, native controls, all other frames as data."""

import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import zip_longest
from xml.etree.ElementTree import Element

from explorable import _svg
from explorable._controls import Control
from explorable._encode import even, inner_html, readable, to_html
from explorable._formula import FormulaError, latex_to_html
from explorable._options import Options

_NOTE = "Run this cell to use the controls; on a website, they need JavaScript."
_HELD = "Here, the controls move what can be dragged on a website."

# JupyterLab sanitises the outputs of a notebook that its reader has not run. It drops the tags
# of SVG but not the text inside, the tags of a template but not the image inside, and the second
# of these two displays. So a reader sees there the image, and everywhere else the figure.
_UNLESS_SANITISED = ' style="display:none;display:flow-root"'
_WIDE = 420  # pixels of a picture
_URL = str.maketrans({"%": "%25", "#": "%23", "&": "%26", "'": "%27"})
_NOTHING = Options()


def figure(
    name: str,
    frame: Element,
    options: Options = _NOTHING,
    controls: Sequence[Control] = (),
    data: dict | None = None,
    printed: Sequence[tuple[str, Element]] = (),
    live: bool = False,
) -> str:
    """Return a figure whose controls work wherever ``static/explorable.js`` is loaded.

    Until that script runs, and where there is none, `frame` shows and the controls are disabled.
    On paper stand the frames of `printed` instead, each with its words. A `live` figure has its
    controls elsewhere.
    """
    images = [] if live else _images(frame, controls)
    classes = "explorable explorable-live" if live else "explorable"
    start = f'<figure class="{classes}" id="{name}"{_UNLESS_SANITISED * bool(images)}'
    if options.title:
        title = _typeset(options.title, live)
        start += f' aria-labelledby="{name}-title">\n<p class="explorable-title" id="{name}-title"'
        start += f">{title}</p"
    wide = " explorable-wide" * (live or _is_wide(frame))
    lines = [*images, start + ">", f'<div class="explorable-body{wide}">', to_html(frame)]
    if controls:
        lines += _player(name, controls)
    lines.append("</div>")
    if printed:
        stills = (
            f"<div>{inner_html(still)}<p>{escape(words)}</p></div>" for words, still in printed
        )
        lines += ['<div class="explorable-paper">', *stills, "</div>"]
    if controls:
        lines += [f'<p class="explorable-note">{_NOTE}</p>', '<script type="application/json">']
        lines += [_json(controls, data), "</script>"]
    caption = f"{options.caption} {_HELD}".lstrip() if live and options.hold else options.caption
    lines += [f"<figcaption>{_typeset(caption, live)}</figcaption>"] * bool(caption)
    return readable("\n".join([*lines, "</figure>"]))


def keep_heights(frames: Iterable[Element]) -> None:
    """Give what is printed, in place, the same height in all `frames`: no step moves the page."""
    for texts in zip_longest(*(frame.findall("pre") for frame in frames)):
        texts = [text for text in texts if text is not None]
        lines = {"".join(text.itertext()).rstrip("\n").count("\n") + 1 for text in texts}
        if len(lines) > 1:
            for text in texts:
                text.set("style", f"min-height:{max(lines)}lh")


def state(controls: list[Control], positions: Sequence[int]) -> str:
    """Return `positions` in words, for a picture beside which no controls stand."""
    return ", ".join(
        f"{control.words} {control.labels[position]}{control.unit}"
        for control, position in zip(controls, positions, strict=True)
    )


def _typeset(words, live=False):
    try:
        return latex_to_html(words) if "$" in words else escape(words)  # as ipywidgets shows it
    except FormulaError:  # a reader of a notebook may lack what draws it
        if live:
            return escape(words)
        raise


def _is_wide(frame):
    """Whether a picture is too wide for its controls to stand beside it."""
    widths = (re.match(r"[0-9]+", svg.get("width", "")) for svg in frame.iter("svg"))
    return any(width is None or int(width[0]) >= _WIDE for width in widths)


def _player(name, controls):
    return [
        '<fieldset class="explorable-controls" disabled>',
        *(_WIDGETS[c.kind](c, f"{name}-{c.name}", _typeset(c.words)) for c in controls),
        '<p class="explorable-tools"><button type="reset">Reset</button>',
        f'<a href="#{name}">Link</a>',
        '<button type="button" class="explorable-full">Full screen</button></p>',
        "</fieldset>",
    ]


def _images(frame, controls):
    """Return lines with what `frame` shows, its SVG as images, if it has any."""
    if frame.find("svg") is None:
        return []
    shown = (_image(child) if child.tag == "svg" else to_html(child) for child in frame)
    note = [f"<p>{_NOTE}</p>"] if controls else []
    return ["<template>", *shown, *note, "</template>"]


def _image(svg):
    # Escaped as little as can be: gzip then finds nearly all of it again in the figure.
    alt, document = escape(svg.get("aria-label", "")), _svg.to_string(svg).translate(_URL)
    return f"""<img alt="{alt}" style="background:white" src='data:image/svg+xml,{document}'>"""


def _json(controls, data):
    """Return the player's data with a line for each slot, so that a diff can be read."""

    def dump(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    states = [[c.name, c.position, c.unit, even(c.labels)] for c in controls]
    groups = (
        f"[{dump(index)},[\n" + ",\n".join(map(dump, slots)) + "\n]]"
        for index, slots in data["groups"]
    )
    lists = f'{{"controls":{dump(states)},\n"later":{dump(data["later"])},\n"groups":['
    text = lists + ",\n".join(groups) + "]}"
    return text.replace("<", "\\u003c")  # nothing in it can end the script element


def _range(control, name, words):
    label = escape(control.labels[control.position] + control.unit)
    button = _play_button(control, words) if control.player else ""
    return (
        f'<label for="{name}">{words}</label><output for="{name}" aria-live="off">{label}</output>'
        f'<span>{button}<input type="range" id="{name}" min="0" max="{len(control.labels) - 1}" '
        f'value="{control.position}" aria-valuetext="{label}" autocomplete="off"></span>'
    )


def _play_button(control, words):
    player, plain = control.player, re.sub("<[^>]*>", "", words)
    repeat = getattr(player, "repeat", False) or getattr(player, "_repeat", False)  # ipywidgets 7
    return (
        '<button type="button" aria-pressed="false" data-interval="'
        f'{player.interval}"{" data-repeat" * repeat} aria-label="Play {plain}"></button>'
    )


def _select(control, name, words):
    options = _each(control, "<option{}>{}</option>", " selected")
    return f'<label for="{name}">{words}</label><select id="{name}" autocomplete="off">{options}</select>'


def _radio(control, name, words):
    button = f'<label><input type="radio" name="{name}" autocomplete="off"{{}}> {{}}</label>'
    return (
        f'<span id="{name}-label">{words}</span>'
        f'<div role="radiogroup" id="{name}" aria-labelledby="{name}-label">'
        f"{_each(control, button, ' checked')}</div>"
    )


def _each(control, option, chosen):
    return "".join(
        option.format(chosen * (position == control.position), escape(label + control.unit))
        for position, label in enumerate(control.labels)
    )


def _checkbox(control, name, words):
    checked = " checked" * control.position
    return (
        f'<label for="{name}">{words}</label>'
        f'<input type="checkbox" id="{name}" autocomplete="off"{checked}>'
    )


_WIDGETS = {"range": _range, "select": _select, "radio": _radio, "checkbox": _checkbox}
