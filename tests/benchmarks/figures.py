"""One figure made with different tools, and what each costs the reader of a page.

::

    pip install -e ".[test,benchmark]"
    python -m tests.benchmarks.figures                 every tool, about ten minutes
    python -m tests.benchmarks.figures explore whole   those whose names hold one of the words

It prints what it measured. Of every tool, it also writes it to ``companion/figures/costs.json``,
which the page about the figures shows: record its notebook then.

The figure is described in ``_pages.py``, which makes it. All pages meet one instrument, which
knows of a tool only where its slider is. It drags the slider with the mouse, so that a tool's own
handlers do all they do for a reader; no script is added to the page. Chromium's trace says when a
move reached the page and when the last frame that followed was on display, with no limit on the
rate of frames. The next move comes when the page has been quiet for a while. Script time comes
from jumps of its own, since the trace that shows it slows a page down by its number of elements.

The tools take turns, so that other work on the machine meets all alike; a quiet machine is better
still. The "bare slider" changes nothing but itself: that is what the browser takes.
"""

import gzip
import importlib.util
import json
import os
import random
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path

from tests.benchmarks._pages import TOOLS, player
from tests.conftest import CHROMIUM, FLAGS, ROOT

ROUNDS, WARM_UP, JUMPS = 4, 15, 60  # in each round 60 jumps are measured, after 15 that are not
QUIET = 80  # milliseconds that follow a jump; the slowest tool's last frame comes well before


def make(tool, path):
    """Make a page twice; return the seconds of processor time of the faster making."""
    from matplotlib import pyplot, rc_context

    from explorable import style

    seconds = []
    for _ in range(2):
        with rc_context(style | {"figure.max_open_warning": 0}):
            start = time.process_time()
            tool.make(path)
            seconds.append(time.process_time() - start)
            pyplot.close("all")
    return min(seconds)


@contextmanager
def opened(browser, tool, path):
    """Open a page from disk, without a network; yield it and a list of what it asks for."""
    # Without gliding: a reader who wants no motion has the frame itself at once.
    context = browser.new_context(offline=True, reduced_motion="reduce")
    page = context.new_page()
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    page.locator(tool.handle).first.wait_for()
    page.wait_for_timeout(1000)
    yield page, requests
    context.close()


def grab(page, tool):
    """Press the mouse on the slider's handle; return how to drag it to a place from 0 to 1."""
    handle = page.locator(tool.handle).first.bounding_box()
    track = page.locator(tool.track).first.bounding_box()
    height = handle["y"] + handle["height"] / 2
    page.mouse.move(handle["x"] + handle["width"] / 2, height)
    page.mouse.down()

    def drag(place):
        page.mouse.move(track["x"] + place * track["width"], height)
        page.wait_for_timeout(QUIET)

    return drag


def picture(page, tool):
    return sha256(page.locator(tool.figure).first.screenshot()).digest()


def count_positions(page, tool):
    """Return how many different pictures the slider shows from its one end to the other."""
    drag, pictures = grab(page, tool), set()
    for step in range(81):
        drag(step / 80)
        pictures.add(picture(page, tool))
    return len(pictures)


def has_keyboard(page, tool):
    """Whether a reader who only presses Tab, and then an arrow, can change the figure."""
    for _ in range(20):
        page.keyboard.press("Tab")
        before = picture(page, tool)
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(QUIET)
        if picture(page, tool) != before:
            return True
    return False


def jump(browser, page, tool, places, *categories):
    """Return for each place the milliseconds until it was on display, and those of scripts."""
    drag = grab(page, tool)
    for place in places[:WARM_UP]:
        drag(place)
    categories = ["-*", "rail", "disabled-by-default-display.framedisplayed", *categories]
    browser.start_tracing(page=page, categories=categories)
    for place in places[WARM_UP:]:
        drag(place)
    return read_trace(json.loads(browser.stop_tracing())["traceEvents"])


