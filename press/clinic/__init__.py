"""Make the Error clinic, ``chapters/errors.ipynb``: ``python -m press.clinic``."""
