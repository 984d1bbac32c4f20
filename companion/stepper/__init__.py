"""Run a function line by line, keep what every line left behind, and draw one such step.

`trace` runs the program once, and really: what it keeps are copies, so nothing that happens later
changes an earlier step, and no graph is kept alive. `draw` shows one step, for `explore` to scrub.
"""

from companion.stepper._draw import draw
from companion.stepper._trace import (
    MAX_NODES,
    MAX_NUMBERS,
    MAX_STEPS,
    Node,
    Step,
    TensorState,
    trace,
)

__all__ = ["MAX_NODES", "MAX_NUMBERS", "MAX_STEPS", "Node", "Step", "TensorState", "draw", "trace"]
