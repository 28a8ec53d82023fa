"""A person's own data as a file: pages to read, JSON for machines, and the papers."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import sqlalchemy as sa
from flask import current_app, render_template
from markupsafe import Markup

import shop.invoices.rules as invoice_rules
from shop.danish import date as on_date
from shop.danish import kroner, moment
from shop.db import Base, db, end_reading
from shop.markdown import render
from shop.privacy import models
from shop.privacy.map_rules import Entry
from shop.privacy.models import Rows, Somebody
from shop.settings import ROOT
from shop.web import public_url, settings

MOST_PAPERS = 100  # one takes some 100 ms to typeset
FACES = ("title", "name", "number", "terms")  # what a row that is pointed at is called
MARKDOWN = "agreed"  # the column that points at a text with headings and links


def file_of(somebody: Somebody, now: datetime) -> bytes:
    """A ZIP file made in memory: index.html, a page for each kind, data.json, bilag/*.pdf.

    Raises TypesettingFailed.
    """
    entries, rows = models.entries(), models.everything_of(somebody)
    kinds = [
        {"file": name + ".html", "title": entries[name].title, "rows": _shown(name, entries, of)}
        for name, of in rows.items()
        if of and entries[name].shown
    ]
    numbers = [row["number"] for row in rows["document"]][:MOST_PAPERS]
    end_reading()
    facts: dict[str, Any] = {
        "made_at": moment(now),
        "email": somebody.email,
        "kinds": kinds,
        "papers": numbers,
    }
    facts["policy"] = public_url("pages.text", slug="privatlivspolitik")
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as packed:
        packed.writestr("index.html", render_template("privacy/export_index.html", **facts))
        for kind in kinds:
            page = render_template("privacy/export_kind.html", kind=kind, **facts)
            packed.writestr(str(kind["file"]), page)
        packed.writestr("data.json", _json(entries, rows))
        packed.writestr("stil.css", (ROOT / "static" / "export.css").read_bytes())
        for number in numbers:
            made = current_app.extensions["attachment_makers"][invoice_rules.MAKER](number)
            packed.writestr(f"bilag/{number}.pdf", made)
    return file.getvalue()


def _json(entries: Mapping[str, Entry], rows: Rows) -> str:
    told = {
        name: [{key: row[key] for key in entries[name].shown} for row in of]
        for name, of in rows.items()
        if entries[name].shown
    }
    return json.dumps(told, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _shown(name: str, entries: Mapping[str, Entry], rows: Any) -> list[list[tuple[str, Any]]]:
    """Each row as labels and words; what is empty is left out."""
    entry, table = entries[name], Base.metadata.tables[name]
    keys = {key.parent.name for key in table.foreign_keys} & set(entry.shown)
    faces = {key: _faces(table.c[key], rows) for key in keys}

    def said(key: str, row: Mapping[str, Any], number: int) -> Any:
        if key not in keys:
            return _words(key, row[key], entry.words)
        face = faces[key].get(row[key], "")
        return _set(face, f"{name}-{number}") if key == MARKDOWN else face

    return [
        [
            (label, said(key, row, number))
            for key, label in entry.shown.items()
            if row[key] not in (None, "", [], {})
        ]
        for number, row in enumerate(rows, 1)
    ]


def _set(text: str, prefix: str) -> Markup:
    """Markdown as a page shows it, with links that lead home from wherever the file lies.

    `prefix` keeps the ids of one row's text from the next one's.
    """
    html = render(text, prefix=prefix).replace('href="/', f'href="{settings().public_url}/')
    return Markup(html)  # noqa: S704 (sanitised by render)


def _faces(column: sa.Column[Any], rows: Any) -> dict[Any, str]:
    """What the rows that a column points at are called."""
    for key in column.foreign_keys:
        target = key.column.table
        face = next((target.c[name] for name in FACES if name in target.c), None)
        if face is not None:
            wanted = {row[column.name] for row in rows}
            query = sa.select(key.column, face).where(key.column.in_(wanted))
            return {row[0]: row[1] for row in db.session.execute(query)}
    return {}


def _words(key: str, value: Any, words: Mapping[str, str]) -> Any:
    """A value as somebody reads it: words, or pairs and lists of words."""
    if isinstance(value, bool):
        return "Ja" if value else "Nej"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return on_date(value)
    if isinstance(value, dict):
        pairs = ((words.get(name, name), _words(name, one, words)) for name, one in value.items())
        return {name: said for name, said in pairs if said != ""}
    if isinstance(value, list):
        return [_words(key, one, words) for one in value]
    if isinstance(value, int) and key.endswith("_ore"):
        return kroner(value)
    return words.get(value, value) if isinstance(value, str) else str(value)
