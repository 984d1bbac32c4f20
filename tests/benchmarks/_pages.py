"""The same figure made with different tools, each in one file with all it needs in it.

One weight w learns y = w x, and a slider of 41 learning rates changes the curve of the loss.
Torch computes the curves, again for each tool; all are drawn equally large. A tool that cannot
put all it needs into the file asks other hosts for the rest.
"""

import io
import os
from base64 import b64encode
from collections import namedtuple
from pathlib import Path

RATES = [round(0.005 * step, 3) for step in range(1, 42)]
LIMITS = (1e-16, 1e2)
WIDTH, HEIGHT = 544, 363  # as large as the player's style sheet shows a figure of 4.8 by 3.2


def losses(lr):
    """Return the mean loss of each of 20 epochs."""
    import torch

    w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    means = []
    for _ in range(20):
        total = 0.0
        for x in (1.0, 2.0, 3.0):
            loss = (w * x - 2 * x) ** 2
            loss.backward()
            with torch.no_grad():
                w -= lr * w.grad
            w.grad = None
            total += loss.item()
        means.append(max(total / 3, 1e-30))  # a logarithm of zero cannot be drawn
    return means


def draw(lr):
    """Draw the figure with matplotlib."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    (line,) = axes.semilogy(losses(lr))
    axes.set(ylim=LIMITS, xlabel="epoch", ylabel="mean loss")
    figure.subplots_adjust(left=0.17)
    return figure, line


def explore(path):
    from ipywidgets import FloatSlider

    from explorable import explore

    def learning_rate(lr):
        draw(lr)

    os.environ["EXPLORABLE_RECORD"] = "1"
    slider = FloatSlider(min=RATES[0], max=RATES[-1], step=0.005, readout_format=".3f")
    bundle = explore(learning_rate, alt="A curve", lr=slider)._repr_mimebundle_()
    style, script = player()
    write(path, f"<style>{style}</style>{bundle['text/html']}<script>{script}</script>")


def player():
    import explorable

    static = Path(explorable.__file__).parent / "static"
    return [(static / f"explorable.{suffix}").read_text() for suffix in ("css", "js")]


def switching(path, frames):
    """Write a page of elements of which only the slider's shows."""
    style = f"#figure > *, svg, input {{ width: {WIDTH}px; height: auto }}"
    slider = f'<input type="range" max="{len(RATES) - 1}" value="0"> <output></output>'
    script = """
      const frames = document.querySelectorAll("#figure > *")
      for (const frame of frames) frame.hidden = frame !== frames[0]
      let shown = frames[0]
      document.querySelector("input").oninput = (event) => {
        shown.hidden = true
        shown = frames[event.target.value]
        shown.hidden = false
        document.querySelector("output").value = (0.005 + 0.005 * event.target.value).toFixed(3)
      }"""
    figure = f'<div id="figure">{"".join(frames)}</div>'
    write(path, f"<style>{style}</style>{figure}{slider}<script>{script}</script>")


def write(path, body):
    path.write_text(f'<!doctype html><meta charset="utf-8"><title>loss</title>{body}')


def saved(lr, **settings):
    """Return a frame as matplotlib saves it."""
    from matplotlib import pyplot

    figure, file = draw(lr)[0], io.BytesIO()
    figure.savefig(file, **settings)
    pyplot.close(figure)
    return file.getvalue()


def whole_svgs(path):
    svgs = [saved(lr, format="svg").decode() for lr in RATES]
    switching(path, [f"<div>{svg[svg.index('<svg') :]}</div>" for svg in svgs])


def png_frames(path):
    pngs = [b64encode(saved(lr, format="png", dpi=WIDTH / 4.8)).decode() for lr in RATES]
    switching(path, [f'<img alt="" src="data:image/png;base64,{png}">' for png in pngs])


def to_jshtml(path):
    from matplotlib.animation import FuncAnimation

    figure, line = draw(RATES[0])
    figure.set_dpi(WIDTH / 4.8)
    animation = FuncAnimation(figure, lambda lr: line.set_ydata(losses(lr)), RATES)
    write(path, animation.to_jshtml(embed_frames=True))


