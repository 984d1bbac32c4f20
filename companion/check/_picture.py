"""A small picture of a vector or matrix that differs from the right one."""

import torch
from torch import Tensor

_GOLD = "#a87900"
_MOST = 8  # rows, and columns
_UNSEEN = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)"
_HEAD = (
    "border: 3px solid transparent; padding: 2px 8px; text-align: right; "
    "font-weight: normal; opacity: 0.75"
)


def picture(value: Tensor, right: Tensor) -> str:
    """Return an HTML table of the entries of `value`, the ones that differ in a border.

    Parameters
    ----------
    value
        The reader's vector or matrix, of floating point numbers.
    right
        The right one, of the same shape. None of its values is shown.

    Returns
    -------
    str
        The table, with row and column numbers; a marked entry also says "differs" to a screen
        reader. It is empty for a single number, for more than 8 rows or columns, and where no
        entry differs.

    Examples
    --------
    >>> html = picture(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]))
    >>> html.count("differs</span>")
    1
    """
    marks = differs(value, right)
    if not 1 <= value.ndim <= 2 or max(value.shape) > _MOST or not marks.any():
        return ""
    matrix = value.ndim == 2  # only its rows have numbers
    rows, marks = (torch.atleast_2d(part).tolist() for part in (value.detach(), marks))
    head = "".join(f'<th scope="col" style="{_HEAD}">{j}</th>' for j in range(len(rows[0])))
    body = ""
    for i, (row, row_marks) in enumerate(zip(rows, marks, strict=True)):
        name = f'<th scope="row" style="{_HEAD}">{i}</th>' * matrix
        body += f"<tr>{name}{''.join(map(_cell, row, row_marks))}</tr>"
    return (
        '<table class="check-entries" style="display: table; width: auto; margin: 8px 0 0; '
        'border-collapse: separate; border-spacing: 3px; color: inherit">'
        '<caption style="caption-side: bottom; text-align: left; white-space: nowrap; '
        'color: inherit">A border marks what differs.</caption>'
        f"<thead><tr>{'<td></td>' * matrix}{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def where(value: Tensor, right: Tensor) -> str:
    """Say in a sentence which entry differs first, and how many do; nothing if all of them do.

    >>> where(torch.eye(2), torch.ones(2, 2))
    'The entry in row 0, column 1 is wrong; in all, 2 of 4 are.'
    >>> where(torch.zeros(2), torch.tensor([0.0, 1.0]))
    'Entry 1 is wrong; in all, 1 of 2 is.'
    """
    marks = differs(value, right)
    if not 1 <= marks.ndim <= 2 or marks.all() or not marks.any():
        return ""
    place, count = marks.nonzero()[0].tolist(), int(marks.sum())
    entry = "The entry in row {}, column {}" if marks.ndim == 2 else "Entry {}"
    verb = "is" if count == 1 else "are"
    return f"{entry.format(*place)} is wrong; in all, {count} of {marks.numel()} {verb}."


def differs(value: Tensor, right: Tensor) -> Tensor:
    """Return for each entry whether it differs by more than the rounding of float32."""
    value, right = (part.detach().to(torch.float64) for part in (value, right))
    return ~torch.isclose(value, right, rtol=1e-5, atol=1e-6)


def _cell(number, wrong):
    edge = f"3px solid {_GOLD if wrong else 'transparent'}"
    unseen = f'<span style="{_UNSEEN}"> differs</span>' * wrong
    return (
        f'<td style="position: relative; border: {edge}; padding: 2px 8px; text-align: right">'
        f"{number + 0.0:.4g}{unseen}</td>".replace(">-", ">\u2212")
    )
