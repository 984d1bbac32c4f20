"""The whole book as one PDF, made of its built site. It needs Chromium, and no torch.

::

    jupyter-book build .
    python -m press.pdf          writes _build/html/book.pdf

_assemble
    All pages of the site become one page of HTML, in the order of a book on paper.
_paper
    What a page loses that works on a screen only, and what it tells instead.
_print
    Chromium prints that page, and the contents get their page numbers.
paper.css
    The looks.
"""
