"""A figure as one piece of HTML: the first frame, native controls, all other frames as data."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from itertools import zip_longest
from xml.etree.ElementTree import Element

from explorable import _svg
from explorable._controls import Control
from explorable._encode import even, inner_html, to_html
from explorable._formula import latex_to_html
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


def still(name: str, frame: Element, options: Options = _NOTHING, live: bool = False) -> str:
    """Return a figure that shows `frame` and nothing else; `live`, if it has controls elsewhere."""
    body = f'<div class="explorable-body explorable-wide">{to_html(frame)}</div>'
    if live and options.hold:
        options = replace(options, caption=f"{options.caption} {_HELD}".lstrip())
    return "\n".join([_start(name, options, live=live), body, *_end(options)])


def playable(
    name: str,
    frame: Element,
    controls: list[Control],
    data: dict,
    options: Options = _NOTHING,
    printed: Sequence[tuple[str, Element]] = (),
) -> str:
    """Return a figure whose controls work wherever ``static/explorable.js`` is loaded.

    Until that script runs, and where there is none, `frame` shows and the controls are disabled.
    On paper stand the frames of `printed` instead, each with its words.
    """
    images = _images(frame, controls)
    lines = [*images, _start(name, options, _UNLESS_SANITISED if images else "")]
    lines += [
        f'<div class="explorable-body{" explorable-wide" * _is_wide(frame)}">',
        to_html(frame),
    ]
    if controls:
        lines += _player(name, controls, options)
    lines.append("</div>")
    if printed:
        stills = (
            f"<div>{inner_html(still)}<p>{escape(words)}</p></div>" for words, still in printed
        )
        lines += ['<div class="explorable-paper">', *stills, "</div>"]
    if controls:
        lines += [f'<p class="explorable-note">{_NOTE}</p>', '<script type="application/json">']
        lines += [_json(controls, data, options), "</script>"]
    return "\n".join([*lines, *_end(options)])


def keep_heights(frames: list[Element]) -> None:
    """Give what is printed, in place, the same height in all `frames`: no step moves the page."""
    for texts in zip_longest(*(frame.findall("pre") for frame in frames)):
        texts = [text for text in texts if text is not None]
        lines = {(text.text or "").rstrip("\n").count("\n") + 1 for text in texts}
        if len(lines) > 1:
            for text in texts:
                text.set("style", f"min-height:{max(lines)}lh")


def state(controls: list[Control], positions: list[int], options: Options) -> str:
    """Return `positions` in words, for a picture beside which no controls stand."""
    return ", ".join(
        f"{_plain(control, options)} {control.labels[position]}{_unit(control, options)}"
        for control, position in zip(controls, positions, strict=True)
    )


def _start(name, options, attributes="", live=False):
    start = f'<figure class="explorable{" explorable-live" * live}" id="{name}"{attributes}'
    if not options.title:
        return f"{start}>"
    title = f'<p class="explorable-title" id="{name}-title">{escape(options.title)}</p>'
    return f'{start} aria-labelledby="{name}-title">\n{title}'


def _end(options):
    caption = [f"<figcaption>{escape(options.caption)}</figcaption>"] if options.caption else []
    return [*caption, "</figure>"]


def _is_wide(frame):
    """Whether a picture is too wide for its controls to stand beside it."""
    widths = (re.match(r"[0-9]+", svg.get("width", "")) for svg in frame.iter("svg"))
    return any(width is None or int(width[0]) >= _WIDE for width in widths)


def _player(name, controls, options):
    widgets = (
        _WIDGETS[c.kind](c, f"{name}-{c.name}", _words(c, options), _unit(c, options))
        for c in controls
    )
    return [
        '<fieldset class="explorable-controls" disabled>',
        *widgets,
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


def _json(controls, data, options):
    """Return the player's data with a line for each slot, so that a diff can be read."""

    def dump(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    states = [[c.name, c.position, _unit(c, options), even(c.labels)] for c in controls]
    groups = (
        f"[{dump(index)},[\n" + ",\n".join(map(dump, slots)) + "\n]]"
        for index, slots in data["groups"]
    )
    lists = f'{{"controls":{dump(states)},\n"later":{dump(data["later"])},\n"groups":['
    text = lists + ",\n".join(groups) + "]}"
    return text.replace("<", "\\u003c")  # nothing in it can end the script element


def _plain(control, options):
    words, _ = options.words(control.argument)
    if words and control.end is not None:
        words += " " + control.name.rpartition("-")[2]
    return words or control.description


def _words(control, options):
    words = _plain(control, options)
    return latex_to_html(words) if "$" in words else escape(words)  # as ipywidgets shows it


def _unit(control, options):
    _, unit = options.words(control.argument)
    return unit if unit[:1] in ("", "\N{DEGREE SIGN}", "%") else f"\N{NO-BREAK SPACE}{unit}"


def _range(control, name, words, unit):
    label = escape(control.labels[control.position] + unit)
    button = _play_button(control, words) if control.player else ""
    return (
        f'<label for="{name}">{words}</label><output for="{name}" aria-live="off">{label}</output>'
        f'<span>{button}<input type="range" id="{name}" min="0" max="{len(control.labels) - 1}" '
        f'value="{control.position}" aria-valuetext="{label}" autocomplete="off"></span>'
    )


def _play_button(control, words):
    repeat, plain = " data-repeat" * control.player.repeat, re.sub("<[^>]*>", "", words)
    return (
        '<button type="button" aria-pressed="false" '
        f'data-interval="{control.player.interval}"{repeat} aria-label="Play {plain}"></button>'
    )


def _select(control, name, words, unit):
    options = "".join(
        f"<option{' selected' * (position == control.position)}>{escape(label + unit)}</option>"
        for position, label in enumerate(control.labels)
    )
    return f'<label for="{name}">{words}</label><select id="{name}" autocomplete="off">{options}</select>'


def _radio(control, name, words, unit):
    buttons = "".join(
        f'<label><input type="radio" name="{name}" autocomplete="off"'
        f"{' checked' * (position == control.position)}> {escape(label + unit)}</label>"
        for position, label in enumerate(control.labels)
    )
    return (
        f'<span id="{name}-label">{words}</span>'
        f'<div role="radiogroup" id="{name}" aria-labelledby="{name}-label">{buttons}</div>'
    )


def _checkbox(control, name, words, unit):
    checked = " checked" * control.position
    return (
        f'<label for="{name}">{words}</label>'
        f'<input type="checkbox" id="{name}" autocomplete="off"{checked}>'
    )


_WIDGETS = {"range": _range, "select": _select, "radio": _radio, "checkbox": _checkbox}
