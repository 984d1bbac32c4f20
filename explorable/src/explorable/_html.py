"""A figure as one piece of HTML: the first frame, native controls, all other frames as data."""

import json
from html import escape
from xml.etree.ElementTree import Element

from explorable import _svg
from explorable._controls import Control
from explorable._encode import to_html

_NOTE = "Run this cell to use the controls; on a website, they need JavaScript."

# JupyterLab sanitises the outputs of a notebook that its reader has not run. It drops the tags
# of SVG but not the text inside, the tags of a template but not the image inside, and the second
# of these two displays. So a reader sees there the image, and everywhere else the figure.
_UNLESS_SANITISED = ' style="display:none;display:flow-root"'
_URL = str.maketrans({"%": "%25", "#": "%23", "&": "%26", "'": "%27"})


def still(name: str, frame: Element) -> str:
    """Return a figure that shows `frame` and nothing else."""
    return f'<figure class="explorable" id="{name}">\n{to_html(frame)}\n</figure>'


def playable(name: str, frame: Element, controls: list[Control], groups: list[list]) -> str:
    """Return a figure whose controls work wherever ``static/explorable.js`` is loaded.

    Until that script runs, and where there is none, `frame` shows and the controls are disabled.
    """
    images = _images(frame, controls)
    return "\n".join(
        [
            *images,
            f'<figure class="explorable" id="{name}"{_UNLESS_SANITISED if images else ""}>',
            to_html(frame),
            *(_player(name, controls, groups) if controls else ()),
            "</figure>",
        ]
    )


def _player(name, controls, groups):
    return [
        '<fieldset class="explorable-controls" disabled>',
        *(_WIDGETS[control.kind](control, f"{name}-{control.name}") for control in controls),
        '<p class="explorable-tools"><button type="reset">Reset</button>',
        f'<a href="#{name}">Link</a></p>',
        "</fieldset>",
        f'<p class="explorable-note">{_NOTE}</p>',
        '<script type="application/json">',
        _json(controls, groups),
        "</script>",
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


def _json(controls, groups):
    """Return the player's data with a line for each slot, so that a diff can be read."""
    lines = [
        f"[{_dump(index)},[\n" + ",\n".join(map(_dump, slots)) + "\n]]" for index, slots in groups
    ]
    labels = _dump({control.name: control.labels for control in controls})
    text = f'{{"labels":{labels},\n"groups":[' + ",\n".join(lines) + "]}"
    return text.replace("<", "\\u003c")  # nothing in it can end the script element


def _dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _range(control, name):
    label = escape(control.labels[control.position])
    button = _play_button(control) if control.player else ""
    return (
        f'<label for="{name}">{escape(control.description)}</label><span>{button}'
        f'<input type="range" id="{name}" min="0" max="{len(control.labels) - 1}" '
        f'value="{control.position}" aria-valuetext="{label}" autocomplete="off"></span>'
        f'<output for="{name}" aria-live="off">{label}</output>'
    )


def _play_button(control):
    repeat = " data-repeat" * control.player.repeat
    return (
        f'<button type="button" aria-pressed="false" data-interval="{control.player.interval}"{repeat} '
        f'aria-label="Play {escape(control.description)}"></button>'
    )


def _select(control, name):
    options = "".join(
        f"<option{' selected' * (position == control.position)}>{escape(label)}</option>"
        for position, label in enumerate(control.labels)
    )
    return (
        f'<label for="{name}">{escape(control.description)}</label>'
        f'<select id="{name}" autocomplete="off">{options}</select>'
    )


def _radio(control, name):
    buttons = "".join(
        f'<label><input type="radio" name="{name}" autocomplete="off"'
        f"{' checked' * (position == control.position)}> {escape(label)}</label>"
        for position, label in enumerate(control.labels)
    )
    return (
        f'<span id="{name}-label">{escape(control.description)}</span>'
        f'<div role="radiogroup" id="{name}" aria-labelledby="{name}-label">{buttons}</div>'
    )


def _checkbox(control, name):
    checked = " checked" * control.position
    return (
        f'<label for="{name}">{escape(control.description)}</label>'
        f'<input type="checkbox" id="{name}" autocomplete="off"{checked}>'
    )


_WIDGETS = {"range": _range, "select": _select, "radio": _radio, "checkbox": _checkbox}
