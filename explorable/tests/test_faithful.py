"""That a picture is matplotlib's own: both are drawn by Chromium and compared pixel by pixel.

No style of ours is in use here, and matplotlib saves as a notebook does, with a tight box.
"""

import io
import re
from html import escape

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.animation import FuncAnimation
from matplotlib.collections import LineCollection
from matplotlib.colors import CSS4_COLORS, LogNorm
from matplotlib.patches import Circle, ConnectionPatch, FancyArrowPatch, FancyBboxPatch, Wedge
from matplotlib.transforms import Bbox
from PIL import Image

from explorable import _svg
from explorable._encode import to_html

X = np.linspace(0, 6, 60)
GRID = np.add.outer(np.sin(X[::4]), np.cos(X[::4]))
RANDOM = np.random.default_rng(0)
POINTS = RANDOM.normal(size=(2, 80))
PLOTS = []
COLOUR = re.compile(r"#[0-9a-f]{6}(?![0-9a-f])")


def plot(function):
    PLOTS.append(function)
    return function


def axes(name, **options):
    """Add a plot that is one call on an axes pair."""
    names = options.pop("projection", None)

    def draw(call=name, options=options):
        target = plt.figure().add_subplot(projection=names)
        call(target, **options)

    PLOTS.append(draw)


for call in (
    lambda a: a.plot(X, np.sin(X)),
    lambda a: a.plot(X, np.sin(X), "--", c="dodgerblue", lw=4),
    lambda a: a.plot(X, np.tan(X)) and a.set_ylim(-1, 1),
    lambda a: a.plot(X, 9 * np.sin(X), ":") and a.set_ylim(-1, 1),
    lambda a: a.plot(X, np.sin(X), "s-.", mfc="khaki", mec="#c44e52", ms=9, alpha=0.5),
    lambda a: a.plot(POINTS[0], POINTS[1], "*", c="#1e90ff"),
    lambda a: a.plot(np.sin(np.arange(5000))),
    lambda a: a.plot([0, np.nan, 2, 3], [1, 2, np.inf, 1], "o-"),
    lambda a: a.scatter(*POINTS, c=POINTS[0], s=90 * abs(POINTS[1])),
    lambda a: a.scatter(*POINTS, marker="x", c="seagreen"),
    lambda a: a.scatter(*POINTS, facecolors="none", edgecolors="royalblue"),
    lambda a: a.bar(range(5), range(1, 6), color=["linen", "C0", "oldlace", "#009e73", "0.9"]),
    lambda a: a.bar(range(3), [1, 2, 3], hatch="//", edgecolor="red", facecolor="lavender"),
    lambda a: a.bar(range(3), [1, 2, 3], hatch=["o", "+", "x"], fill=False),
    lambda a: a.barh(range(5), range(5), xerr=0.4, capsize=4),
    lambda a: a.hist(POINTS[0], bins=9, histtype="stepfilled", hatch="*", alpha=0.4),
    lambda a: a.hist2d(*POINTS),
    lambda a: a.hexbin(*POINTS, gridsize=9),
    lambda a: a.contour(GRID),
    lambda a: a.clabel(a.contour(GRID, cmap="RdBu")),
    lambda a: a.contourf(GRID, 8),
    lambda a: a.contourf(GRID, 4, hatches=["/", "\\", ".", None], colors="none"),
    lambda a: a.imshow(GRID),
    lambda a: a.imshow(GRID, interpolation="bilinear", extent=(0, 3, 1, 2), alpha=0.6),
    lambda a: a.matshow(GRID, cmap="turbo"),
    lambda a: a.pcolormesh(GRID),
    lambda a: a.pcolormesh(GRID, edgecolors="w", lw=0.5),
    lambda a: a.pcolormesh(GRID[::3, ::3], shading="gouraud"),
    lambda a: a.tripcolor(*POINTS[:, :9], POINTS[0, :9], shading="gouraud"),
    lambda a: a.triplot(*POINTS),
    lambda a: a.quiver(GRID[::3, ::3], GRID[::3, ::3].T, GRID[::3, ::3]),
    lambda a: a.barbs(8 * GRID[::3, ::3], 20 * GRID[::3, ::3].T),
    lambda a: a.streamplot(X[::4], X[::4], GRID, GRID.T, color=GRID, density=0.2),
    lambda a: a.fill_between(X, np.sin(X), np.cos(X), color="powderblue", hatch=".."),
    lambda a: a.stackplot(X, X, X**2, X**3),
    lambda a: a.stem(X[::4], np.sin(X[::4])),
    lambda a: a.step(X[::4], np.sin(X[::4]), where="mid", solid_capstyle="round", lw=7),
    lambda a: a.errorbar(X[::6], X[::6], yerr=X[::6] / 9, fmt="o", uplims=True),
    lambda a: a.boxplot(POINTS.T, notch=True, patch_artist=True),
    lambda a: a.violinplot(POINTS.T),
    lambda a: a.pie([1, 2, 3], labels=["a", "b", "c"], explode=(0, 0.2, 0), shadow=True),
    lambda a: a.eventplot(POINTS, colors=["turquoise", "olivedrab"]),
    lambda a: a.axvspan(0.2, 0.4, color="0.9") and a.axhline(0.5, c="mistyrose", lw=6),
    lambda a: a.loglog(X[1:], X[1:] ** 3) and a.grid(True, which="both"),
    lambda a: a.semilogy(X, np.sin(X)),  # half of it has no logarithm
    lambda a: a.specgram(np.sin(np.arange(512) ** 1.5), NFFT=64, Fs=2, noverlap=32),
    lambda a: a.table([["1", "2"], ["3", "4"]], colLabels=["a", "b"], loc="center"),
    lambda a: a.text(0.5, 0.5, r"$\hat y = \frac{w_1}{\sqrt{x^2}}$  and   blanks", rotation=30),
    lambda a: a.annotate("here", (0.2, 0.2), (0.7, 0.8), arrowprops={"arrowstyle": "fancy"}),
    lambda a: a.set_title("A title\nof two lines") and a.set_xlabel("time [s]", color="teal"),
    lambda a: a.legend(handles=a.plot(X, X, label="outside"), loc="center left", bbox_to_anchor=(1, 0.5)),
    lambda a: a.set_xticks([0, 1], ["a very long label", "another one"], rotation=60),
    lambda a: a.twinx().plot(X, 1e6 * X, "r"),
    lambda a: a.secondary_yaxis("right", functions=(np.deg2rad, np.rad2deg)).set_ylabel("rad"),
    lambda a: a.imshow(GRID).set_clip_path(Circle((7, 7), 5, transform=a.transData)),
    lambda a: a.plot(X, np.sin(X), clip_on=False, marker="o", ms=20) and a.set_xlim(1, 5),
    lambda a: a.add_collection(LineCollection([[(0, 0), (1, 1)], [(0, 1), (1, 0)]], colors=["#1e90ff", "C1"], lw=5)),
    lambda a: [a.add_patch(patch) for patch in (
        FancyBboxPatch((0.1, 0.1), 0.3, 0.2, fc="khaki"), Wedge((0.7, 0.7), 0.2, 20, 300, hatch="O"),
        FancyArrowPatch((0.1, 0.9), (0.9, 0.1), connectionstyle="arc3,rad=.3", mutation_scale=30),
        ConnectionPatch((0, 0), (1, 1), "axes fraction", ls=":"),
    )],
    lambda a: a.scatter(*POINTS, rasterized=True, s=200, alpha=0.3),
    lambda a: a.plot(X, np.sin(X))[0].set_sketch_params(3, 50, 10),
):  # fmt: skip
    axes(call)
