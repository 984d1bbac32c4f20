"""What the notebooks import: drawings, the engine, and the exercises with their checks.

Importing this package loads none of it, and gives the book's style to every figure.
"""

from explorable import use_style

use_style()
