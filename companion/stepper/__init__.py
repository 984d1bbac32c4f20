"""Run a function line by line, and keep what every line left behind.

`trace` runs the program once, and really: what it keeps are copies, so nothing that happens later
changes an earlier step, and no graph is kept alive.
A figure that shows one such step, for `explore`, is `companion.figures.one_weight.loop_stepper`.
"""

from companion.stepper._trace import (
    MAX_NODES,
    MAX_NUMBERS,
    MAX_STEPS,
    Node,
    Step,
    TensorState,
    trace,
)

__all__ = ["MAX_NODES", "MAX_NUMBERS", "MAX_STEPS", "Node", "Step", "TensorState", "trace"]
