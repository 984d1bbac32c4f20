"""The whole book, as a PDF and as an archive of the site, in the download menu of each page.

The deploy workflow puts both beside the pages. Their addresses are those of the published site,
which the pages of a copy on a USB stick can name too.
"""

_FILES = {
    "book.pdf": ("Whole book (.pdf)", "fas fa-file-pdf"),
    "book.zip": ("Whole book (.zip)", "fas fa-download"),
}


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("html-page-context", _add_downloads, priority=600)  # the theme makes the menu: 501


def _add_downloads(app, pagename, templatename, context, doctree):
    base = app.config.html_baseurl
    for button in context.get("header_buttons", []) if base else []:
        if button["label"] == "download-buttons":
            button["buttons"] += [
                {
                    "type": "link",
                    "url": base.rstrip("/") + "/" + file,
                    "text": text,
                    "tooltip": f"Download the whole book as {file}",
                    "icon": icon,
                    "label": f"download-{file.replace('.', '-')}-button",
                }
                for file, (text, icon) in _FILES.items()
            ]
