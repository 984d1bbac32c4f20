"""The colours of code, in the light and in the dark."""

from pygments.style import Style
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, Text

#: The kinds of words that have a colour of their own: on a light page, on a dark one.
_KINDS = {
    Text: ("#24292f", "#e2e6eb"),
    Comment: ("italic #5d6470", "italic #9aa4b2"),
    Keyword: ("#8a3a72", "#e3a1cf"),
    Operator.Word: ("#8a3a72", "#e3a1cf"),
    String: ("#1d6b3c", "#7fd0a0"),
    Number: ("#8f4a00", "#f0b36b"),
    Name.Function: ("#0b5c94", "#7cc0f0"),
    Name.Class: ("#0b5c94", "#7cc0f0"),
    Name.Decorator: ("#0b5c94", "#7cc0f0"),
    Generic.Error: ("#b3261e", "#ff9d92"),
}
_LIGHT, _DARK = ({kind: pair[i] for kind, pair in _KINDS.items()} for i in range(2))


class Light(Style):
    """Code on a light page."""

    background_color = "#f4f5f7"
    styles = _LIGHT


class Dark(Style):
    """Code on a dark page."""

    background_color = "#1d2128"
    styles = _DARK
