"""A matplotlib figure as matplotlib's own SVG, and the box that holds all of it.

The drawing stands in the figure's own coordinates, and only the box is cut to what is drawn: what
does not move has the same numbers in every frame, whatever comes and goes around it.
"""

import contextlib
import io
import warnings
from math import ceil, floor

import numpy as np
from matplotlib import rcParams
from matplotlib._path import convert_to_string
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.colors import to_hex, to_rgba
from matplotlib.textpath import text_to_path

#: matplotlib leaves out vertices that nobody sees, so a line that moves has another number of
#: them in each frame. Up to this number all are kept, and a frame then differs in numbers alone.
VERTICES = 1000
_FAR = 1e5  # pixels: beyond them, a browser's own arithmetic is too coarse, and lines are cut


def draw(figure) -> tuple[str, tuple[float, float, float, float], dict[str, str]]:
    """Draw `figure` once; return its SVG without the background, its box, and what paints that.

    The box is left, top, width and height, in pixels of 1/72 inch, of what is drawn, with the
    margin that ``savefig.pad_inches`` asks for, as a notebook cuts the pictures of its cells. Its
    edges lie on the figure's own pixels, on which matplotlib puts images. The background is SVG
    attributes, or empty.
    """
    dpi, canvas = figure.dpi, figure.canvas
    patch, visible = figure.patch, figure.patch.get_visible()
    background = _background(patch) if visible else {}
    patch.set_visible(False)
    FigureCanvasSVG(figure)  # a layout engine measures text with the figure's canvas
    try:
        with in_points(figure), warnings.catch_warnings():
            if rcParams["svg.fonttype"] == "none":  # the reader's font may have Chinese glyphs, say
                warnings.filterwarnings("ignore", "Glyph .* missing from font")
            text, box, cut = _draw(figure, dpi)
            if cut:
                text, box, _ = _draw(figure, dpi, box)
    finally:
        patch.set_visible(visible)
        figure.set_canvas(canvas)
    return text, box, background


@contextlib.contextmanager
def in_points(figure):
    """Let a pixel of `figure` be 1/72 inch, as it is in its SVG."""
    dpi, figure.dpi = figure.dpi, 72
    try:
        yield
    finally:
        figure.dpi = dpi


def _draw(figure, dpi, edge=None):
    """Return the SVG, its box, and whether a line was cut that needs to know the box first."""
    width, height = figure.get_size_inches()
    vectors = _Renderer(72 * width, 72 * height, io.StringIO(), image_dpi=dpi)
    if edge:
        left, top, *size = edge
        vectors.edge = (left, top, left + size[0], top + size[1])
    renderer = MixedModeRenderer(figure, width, height, dpi, vectors)
    figure.draw(renderer)
    box = figure.get_tightbbox(renderer).padded(rcParams["savefig.pad_inches"])
    renderer.finalize()
    left, top = floor(box.x0 * dpi) / dpi, floor((height - box.y1) * dpi) / dpi
    right, bottom = ceil(box.x1 * dpi) / dpi, ceil((height - box.y0) * dpi) / dpi
    edges = (72 * left, 72 * top, 72 * (right - left), 72 * (bottom - top))
    return vectors.file.getvalue(), edges, vectors.cut


def _background(patch):
    paint = {}
    for name, colour in (("fill", patch.get_facecolor()), ("stroke", patch.get_edgecolor())):
        *_, alpha = to_rgba(colour)
        if alpha and (name == "fill" or patch.get_linewidth()):
            paint[name] = to_hex(colour)
            if alpha < 1:
                paint[f"{name}-opacity"] = f"{alpha:.3g}"
    if "stroke" in paint:
        paint["stroke-width"] = f"{patch.get_linewidth():.3g}"
    return {"fill": "none", **paint} if paint else {}


class _Renderer(RendererSVG):
    """matplotlib's own, which leaves out nothing that could be seen in another frame."""

    edge = None  # where lines are cut; at the figure's own, if it is not known
    cut = False
    _dashed = False

    def __init__(self, width, height, file, **options):
        super().__init__(width, height, file, **options)
        self.file = file
        # matplotlib's own print_svg gives each drawing a parser of formulas, which forgets what the
        # one before it parsed: with the labels of a logarithmic axis, recording takes twice as long.
        self._text2path = text_to_path

    def draw_path(self, gc, path, transform, rgbFace=None):
        self._dashed = gc.get_dashes()[1] is not None
        super().draw_path(gc, path, transform, rgbFace)

    def _convert_path(self, path, transform=None, clip=None, simplify=None, sketch=None):
        if not clip:
            return super()._convert_path(path, transform, clip, simplify, sketch)
        points = path.vertices if transform is None else transform.transform(path.vertices)
        with np.errstate(invalid="ignore"):
            if self._dashed:  # its first dash begins where the line is cut
                self.cut |= bool((points < 0).any() or (points > (self.width, self.height)).any())
            elif len(points) <= VERTICES and not (np.abs(points) > _FAR).any():
                return super()._convert_path(path, transform, False, False, sketch)
        edge = self.edge or (0.0, 0.0, self.width, self.height)
        codes = [b"M", b"L", b"Q", b"C", b"z"]
        text = convert_to_string(path, transform, edge, simplify, sketch, 6, codes, False)
        return text.decode("ascii")

    def draw_markers(self, gc, marker_path, marker_trans, path, trans, rgbFace=None):
        clipped = gc.get_clip_rectangle() or gc.get_clip_path()[0]
        # matplotlib leaves out markers beyond the figure, which the box may yet hold.
        draw = super().draw_markers if clipped else super(RendererSVG, self).draw_markers
        draw(gc, marker_path, marker_trans, path, trans, rgbFace)