def read_trace(events):
    """Yield for each move of the mouse what `jump` returns."""
    moves, frames, scripts = [], [], []
    for event in sorted(events, key=lambda event: event.get("ts", 0)):
        start = event.get("ts", 0) / 1000
        url = event.get("args", {}).get("data", {}).get("url", "")
        if event["name"] == "WidgetBaseInputHandler::OnHandleInputEvent":
            if event["args"]["event"] == "MouseMove":
                moves.append(start)
        elif event["name"] == "Display::FrameDisplayed":
            frames.append(start)
        elif event["name"] == "RunMicrotasks" or url.startswith("file:"):
            scripts.append((start, start + event.get("dur", 0) / 1000))
    for move, after in zip(moves, [*moves[1:], float("inf")], strict=True):
        # A frame that did not come in time counts as all the time that it had.
        end = max((frame for frame in frames if move < frame < after), default=move + QUIET)
        total, reached = 0.0, move
        for start, stop in scripts:
            if move <= start < after:  # a stretch of script may contain others
                total += max(0.0, stop - max(start, reached))
                reached = max(reached, stop)
        yield end - move, total


def random_places(count, seed):
    """Return places each of which is more than two positions of 41 from the one before."""
    chance, places = random.Random(seed), [0.0]
    while len(places) <= count:
        place = chance.random()
        if abs(place - places[-1]) > 0.06:
            places.append(place)
    return places[1:]


def p95(numbers):
    return statistics.quantiles(numbers, n=20)[-1]


def kilobytes(*texts):
    """Return the sizes of texts in kB, raw and compressed one by one."""
    contents = [text.encode() for text in texts]
    compressed = map(gzip.compress, contents)
    return round(sum(map(len, contents)) / 1000, 1), round(sum(map(len, compressed)) / 1000, 1)


NOTE = """All was opened from disk, with no network.
kB: the file, with what its tool puts into it; what it asks of other hosts comes on top.
make s: processor time, the faster of two makings, without imports.
frame ms: from the mouse's move in the page to the last frame on display that followed.
positions: different pictures between the slider's ends. keyboard: Tab and ArrowRight change it."""


def main(words):
    from playwright.sync_api import sync_playwright

    tools, pages = {}, {}
    shares = [random_places(WARM_UP + JUMPS, seed) for seed in range(ROUNDS)]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        flags = [*FLAGS, "--disable-frame-rate-limit", "--disable-gpu-vsync"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        for name, tool in TOOLS.items():
            if words and not any(word in name for word in words):
                continue
            if not importlib.util.find_spec(tool.needs):
                print(f"{name} is not made: `pip install {tool.needs}`")
                continue
            path = pages[name] = Path(folder, f"{tool.make.__name__}.html")
            seconds = make(tool, path)
            with opened(browser, tool, path) as (page, _):
                positions = count_positions(page, tool)
            with opened(browser, tool, path) as (page, requests):
                keyboard = has_keyboard(page, tool)
                others = len({url for url in requests if url.startswith("http")})
            raw, packed = kilobytes(path.read_text())
            tools[name] = {"kB": raw, "gzip kB": packed, "make s": round(seconds, 1)}
            tools[name] |= {"positions": positions, "keyboard": keyboard, "other hosts": others}

        measured = {name: [] for name in pages}
        for number, share in enumerate(shares):
            for name in random.Random(number).sample(list(pages), len(pages)):
                with opened(browser, TOOLS[name], pages[name]) as (page, _):
                    measured[name] += jump(browser, page, TOOLS[name], share)
        for name, path in pages.items():
            frames = [frame for frame, _ in measured[name]]
            with opened(browser, TOOLS[name], path) as (page, _):
                jumps = jump(browser, page, TOOLS[name], shares[0], "devtools.timeline")
                scripts = [script for _, script in jumps]
            times = statistics.median(frames), p95(frames), p95(scripts)
            keys = "frame ms", "frame ms p95", "script ms p95"
            tools[name] |= {key: round(time, 1) for key, time in zip(keys, times, strict=True)}
        run = {
            "date": str(date.today()),
            "browser": f"Chromium {browser.version}",
            "processors": os.cpu_count(),
            "busy": round(os.getloadavg()[1], 1),  # how many programs wanted them, by then
            "tools": tools,
        }
        text = json.dumps(run, indent=1)
        print(text, NOTE, sep="\n")
        if set(tools) == set(TOOLS):
            (ROOT / "companion" / "figures" / "costs.json").write_text(f"{text}\n", "utf-8")
        if "explore" in pages:
            text, parts = pages["explore"].read_text(), player()
            for part in parts:
                text = text.replace(part, "")
            print(f"`explore` (kB, gzip kB): figure {kilobytes(text)}; player {kilobytes(*parts)}")


if __name__ == "__main__":
    main(sys.argv[1:])
