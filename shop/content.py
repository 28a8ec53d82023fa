"""The words that are files: the clinic's facts and the legal and safety texts."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from html import unescape
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


@dataclass(frozen=True)
class Consent:
    """What somebody agrees to, in the words of one version; `text` is what is kept with a yes."""

    version: str
    text: str
    html: str


def init_content(app: Flask, settings: Settings) -> None:
    """Reads the texts and gives every template the clinic's facts as `clinic`."""
    app.jinja_env.globals["clinic"] = settings.clinic
    app.extensions["texts"] = {
        path.stem: _read(path) for path in sorted((settings.content_root / "texts").glob("*.md"))
    }
    app.extensions["consents"] = {
        path.stem: _read_consent(app, path)
        for path in sorted((settings.content_root / "consents").glob("*.md"))
    }
    kept = (settings.content_root / "retention.toml").read_text(encoding="utf-8")
    app.extensions["retention"] = tomllib.loads(kept)["kept"]


def _read(path: Path) -> Text:
    document = frontmatter.loads(path.read_text(encoding="utf-8"))
    facts = {name: str(document[name]) for name in ("title", "description", "version")}
    return Text(path.stem, **facts, body=document.content)


def _read_consent(app: Flask, path: Path) -> Consent:
    document = frontmatter.loads(path.read_text(encoding="utf-8"))
    text = unescape(app.jinja_env.from_string(document.content).render())
    return Consent(str(document["version"]), text, render(text))


def consents() -> dict[str, Consent]:
    """All consents by the name of their file."""
    found: dict[str, Consent] = current_app.extensions["consents"]
    return found


def retention() -> list[dict[str, Any]]:
    """What is kept of people, why, how long and on what ground; `tables` says where it lies."""
    found: list[dict[str, Any]] = current_app.extensions["retention"]
    return found


def texts() -> dict[str, Text]:
    """All texts by slug."""
    found: dict[str, Text] = current_app.extensions["texts"]
    return found