for call in (
    lambda a: a.plot_surface(*np.meshgrid(X[::6], X[::6]), GRID[::3, ::3][:, :5].repeat(2, 0)[:10, :1] * np.ones(10)),
    lambda a: a.plot_wireframe(*np.meshgrid(X[::6], X[::6]), np.outer(X[::6], X[::6])),
    lambda a: a.scatter(*POINTS, POINTS[0], c=POINTS[1]) and a.view_init(10, 50),
    lambda a: a.bar3d([0, 1], [0, 1], 0, 0.5, 0.5, [1, 2], color="dodgerblue"),
):  # fmt: skip
    axes(call, projection="3d")
axes(lambda a: a.plot(X, X), projection="polar")
axes(lambda a: a.bar(X[::9], X[::9], width=0.5, color="seagreen"), projection="polar")


@plot
def subplots():
    figure, pairs = plt.subplots(2, 2, sharex=True, layout="constrained")
    for k, pair in enumerate(pairs.flat):
        pair.plot(X, (X / 6) ** k)
    figure.suptitle("Four of them")
    figure.supylabel("height")


@plot
def mosaic():
    figure, pairs = plt.subplot_mosaic("AAB;CCB", figsize=(9, 3))
    figure.colorbar(pairs["A"].pcolormesh(GRID, cmap="Blues", norm=LogNorm(0.1, 2)), ax=pairs["A"])
    pairs["C"].inset_axes([0.1, 0.1, 0.3, 0.3]).plot(X, X)


@plot
def transparent():
    plt.figure(facecolor=(0.9, 0.5, 0.1, 0.3), edgecolor="k", linewidth=3).add_subplot()


@plot
def small_and_fine():
    plt.figure(figsize=(2, 1), dpi=200).add_subplot().plot(X, np.sin(9 * X), lw=0.3)


@plot
def an_animations_figure():
    figure, pair = plt.subplots()
    FuncAnimation(
        figure, lambda k: pair.plot(X, k * X), frames=2, init_func=list
    )._draw_was_started = True


