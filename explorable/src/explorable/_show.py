"""What a notebook shows of an object, as elements of a page, or a sentence why it cannot be."""

import re
from base64 import b64encode
from html import unescape
from xml.etree.ElementTree import Element, ParseError

from explorable import _svg
from explorable._controls import all_widgets, article
from explorable._formula import latex_to_html, markdown_to_html
from explorable._markup import whole

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_FOREIGN = re.compile(r"""<script[^>]*\ssrc=["']?(https?:)?//""", re.IGNORECASE)
_WITHIN = re.compile(r"<(iframe|object|embed)\b", re.IGNORECASE)  # a page within the page
_SEEN = re.compile(r"<(img|svg|math|audio|video|input|progress)\b|(^|>)\s*[^<\s]")
_IMAGE = re.compile("image/(png|jpeg|gif|webp)")
#: What draws itself by a script of its own, by a word in its representation, and its still form.
_SCRIPTED = {
    "plotly": "a plotly figure; return SVG(figure.to_image('svg')), with SVG from IPython.display",
    "vega": "an altair chart; return SVG(vl_convert.vegalite_to_svg(chart.to_dict())), with SVG "
    "from IPython.display",
    "holoviews": "a HoloViews plot; return hv.render(plot, backend='matplotlib')",
    "bokeh": "a bokeh plot; return SVG(bokeh.io.export.get_svg(plot)), with SVG from "
    "IPython.display",
    "application/javascript": "a script; show what it would draw",
}


class CannotShow(TypeError):
    """An object that a page without a kernel cannot show."""


def elements(bundle: dict, metadata: dict | None = None) -> list[Element]:
    """Return the richest representation of a MIME bundle that a page can show.

    Raises
    ------
    CannotShow
        If it needs a script of its own, or a kernel.
    """
    html = _text(bundle.get("text/html", ""))
    markup = whole(html)
    if WIDGET_VIEW in bundle:
        kind = type(all_widgets()[bundle[WIDGET_VIEW]["model_id"]]).__name__
        raise CannotShow(
            f"{article(kind)} is shown, which needs a kernel; print what it says, or give the "
            "function an argument for it"
        )
    if '<figure class="explorable' in html:
        raise CannotShow("a figure of explore is shown in another one; give each a cell of its own")
    if within := _WITHIN.search(html):
        raise CannotShow(
            f"a page cannot show an <{within[1].lower()}> that changes; give a link to it"
        )
    kinds = " ".join(bundle).lower()
    if "<script" in html.lower():
        kinds += html.lower()
        if _FOREIGN.search(html) or not _SEEN.search(re.sub("<style.*?</style>", "", markup)):
            kinds += " application/javascript"
    for word, what in _SCRIPTED.items():
        if word in kinds:
            raise CannotShow(f"a page cannot show {what}")
    if "text/html" in bundle:
        return [_element("div", "html", markup)] if markup.strip() else []
    if svg := _text(bundle.get("image/svg+xml", "")):
        try:
            return [_svg.from_string(svg)]
        except ParseError:  # not XML, but a browser makes something of it
            return [_element("div", "html", whole(svg))]
    if latex := bundle.get("text/latex"):
        return [_element("div", "html", latex_to_html(_text(latex)))]
    if markdown := bundle.get("text/markdown"):
        return [_element("div", "html", markdown_to_html(_text(markdown)))]
    for mime, data in bundle.items():
        if _IMAGE.fullmatch(mime):
            return [_image(mime, data, (metadata or {}).get(mime, {}))]
    if "text/plain" in bundle:
        return [_element("pre", "stdout", _text(bundle["text/plain"]) + "\n")]
    return []


def _text(value):
    return "".join(value) if isinstance(value, list) else value


def _element(tag, kind, text):
    element = Element(tag, {"class": f"explorable-{kind}"})
    element.text = text
    return element


def _image(mime, data, metadata):
    if isinstance(data, bytes):
        data = b64encode(data).decode()
    size = {name: str(metadata[name]) for name in ("width", "height") if metadata.get(name)}
    source = f"data:{mime};base64,{_text(data).replace(chr(10), '')}"
    return Element("img", {"src": source, "alt": "", **size})


_ADDRESS = re.compile(r"<.* at 0x[0-9a-fA-F]+>|<IPython\.[\w.]+ object>")


def check(frame: Element) -> None:
    """Raise an error if `frame` shows nothing, or what is another text in each run."""
    if not len(frame):
        raise CannotShow(
            "it shows nothing; print, display or return something, leave its figure open, and "
            "return a figure that is made outside of it"
        )
    for part in frame:
        if address := _ADDRESS.search(unescape("".join(part.itertext()))):
            raise CannotShow(
                f"it shows {address[0]}, which is an object and no text; leave it out, or print what "
                "it holds"
            )
