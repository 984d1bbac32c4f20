"""The scripts that all pages share, as one in which most wait for the first frame.

They then run one by one: so a phone shows the page first, and can answer between two of them.
"""

import re
from collections.abc import Mapping

#: The search uses names of the first two, and the third waits for the page's end.
_AT_ONCE = ("_static/doctools.js", "_static/sphinx_highlight.js", "_static/design-tabs.js")
_ONE_BY_ONE = """{{
  const scripts = [{}];
  const next = () => {{
    const script = scripts.shift();
    if (script) {{
      setTimeout(next); // even if this one fails
      script();
    }} else document.documentElement.dataset.scripts = "done";
  }};
  requestAnimationFrame(() => setTimeout(next));
}}"""
#: The theme measures the whole page when it is loaded and after each change in it, to find what
#: scrolls: tenths of a second on a phone. Ours, accessible.js, measures nothing.
_MEASURING = re.compile(
    r'"complete"===document\.readyState\?(\w+)\(\):window\.addEventListener\("load",\1\)'
)


def join_scripts(texts: Mapping[str, str]) -> str:
    """Return scripts, given by their paths from the site's root in their order, as one.

    Examples
    --------
    >>> print(join_scripts({"_static/a.js": "first()", "_static/b.js": "second()"})[:60])
    <BLANKLINE>
    ;{
      const scripts = [() => {first()
    },
    () => {second()
    }];
    """
    # The ; ends what the file before left open, and keeps its "use strict" from ruling the rest.
    at_once = "\n;".join(["", *(texts[name] for name in _AT_ONCE if name in texts)])
    later = (text for name, text in texts.items() if name not in _AT_ONCE)
    one_by_one = _ONE_BY_ONE.format(",\n".join(f"() => {{{text}\n}}" for text in later))
    joined = re.sub(r"//# sourceMappingURL=.*", "", f"{at_once}\n;{one_by_one}")
    return _MEASURING.sub("0", joined)
