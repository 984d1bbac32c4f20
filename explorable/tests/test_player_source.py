"""That pages load the player whose source is here, and that it is light."""

import gzip
from hashlib import sha256
from pathlib import Path

import explorable

STATIC = Path(explorable.__file__).parent / "static"


def test_the_player_is_made_from_its_source():
    """``npm run build`` writes what it read into the first line, so no node is needed to compare."""
    source = Path(__file__).parents[1] / "player/explorable.js"
    first_line = (STATIC / "explorable.js").read_text("utf-8").partition("\n")[0]
    assert sha256(source.read_bytes()).hexdigest()[:16] in first_line, "npm run build"


def test_player_and_style_are_at_most_five_kilobytes():
    assert sum(len(gzip.compress(file.read_bytes())) for file in STATIC.iterdir()) <= 5000
