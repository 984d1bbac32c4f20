"""That frames are stored as slots, and only what differs is stored.

That a browser shows them again exactly is in test_player.py and test_player_property.py.
"""

from xml.etree.ElementTree import fromstring

from explorable._encode import encode, to_html

# In the Base64 VLQ of source maps: A is 0, C 1, D -1, E 2.


def frames(*texts):
    return [fromstring(text) for text in texts]


def groups(*texts, first=0):
    return encode(frames(*texts), first)["groups"]


def test_equal_frames_have_no_slots():
    assert groups("<div><p>a</p></div>", "<div><p>a</p></div>") == []


def test_an_attribute_that_differs_is_a_slot():
    assert groups('<g fill="a"/>', '<g fill="b"/>', '<g fill="a"/>') == [
        ["ACD", [[0, "fill", "a", "b"]]]
    ]


def test_an_absent_attribute_is_null():
    assert groups("<g/>", '<g x="1"/>') == [["AC", [[0, "x", None, "1"]]]]


def test_slots_that_change_together_share_an_index():
    one, two = '<g><p a="1">1</p></g>', '<g><p a="2">2</p></g>'
    assert groups(one, two) == [["AC", [[1, "a", "1", "2"], [1, "#text", "1", "2"]]]]


def test_numbers_that_move_are_integers_and_the_rest_is_in_the_page():
    assert groups('<path d="M0 0.5L1 2"/>', '<path d="M0 0.4L1 2"/>', '<path d="M0 0.3L1 2"/>') == [
        ["ACC", [[0, "d", 1, "A" + "G" + "KDA" + "AA"]]]  # 5, less 1, and so on: order 2
    ]


def test_what_numbers_would_not_give_back_exactly_stays_text():
    """A number written otherwise than the player writes it, too large, or of another shape."""
    for one, two in (
        ("M0.50", "M0.25"),
        ("M-0", "M1"),
        ("M1", "M01"),
        ("M1", f"M{10**14}"),
        ("M0.1", "M0.0000001"),
        ("M1", "M1L2"),
        ("M1", "N1"),
        ("A1 1 0 0 0 1 1", "A1 1 0 0 1 1 1"),  # flags, between which there is nothing
    ):
        assert groups(f'<path d="{one}"/>', f'<path d="{two}"/>') == [["AC", [[0, "d", one, two]]]]
    assert groups('<g fill="#1e90ff"/>', '<g fill="#2e80ff"/>')[0][1] == [
        [0, "fill", "#1e90ff", "#2e80ff"]
    ]


def test_what_comes_and_goes_is_one_element_among_the_others():
    one = '<g><a x="1"/><c y="5"/></g>'
    two = '<g><a x="2"/><b/><b/><c y="5"/></g>'
    assert encode(frames(one, two)) == {
        "later": [[2, 0, "<b/>"], [3, 0, "<b/>"]],
        "groups": [["AC", [[1, "x", 0, "ECC"], [2, "#here", None, ""], [3, "#here", None, ""]]]],
    }


def test_a_scatter_stays_out_of_the_way_of_a_line_at_odd_positions():
    """Where an artist is absent, nothing else is stored again."""
    dots = "".join(f'<use x="{k}"/>' for k in range(250))
    line = '<path d="M{}"/>'
    even, odd = f"<g>{dots}{line}</g>", f"<g>{dots}{line}{line}</g>"
    stored = encode(frames(*((odd if k % 2 else even).format(k, k) for k in range(20))))
    assert len(str(stored)) < 400


def test_mixed_text_is_kept_whole_and_the_rest_counts_on():
    one = '<g><a>x<b/></a><c x="1"/></g>'
    two = '<g><a>x<b/><b/></a><c x="2"/></g>'
    assert groups(one, two, first=1) == [
        ["AC", [[1, "#markup", "x<b/>", "x<b/><b/>"], [4, "x", 0, "ECC"]]]
    ]


def test_text_is_escaped():
    assert to_html(fromstring('<pre>&lt;b&gt; &amp; "q"</pre>')) == (
        "<pre>&lt;b&gt; &amp; &quot;q&quot;</pre>"
    )
