"""The list of references: each source is a link in words, and no label has to be matched."""

from bs4 import BeautifulSoup

from tests.press.test_references import SOURCES, address


def test_the_title_of_each_source_is_its_link(site):
    page = (site / "chapters" / "references.html").read_text(encoding="utf-8")
    sources = BeautifulSoup(page, "html.parser").select(".citation")
    links = {a["href"]: a.text for source in sources for a in source.select("a[href^=http]")}
    assert set(links) == {address(key) for key in SOURCES}
    assert not [words for words in links.values() if "://" in words or len(words) < 5]
    assert not [source.text for source in sources if source.text.strip().startswith("[")]
