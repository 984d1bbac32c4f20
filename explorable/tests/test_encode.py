"""That frames are stored as slots, and only what differs is stored.

That a browser shows them again exactly is in test_player.py.
"""

from xml.etree.ElementTree import fromstring

from explorable._encode import encode, to_html


def frames(*texts):
    return [fromstring(text) for text in texts]


def test_equal_frames_have_no_slots():
    assert encode(frames("<div><p>a</p></div>", "<div><p>a</p></div>")) == []


def test_an_attribute_that_differs_is_a_slot():
    assert encode(
        frames('<g><path d="M0"/></g>', '<g><path d="M1"/></g>', '<g><path d="M0"/></g>')
    ) == [[[0, 1, 0], [[1, "d", "M0", "M1"]]]]


def test_an_absent_attribute_is_null():
    assert encode(frames("<g/>", '<g x="1"/>')) == [[[0, 1], [[0, "x", None, "1"]]]]


def test_slots_that_change_together_share_an_index():
    one, two = '<g><p a="1">1</p></g>', '<g><p a="2">2</p></g>'
    assert encode(frames(one, two)) == [[[0, 1], [[1, "a", "1", "2"], [1, "#text", "1", "2"]]]]


def test_a_different_tree_is_kept_whole_and_the_rest_counts_on():
    one = '<g><a><b/></a><c x="1"/></g>'
    two = '<g><a><b/><b/></a><c x="2"/></g>'
    assert encode(frames(one, two), first=1) == [
        [[0, 1], [[1, "#markup", "<b/>", "<b/><b/>"], [4, "x", "1", "2"]]]
    ]


def test_text_is_escaped():
    assert to_html(fromstring('<pre>&lt;b&gt; &amp; "q"</pre>')) == (
        "<pre>&lt;b&gt; &amp; &quot;q&quot;</pre>"
    )