@plot
def every_named_colour():
    target = plt.figure(figsize=(6, 6)).add_axes((0, 0, 1, 1))
    for k, name in enumerate(CSS4_COLORS):
        target.add_patch(plt.Rectangle((k % 13, k // 13), 1, 1, color=name))
    target.set(xlim=(0, 13), ylim=(0, 12))


@plot
def every_colormap():
    target = plt.figure(figsize=(6, 9)).add_axes((0, 0, 1, 1))
    names = [name for name in mpl.colormaps if not name.endswith("_r")]
    colours = [mpl.colormaps[name](np.linspace(0, 1, 16)) for name in names]
    target.pcolormesh(np.array(colours), lw=0)


for sheet in ("ggplot", "dark_background", "petroff8"):

    def styled(sheet=sheet):
        plt.style.use(sheet)
        for k in range(3):
            plt.plot(X, np.sin(X + k), label=str(k))
        plt.legend()
        plt.title(sheet)

    plot(styled)


def pictures(draw):
    """Draw a plot by explorable and by matplotlib; return both as SVG, and their size in pixels."""
    # matplotlib's own simplification moves the edges of lines by up to a ninth of a pixel.
    with mpl.rc_context():
        plt.rcdefaults()
        mpl.rcParams.update({"path.simplify": False, "svg.hashsalt": "x"})
        draw()
        ours = _svg.from_figure(plt.gcf())
        plt.close("all")
        draw()
        figure, file = plt.gcf(), io.StringIO()
        left, top, width, height = np.array(ours.box) / 72
        box = Bbox.from_bounds(left, figure.get_figheight() - top - height, width, height)

        def tight(*arguments, measure=figure.get_tightbbox, **options):
            """Look at the box that a notebook cuts to; let matplotlib take ours, to compare."""
            theirs, margin = measure(*arguments, **options), mpl.rcParams["savefig.pad_inches"]
            # Ours is as tight, to the figure's own pixels.
            more = (box.size - theirs.size - 2 * margin) * figure.dpi
            assert (more > -0.01).all() and (more < 2).all()
            return box.padded(-margin)

        figure.get_tightbbox = tight
        colours = {"facecolor": figure.get_facecolor(), "edgecolor": figure.get_edgecolor()}
        figure.savefig(file, format="svg", bbox_inches="tight", **colours)
        plt.close("all")
    ours, theirs = to_html(ours), file.getvalue()
    assert set(COLOUR.findall(ours)) >= set(COLOUR.findall(theirs))
    return (ours, theirs), re.search(r'viewBox="0 0 (\S+) (\S+)"', theirs).groups()


def differences(page, plots):
    """Return for each plot the share of pixels that are clearly not matplotlib's.

    Ours are on one screenshot and matplotlib's on another, in the same places, each in a document
    of its own.
    """
    bottom, documents, places = 0, ([], []), []
    for draw in plots:
        pair, size = pictures(draw)
        width, height = (int(float(number)) for number in size)
        for svg, side in zip(pair, documents, strict=True):
            head, _, tail = svg[svg.index("<svg") :].partition(">")
            head = re.sub(r'\b(width|height)="[^"]*"', "", head)
            head += ' style="display: block" width="{}" height="{}"'.format(*size)
            document = escape(f"<body style='margin: 0; overflow: hidden'>{head}>{tail}")
            frame = f'width="{width}" height="{height}" srcdoc="{document}"></iframe>'
            side.append(f'<iframe style="border: 0; display: block; margin: 0 0 1px" {frame}')
        places.append((slice(bottom, bottom + height), slice(width)))
        bottom += height + 1
    page.set_viewport_size({"width": 1000, "height": bottom})
    ours, theirs = (screen(page, "".join(side)) for side in documents)
    return [max(far(ours[p], theirs[p]), far(theirs[p], ours[p])) for p in places]


def screen(page, html):
    page.set_content(f"<!doctype html><body style='margin: 0'>{html}")
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), np.int16)


def far(picture, other):
    """Return the share of pixels like which there is none in the other picture, one pixel around.

    Chromium draws the edge of a line in steps of a quarter pixel: a hundredth may move it by one.
    """
    ys, xs = np.nonzero(np.abs(picture - other).max(axis=2) > 24)
    around = np.pad(other, ((1, 1), (1, 1), (0, 0)), mode="edge")
    distances = [
        np.abs(picture[ys, xs] - around[ys + y, xs + x]).max(axis=1)
        for y in range(3)
        for x in range(3)
    ]
    return (np.min(distances, axis=0) > 24).sum() / picture[..., 0].size


@pytest.mark.parametrize("start", range(0, len(PLOTS), 12))
def test_pictures_are_matplotlibs_own(page, start):
    found = enumerate(differences(page, PLOTS[start : start + 12]), start)
    assert {number: share for number, share in found if share >= 1e-3} == {}


@pytest.mark.parametrize("wrong", ["#009", "none"])
def test_the_comparison_sees_one_wrong_bar(page, monkeypatch, wrong):
    """One bar of five has another colour, or none: far more than what is allowed."""
    right = _svg._setting

    def setting(name, value, names):
        return right(name, value.replace("#009e73", wrong), names)

    monkeypatch.setattr(_svg, "_setting", setting)
    monkeypatch.setattr("test_faithful.COLOUR", re.compile("no colours"))
    assert differences(page, [PLOTS[11]])[0] > 1e-2
