"""A person's own data as a file: pages to read, JSON for machines, and the papers."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from flask import current_app, render_template

import shop.invoices.rules as invoice_rules
from shop.content import data_map
from shop.danish import moment
from shop.db import end_reading
from shop.privacy import models, shown
from shop.privacy.map_rules import Entry
from shop.privacy.models import Rows, Somebody
from shop.settings import ROOT
from shop.web import public_url

MOST_PAPERS = 100  # one takes some 100 ms to typeset


def file_of(somebody: Somebody, now: datetime) -> bytes:
    """A ZIP file made in memory: index.html, a page for each kind, data.json, bilag/*.pdf.

    Raises TypesettingFailed.
    """
    entries, rows = models.entries(), models.shown_to(somebody)
    kinds = [_kind(name, entries[name], rows[name]) for name in data_map() if rows.get(name)]
    kinds = [kind for kind in kinds if kind]
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


def _kind(name: str, entry: Entry, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One page; nothing for a table that shows nothing of itself."""
    if not entry.shown:
        return {}
    parts = shown.parts(name, entry, rows)
    count = sum(len(found) for _, found in parts)
    facts = {"file": name + ".html", "title": entry.title, "part": entry.part}
    return {**facts, "parts": parts, "count": count}


def _json(entries: Mapping[str, Entry], rows: Rows) -> str:
    told = {
        name: [{key: row[key] for key in entries[name].shown if key in row} for row in of]
        for name, of in rows.items()
        if entries[name].shown
    }
    return json.dumps(told, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
