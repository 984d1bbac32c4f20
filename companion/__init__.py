"""What the notebooks import: drawings, the engine, and the exercises with their checks.

Importing this package loads none of it, and gives the book's style to every figure. It also lets
torch work in one thread, as when the outputs were recorded: the book's nets are so small that two
threads mostly wait for each other, for seconds on a busy machine.
"""

import os
import sys

from explorable import use_style

use_style()
if os.environ.setdefault("OMP_NUM_THREADS", "1") == "1" and "torch" in sys.modules:
    sys.modules["torch"].set_num_threads(1)  # it has read its environment already
