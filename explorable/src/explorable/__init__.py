"""Figures with ipywidgets controls that keep working on a static page.

>>> from explorable import explore
>>> figure = explore(lambda n: print(n * n), n=(0, 9), alt="The square of n.")
>>> figure.kwargs_widgets[0].max
9

The parts, in the order in which a figure passes through them:

``_controls``  an ipywidgets control as a list of positions with labels
``_render``    one call of the author's function, as a tree of SVG and text
``_show``      what a notebook shows of an object, or a sentence why a page cannot
``_terminal``, ``_formula``, ``_markup``    printed text, formulas and the author's own HTML
``_plot``      a matplotlib figure as matplotlib draws it, and its box
``_svg``       that in one normal form
``_options``, ``_hold``    a figure's words, and where it is taken hold of
``_encode``    all frames as the first frame and what changes in it
``_limits``    how large that may be, and what to do if it is larger
``_html``      the figure as one piece of HTML
``_live``      when a live figure is drawn
``_explore``   ``explore`` itself: live widgets, or every frame while recording
``record``     run notebooks and store their outputs
``sphinx``     add the player (``static/``) to pages that hold a figure
``nbconvert``  make one HTML file of a notebook, the player inlined
"""

from explorable._explore import Explorable, explore
from explorable._limits import limits
from explorable._style import palette, style, use_style

__all__ = ["Explorable", "explore", "limits", "palette", "style", "use_style"]
