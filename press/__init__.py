"""How notebooks become a site, a PDF, an archive, student copies and notebooks to launch.

No notebook imports it, and it needs no torch.

sphinx
    The book's Sphinx extension: what is on a page besides the notebook.
pdf, archive, student, launch
    Commands that make one thing each out of the site or out of the notebooks.
changed_pages, readable
    What shows a reviewer which pages changed, and in what; and a notebook's difference in git.
"""
