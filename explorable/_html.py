"""A figure as one piece of HTML: the first frame, native controls, all other frames as data."""

import json
from html import escape
from xml.etree.ElementTree import Element

from explorable._controls import Control
from explorable._encode import to_html

_NOTE = "The controls move on the book's site, or when you run this cell."


def still(name: str, frame: Element) -> str:
    """Return a figure that shows `frame` and nothing else."""
    return f'<figure class="explorable" id="{name}">\n{to_html(frame)}\n</figure>'


def playable(name: str, frame: Element, controls: list[Control], groups: list[list]) -> str:
    """Return a figure whose controls work wherever ``static/explorable.js`` is loaded.

    Until that script runs, and where there is none, `frame` shows and the controls are disabled.
    """
    return "\n".join(
        [
            f'<figure class="explorable" id="{name}">',
            to_html(frame),
            '<fieldset class="explorable-controls" disabled>',
            *(_WIDGETS[control.kind](control, f"{name}-{control.name}") for control in controls),
            "</fieldset>",
            f'<p class="explorable-note">{_NOTE}</p>',
            '<script type="application/json">',
            _json([control.labels for control in controls], groups),
            "</script>",
            "</figure>",
        ]
    )


def _json(labels, groups):
    """Return the player's data with a line for each slot, so that a diff can be read."""
    lines = [
        f"[{_dump(index)},[\n" + ",\n".join(map(_dump, slots)) + "\n]]" for index, slots in groups
    ]
    text = f'{{"labels":{_dump(labels)},\n"groups":[' + ",\n".join(lines) + "]}"
    return text.replace("<", "\\u003c")  # nothing in it can end the script element


def _dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _range(control, name):
    label = escape(control.labels[control.position])
    return (
        f'<label for="{name}">{escape(control.description)}</label>'
        f'<input type="range" id="{name}" min="0" max="{len(control.labels) - 1}" '
        f'value="{control.position}" aria-valuetext="{label}" autocomplete="off">'
        f'<output for="{name}" aria-live="off">{label}</output>'
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
        f'<span id="{name}">{escape(control.description)}</span>'
        f'<div role="radiogroup" aria-labelledby="{name}">{buttons}</div>'
    )


def _checkbox(control, name):
    checked = " checked" * control.position
    return (
        f'<label for="{name}">{escape(control.description)}</label>'
        f'<input type="checkbox" id="{name}" autocomplete="off"{checked}>'
    )


_WIDGETS = {"range": _range, "select": _select, "radio": _radio, "checkbox": _checkbox}
