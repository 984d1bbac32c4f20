"""What a page of the site loses on paper, and what it says in place of what moves there."""

from html import escape

from bs4 import Tag

from press.pdf._html import element

#: What works on a screen only. The site folds the code that draws a figure.
_SCREEN_ONLY = (
    "script, template, button, a.headerlink, .toctree-wrapper, .explorable-note, "
    "details.hide > summary, details.hide .cell_input"
)


def for_paper(article: Tag, address: str | None) -> None:
    """Change a page's article into what is printed.

    Parameters
    ----------
    article
        Changed in place.
    address
        Where the page is published, if it is: each figure links to itself there.

    Examples
    --------
    >>> article = element('<article><h1>One<a class="headerlink">#</a></h1></article>')
    >>> for_paper(article, None)
    >>> print(article)
    <article><h1>One</h1></article>
    """
    for useless in article.select(_SCREEN_ONLY):
        useless.extract()
    for check in article.select("div.check"):  # it asks for an answer, and says whether it is right
        check.find_parent(class_="cell").extract()
    for details in article.select("details"):
        if "hide" in details.get("class", ()):
            details.unwrap()
        else:
            details["open"] = ""
    for figure in article.select("figure.explorable"):
        del figure["style"]
        _say_position(figure, address)


def _say_position(figure, address):
    """Put a line in the place of the controls: their position, and where they can be moved."""
    controls = figure.select_one(".explorable-controls")
    if not controls:
        return
    shown = ", ".join(f"{name} = {value}" for name, value in position(controls))
    caption = element(f"<figcaption>Shown: {escape(shown)}. </figcaption>")
    if address:
        caption.append(element(f'<a href="{address}#{figure["id"]}">Move it on the site</a>'))
    controls.replace_with(caption)


def position(controls: Tag) -> list[tuple[str, str]]:
    """Return the name and the present value of each control of a figure, as its page says them.

    Examples
    --------
    >>> position(element(
    ...     '<fieldset><label for="a">lr</label><select id="a"><option selected>2</option></select>'
    ...     '<label for="b">forget</label><input type="checkbox" id="b"></fieldset>'))
    [('lr', '2'), ('forget', 'no')]
    """
    return [
        (label.get_text(), _value(controls, label.get("for") or label["id"].removesuffix("-label")))
        for label in controls.select(":scope > label, :scope > [id$='-label']")
    ]


def _value(controls, name):
    control = controls.find(id=name)
    if control.get("type") == "checkbox":
        return "yes" if control.has_attr("checked") else "no"
    if control.name == "select":
        return control.select_one("[selected]").get_text()
    if control.get("role") == "radiogroup":
        return control.select_one("label:has([checked])").get_text(strip=True)
    return controls.find("output", attrs={"for": name}).get_text()
