"""Hints and solutions leave the exercises, which say where they went."""

from collections.abc import Iterable
from copy import copy

from bs4 import Tag

from press.pdf._html import element, link_to


def take_out(articles: Iterable[Tag]) -> tuple[Tag, Tag]:
    """Take the hints and the solutions out of the exercises of all pages, in place.

    Parameters
    ----------
    articles
        The pages. Their links and ids are already those of the book.

    Returns
    -------
    tuple of Tag
        An article of all hints, and one of all solutions. Each of them links to its exercise,
        and the exercise to it.

    Examples
    --------
    >>> page = element(
    ...     '<article><h1>Sums</h1><div class="exercise" id="two"><p>1 + 1?</p></div>'
    ...     '<div class="solution" id="solved"><p class="admonition-title"><a href="#two">Exercise'
    ...     '</a></p><p>2</p></div></article>')
    >>> hints, solutions = take_out([page])
    >>> page.get_text("|"), solutions.get_text("|")
    ('Sums|1 + 1?|Solution: |page |000', 'Solutions|Sums|Exercise|, |page |000|2')
    """
    hints = element('<article id="hints"><h1>Hints</h1></article>')
    solutions = element('<article id="solutions"><h1>Solutions</h1></article>')
    for article in articles:
        taken = [_take(article, solution) for solution in article.select(".solution")]
        for whole, parts in zip((hints, solutions), zip(*taken, strict=True), strict=False):
            section = element("<section><h2></h2></section>")
            section.h2.extend(copy(article.h1).contents)
            section.extend(filter(None, parts))
            whole.append(section)
    return hints, solutions


def _take(article, solution):
    """Return the hints for an exercise, if there are any, and its solution, taken out of it."""
    title = solution.select_one(".admonition-title")
    exercise = article.find(id=title.a["href"][1:])
    hints = _take_hints(exercise, title.a)
    title.extend([", ", link_to(exercise["id"])])
    see = element('<p class="see"></p>')
    for name, part in (("Hints", hints), ("Solution", solution)):
        if part:
            see.append(element(f"<span>{name}: </span>"))
            see.contents[-1].append(link_to(part["id"]))
    exercise.append(see)
    return hints, solution.extract()


def _take_hints(exercise, link):
    if not (found := exercise.select("details")):
        return None
    hints = element(f'<div class="admonition" id="{exercise["id"]}:hints"></div>')
    hints.append(element('<p class="admonition-title">Hints for </p>'))
    hints.p.extend([copy(link), ", ", link_to(exercise["id"])])
    steps = element("<ol></ol>")
    for details in found:
        step = element("<li></li>")
        step.extend(details.extract().select_one(".sd-summary-content").contents)
        steps.append(step)
    hints.append(steps)
    return hints
