"""Files that are made when their mail is sent, by whoever knows how.

A slice below the outbox gives its maker a name; a letter's attachment names it and what to make.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app

from shop.outbox.rules import Attachment

Maker = Callable[[str], bytes]

KEY = "attachment_makers"


def add_maker(app: Flask, name: str, maker: Maker) -> None:
    """Lets attachments be made by `maker`, from their key; the same key gives the same file."""
    app.extensions.setdefault(KEY, {})[name] = maker


def content(attachment: Attachment) -> bytes:
    """The file's bytes. Raises KeyError for a maker that nobody has named."""
    if not attachment.maker:
        return attachment.data
    maker: Maker = current_app.extensions[KEY][attachment.maker]
    return maker(attachment.key)
