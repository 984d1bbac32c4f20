"""What a page without Python needs to answer a prediction as `check` would.

Neither the notebook nor the page shows the answer: what is said to an answer is found by the
answer's hash. ``press/sphinx/static/answers.js`` reads what this module writes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from companion.check._result import to_html


@dataclass(frozen=True)
class Form:
    """A prediction that a page can ask for.

    Parameters
    ----------
    kind
        What a reader sees: "number", "choice" or "order".
    says
        How the sentence about an answer begins, as in ``"You answered"``.
    replies
        What is said to the answers that are known, by the text that stands for the answer;
        nothing to a right one.
    otherwise
        What is said to all other answers.
    unreadable
        What a page says to what is no answer at all.
    later
        Whether the page says nothing before all its questions are answered.
    """

    kind: str
    replies: Mapping[str, str]
    says: str = "You answered"
    otherwise: str = ""
    unreadable: str = ""
    later: bool = False

    def to_json(self, label: str) -> str:
        """Return the form of the exercise `label` as ``answers.js`` reads it.

        >>> form = Form("choice", {"a": "", "b": "Look again."})
        >>> form.to_json("slope")
        '{"label":"slope","kind":"choice","says":"You answered","replies":{"":"2e8a8ddb","Look again.":"2f8a8f6e"}}'
        """
        hashes = {}
        for answer, sentence in self.replies.items():
            hashes.setdefault(to_html(sentence, page=True), []).append(hashed(label, answer))
        data = {
            "label": label,
            "kind": self.kind,
            "says": to_html(self.says, page=True),
            # By hash, so that no place says which one is right.
            "replies": {
                sentence: " ".join(sorted(found))
                for sentence, found in sorted(hashes.items(), key=lambda item: min(item[1]))
            },
            "otherwise": to_html(self.otherwise, page=True),
            "unreadable": to_html(self.unreadable, page=True),
            "later": self.later,
        }
        known = {name: value for name, value in data.items() if value}
        return json.dumps(known, ensure_ascii=False, separators=(",", ":"))


def hashed(label: str, answer: str) -> str:
    """Return the 32-bit FNV-1a hash of an answer, salted with the exercise's label.

    A browser has no hash of its own for a page that was opened from a disk.

    >>> hashed("slope", "a") == hashed("slope", "b")
    False
    """
    value = 0x811C9DC5
    for byte in f"{label} {answer}".encode():
        value = (value ^ byte) * 0x01000193 % 2**32
    return f"{value:08x}"
