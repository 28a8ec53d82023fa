"""The words that are files: the clinic's facts and the legal and safety texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import frontmatter
from flask import Flask, current_app, render_template_string

from shop.markdown import render
from shop.settings import Settings


@dataclass(frozen=True)
class Text:
    """One text in Markdown with the clinic's facts as {{ clinic.… }}."""

    slug: str
    title: str
    description: str
    version: str
    body: str

    def html(self, **facts: Any) -> str:
        """Safe HTML; `facts` fill in what a text says of prices and the like."""
        return render(render_template_string(self.body, **facts))


def init_content(app: Flask, settings: Settings) -> None:
    """Reads the texts and gives every template the clinic's facts as `clinic`."""
    app.jinja_env.globals["clinic"] = settings.clinic
    app.extensions["texts"] = {
        path.stem: _read(path) for path in sorted((settings.content_root / "texts").glob("*.md"))
    }


def _read(path: Path) -> Text:
    document = frontmatter.loads(path.read_text(encoding="utf-8"))
    facts = {name: str(document[name]) for name in ("title", "description", "version")}
    return Text(path.stem, **facts, body=document.content)


def texts() -> dict[str, Text]:
    """All texts by slug."""
    found: dict[str, Text] = current_app.extensions["texts"]
    return found
