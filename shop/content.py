"""The words that are files: the clinic's facts and the legal and safety texts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import frontmatter
from flask import Flask, current_app, render_template_string
from markupsafe import Markup

from shop.danish import date as on_date
from shop.markdown import SOURCE_MARK, render
from shop.settings import Settings


@dataclass(frozen=True)
class Text:
    """One text in Markdown with the clinic's facts as {{ clinic.… }}."""

    slug: str
    title: str
    description: str
    version: str
    body: str
    sources: Mapping[str, str]

    def html(self, **facts: Any) -> str:
        """Safe HTML; `facts` fill in what a text says of prices and the like, `since` its date."""
        since = on_date(date.fromisoformat(self.version))
        return render(render_template_string(self.body, since=since, **facts), self.sources)

    def questions(self) -> list[tuple[str, str]]:
        """The headings with the first words under each as HTML, without the marks of sources."""
        plain = SOURCE_MARK.sub("", render_template_string(self.body))
        sections = re.split(r"^## (.+)$", plain, flags=re.MULTILINE)[1:]
        pairs = zip(sections[::2], sections[1::2], strict=True)
        return [(question, render(answer.strip().split("\n\n")[0])) for question, answer in pairs]


class Vat(NamedTuple):
    """How prices speak of VAT: after a price, and in a sentence of its own."""

    short: str
    sentence: str


VAT = {
    "standard": Vat("inkl. moms", "Prisen er inkl. moms."),
    "exempt": Vat("momsfrit", "Prisen er fritaget for moms."),
    "unregistered": Vat(
        "ingen moms", "Der er ingen moms i prisen, for vi er ikke momsregistreret."
    ),
}


@dataclass(frozen=True)
class Consent:
    """What somebody agrees to, in the words of one version; `text` is what is kept with a yes."""

    version: str
    text: str
    html: str


def init_content(app: Flask, settings: Settings) -> None:
    """Reads the texts and gives every template the clinic's facts as `clinic`, and `vat`.

    The filter `as_read` shows a stored consent as it was read by who gave it.
    """
    known = app.jinja_env.globals
    known["clinic"] = settings.clinic
    known["vat"] = VAT[settings.clinic["vat_treatment"]]
    app.extensions["texts"] = {
        path.stem: _read(path)
        for folder in ("texts", "pages")
        for path in sorted((settings.content_root / folder).glob("*.md"))
    }
    app.jinja_env.filters["as_read"] = lambda text: Markup(render(text))  # noqa: S704 - sanitised
    app.extensions["consents"] = {
        path.stem: _read_consent(app, path)
        for path in sorted((settings.content_root / "consents").glob("*.md"))
    }
    kept = (settings.content_root / "retention.toml").read_text(encoding="utf-8")
    app.extensions["retention"] = tomllib.loads(kept)["kept"]
    told = [pair for row in app.extensions["retention"] for pair in row["told"]]
    known["periods"] = told
    mapped = (settings.content_root / "data_map.toml").read_text(encoding="utf-8")
    app.extensions["data_map"] = tomllib.loads(mapped)
    prices = (settings.content_root / "prices.toml").read_text(encoding="utf-8")
    app.extensions["prices"] = tomllib.loads(prices).get("row", [])


def _read(path: Path) -> Text:
    document = frontmatter.loads(path.read_text(encoding="utf-8"))
    facts = {name: str(document[name]) for name in ("title", "description", "version")}
    listed: Any = document.get("sources", [])
    sources = {source["key"]: _source(source) for source in listed}
    return Text(path.stem, **facts, body=document.content, sources=sources)


def _source(source: Mapping[str, str]) -> str:
    """A source in Markdown, with the way to it."""
    if "doi" in source:
        return f"{source['text']} [doi:{source['doi']}](https://doi.org/{source['doi']})"
    return f"{source['text']} <{source['url']}>" if "url" in source else source["text"]


def _read_consent(app: Flask, path: Path) -> Consent:
    document = frontmatter.loads(path.read_text(encoding="utf-8"))
    text = unescape(app.jinja_env.from_string(document.content).render())
    return Consent(str(document["version"]), text, render(text))


def consents() -> dict[str, Consent]:
    """All consents by the name of their file."""
    found: dict[str, Consent] = current_app.extensions["consents"]
    return found


def retention() -> list[dict[str, Any]]:
    """What is kept of people, why, how long and on what ground; `tables` says where it lies.

    `told` has the same in the words of the privacy notice: pairs of what and how long.
    """
    found: list[dict[str, Any]] = current_app.extensions["retention"]
    return found


def data_map() -> dict[str, dict[str, Any]]:
    """What data_map.toml says of each table."""
    found: dict[str, dict[str, Any]] = current_app.extensions["data_map"]
    return found


def prices() -> list[dict[str, Any]]:
    """What consultations cost, past rows too: number, name, amounts in øre, dates, source."""
    found: list[dict[str, Any]] = current_app.extensions["prices"]
    return found


def texts() -> dict[str, Text]:
    """All texts by slug."""
    found: dict[str, Text] = current_app.extensions["texts"]
    return found