def panel(path):
    import panel
    from bokeh.resources import INLINE

    slider = panel.widgets.DiscreteSlider(name="lr", options=RATES)

    def picture(lr):
        return panel.pane.Matplotlib(draw(lr)[0], width=WIDTH, height=HEIGHT)

    page = panel.Column(slider, panel.bind(picture, slider))
    every = {"embed": True, "max_states": len(RATES), "embed_states": {slider: RATES}}
    page.save(path, resources=INLINE, progress=False, **every)


def plotly(path):
    from plotly import graph_objects

    # Plotly Express gives its sliders these settings: no transition, the axes not drawn again.
    now = {"duration": 0}
    how = {"mode": "immediate", "frame": now | {"redraw": False}, "transition": now}
    curves = {f"{lr:.3f}": graph_objects.Scatter(y=losses(lr)) for lr in RATES}
    frames = [graph_objects.Frame(data=[curve], name=name) for name, curve in curves.items()]
    steps = [{"label": name, "method": "animate", "args": [[name], how]} for name in curves]
    layout = {
        "width": WIDTH,
        "height": HEIGHT + 100,  # plotly draws the slider inside the figure
        "xaxis": {"title": "epoch"},
        "yaxis": {"type": "log", "range": [-16, 2], "title": "mean loss"},
        "sliders": [{"steps": steps}],
    }
    figure = graph_objects.Figure(frames[0].data, layout, frames)
    figure.write_html(path, include_plotlyjs=True, auto_play=False)


def holoviews(path):
    import holoviews

    holoviews.extension("bokeh", logo=False)
    names = "epoch", "mean loss"
    curves = {lr: holoviews.Curve(list(enumerate(losses(lr))), *names) for lr in RATES}
    size = holoviews.opts.Curve(logy=True, ylim=LIMITS, width=WIDTH, height=HEIGHT)
    holoviews.save(holoviews.HoloMap(curves, "lr").opts(size), path, resources="inline")


def bokeh(path):
    from bokeh.layouts import column
    from bokeh.models import ColumnDataSource, CustomJS, Slider
    from bokeh.plotting import figure, save
    from bokeh.resources import INLINE

    curves = [losses(lr) for lr in RATES]
    source = ColumnDataSource({"epoch": list(range(20)), "loss": curves[0]})
    plot = figure(width=WIDTH, height=HEIGHT, y_axis_type="log", y_range=LIMITS)
    plot.line("epoch", "loss", source=source)
    slider = Slider(start=RATES[0], end=RATES[-1], step=0.005, value=RATES[0], title="lr")
    change = "source.data = {...source.data, loss: curves[Math.round(slider.value / 0.005) - 1]}"
    arguments = {"source": source, "curves": curves, "slider": slider}
    slider.js_on_change("value", CustomJS(args=arguments, code=change))
    save(column(plot, slider), path, resources=INLINE, title="loss")


def floor(path):
    write(path, '<input type="range" max="40" value="0" style="width: 30em">')


# `needs` is a package; the selectors, which reach into shadow roots, say what on the page is the
# figure, along what the slider moves, and where to grab it.
Tool = namedtuple("Tool", "make needs figure track handle", defaults=2 * ["input[type=range]"])
NO_UI = ".noUi-base", ".noUi-handle"
RAIL = ".slider-rail-touch-rect", ".slider-grip-rect"
TOOLS = {
    "explore": Tool(explore, "ipywidgets", ".explorable-frame"),
    "whole SVGs": Tool(whole_svgs, "matplotlib", "#figure"),
    "PNG frames": Tool(png_frames, "matplotlib", "#figure"),
    "to_jshtml": Tool(to_jshtml, "matplotlib", ".animation img"),
    "Bokeh": Tool(bokeh, "bokeh", ".bk-Figure", *NO_UI),
    "HoloViews": Tool(holoviews, "holoviews", ".bk-Figure", *NO_UI),
    "Panel": Tool(panel, "panel", "img", *NO_UI),
    "plotly": Tool(plotly, "plotly", ".cartesianlayer", *RAIL),
    "bare slider": Tool(floor, "torch", "input"),
}
