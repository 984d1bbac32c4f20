"""Numbers as a reader types them: which are taken as equal, and how one is shown.

A prediction made with a pen has a few digits. So two numbers are equal

- if one of them is whole: when the other one is that whole number, but for float rounding;
- otherwise: when their first four digits are equal, but for 1 in the last.

On a page, where no Python runs, ``press/sphinx/static/answers.js`` does the same, and reads them.
"""

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

#: What a page says to a text that is no number.
UNREADABLE = "This is not a number. Write it with digits and a point, such as `-0.5` or `1/3`."


def keys(value: float) -> list[str]:
    """Return the texts that stand for a number: as a whole one if it is, and with four digits.

    >>> keys(2.0), keys(1.9999999), keys(8 / 3)
    (['2', '2.000e+0'], ['2', '2.000e+0'], ['2.667e+0'])
    """
    four_digits = _rounded(value, 4)
    return [four_digits] if (whole := _whole(value)) is None else [str(whole), four_digits]


def equals(value: float) -> list[str]:
    """Return the `keys` of all numbers that are taken as equal to `value`.

    >>> equals(2.0)
    ['2']
    >>> equals(8 / 3)
    ['2.666e+0', '2.667e+0', '2.668e+0']
    """
    if (whole := _whole(value)) is not None:
        return [str(whole)]
    middle, four = Decimal(_rounded(value, 4)), Context(prec=4)
    return [_rounded(near, 4) for near in (four.next_minus(middle), middle, four.next_plus(middle))]


def shown(value: float) -> str:
    """Return a whole number as it is, and any other number with at most six digits.

    >>> shown(-32.0), shown(8 / 3), shown(1e-7), shown(2.5e20)
    ('-32', '2.66667', '1e-7', '2.5e+20')
    """
    if value == round(value) and abs(value) < 1e15:
        return str(round(value))
    digits, _, power = _rounded(value, 6).partition("e")
    if -5 <= int(power) < 15:
        return _short(f"{Decimal(f'{digits}e{power}'):f}")
    return f"{_short(digits)}e{power}"


def _whole(value):
    """Return the whole number that a number is, but for the rounding of float32, or None."""
    whole = round(value) if abs(value) < 1e15 else None
    if whole is None or abs(value - whole) > 1e-6 * max(min(abs(whole), 1e5), 1e-3):
        return None
    return whole


def _rounded(value, digits):
    """Return a number as JavaScript's ``toExponential`` does: a half is rounded up."""
    if not value:
        return f"0.{'0' * (digits - 1)}e+0"
    with localcontext(rounding=ROUND_HALF_UP):
        return f"{Decimal(value):.{digits - 1}e}"


def _short(text):
    return text.rstrip("0").rstrip(".") if "." in text else text
