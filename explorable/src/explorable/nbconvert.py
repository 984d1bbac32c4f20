"""nbconvert exporters: one HTML file whose figures play, with nothing beside it, and slides.

::

    jupyter nbconvert --to explorable notebook.ipynb
    jupyter nbconvert --to explorable-slides notebook.ipynb

The notebook's stored outputs are shown, so record it first with ``python -m explorable.record``.
The page asks no other host; slides ask for reveal.js where ``--SlidesExporter.reveal_url_prefix``
says. Formulas become MathML, which the extra ``math`` makes.
"""

from pathlib import Path

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter, SlidesExporter
from traitlets.config import Config

from explorable._formula import with_mathml
from explorable._show import WIDGET_VIEW

_STYLE, _SCRIPT = (
    Path(__file__).parent.joinpath("static", f"explorable.{kind}").read_text(encoding="utf-8")
    for kind in ("css", "js")
)


class _Playing:
    """The player and its style inlined, and no widget manager from another host."""

    raw_template = f"""{{% extends "index.html.j2" %}}
{{% block html_head_js_mathjax %}}{{% endblock %}}
{{% block html_head_css %}}{{{{ super() }}}}<style>{{% raw %}}{_STYLE}{{% endraw %}}</style>{{% endblock %}}
{{% block body_footer %}}<script>{{% raw %}}{_SCRIPT}{{% endraw %}}</script>{{{{ super() }}}}{{% endblock %}}
"""

    @property
    def default_config(self):
        """nbconvert's own, but a live widget's view, dead in a file, ranks below its HTML."""
        config = Config(super().default_config)
        shown = config.NbConvertBase.display_data_priority
        config.NbConvertBase.display_data_priority = [m for m in shown if m != WIDGET_VIEW] + [
            WIDGET_VIEW
        ]
        config.HTMLExporter.require_js_url = ""
        return config

    @pass_context
    def markdown2html(self, context, source):
        """Convert Markdown as nbconvert does, with its formulas as MathML."""
        return super().markdown2html(context, with_mathml(source))


class ExplorableExporter(_Playing, HTMLExporter):
    """One HTML file whose figures play."""

    export_from_notebook = "HTML with explorable figures"


class ExplorableSlides(_Playing, SlidesExporter):
    """Slides of reveal.js whose figures play."""

    export_from_notebook = "Slides with explorable figures"
