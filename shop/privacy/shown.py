"""Rows as their owner reads them: labels and words instead of columns and keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from markupsafe import Markup

from shop.danish import date as on_date
from shop.danish import kroner, moment
from shop.db import Base, db
from shop.enquiries.rules import shown as reference
from shop.markdown import render
from shop.privacy.map_rules import Entry
from shop.web import settings

FACES = ("title", "number", "name", "terms")  # what a row that is pointed at is called
MARKDOWN = {"agreed", "text", "consent_text"}  # texts with headings and links
REFERENCES = {"enquiry.reference", "plan_share.reference", "licence.number"}
LISTS = {"suspicions"}  # words of ours with blanks between
OFTEN_NONE = {"discount_ore", "lost_ore", "refunded_ore"}  # said only when there is some
DAY = re.compile(r"\d{4}-\d\d-\d\d")

Row = list[tuple[str, Any]]
Rows = Sequence[Mapping[str, Any]]


def parts(name: str, entry: Entry, rows: Rows) -> list[tuple[str, list[Row]]]:
    """A table's rows under headings; one without a heading unless its slice tells it otherwise."""
    if name in current_app.extensions["told"]:
        told: list[tuple[str, list[Row]]] = current_app.extensions["told"][name](rows)
        return told
    table = Base.metadata.tables[name]
    keys = {key.parent.name for key in table.foreign_keys} & set(entry.shown)
    faces = {key: _faces(table.c[key], rows) for key in keys}

    def said(key: str, row: Mapping[str, Any], number: int) -> Any:
        value = faces[key].get(row[key], "") if key in keys else row[key]
        tell = current_app.extensions["told"].get(f"{name}.{key}")
        if tell:
            value = tell(value)
        if key in MARKDOWN and value:
            return _set(value, f"{name}-{number}-{key}")
        if f"{name}.{key}" in REFERENCES:
            return reference(value)
        return value if key in keys else _words(key, value, entry)

    return [
        (
            "",
            [
                [
                    (label, words)
                    for key, label in entry.shown.items()
                    if key in row and (words := said(key, row, at))
                ]
                for at, row in enumerate(rows, 1)
            ],
        )
    ]


def _set(text: str, prefix: str) -> Markup:
    """Markdown as a page shows it, with links that lead home from wherever the file lies.

    `prefix` keeps the ids of one row's text from the next one's.
    """
    html = render(text, prefix=prefix).replace('href="/', f'href="{settings().public_url}/')
    return Markup(html)  # noqa: S704 (sanitised by render)


def _faces(column: sa.Column[Any], rows: Rows) -> dict[Any, str]:
    """What the rows that a column points at are called."""
    for key in column.foreign_keys:
        target = key.column.table
        face = next((target.c[name] for name in FACES if name in target.c), None)
        if face is not None:
            wanted = {row[column.name] for row in rows}
            query = sa.select(key.column, face).where(key.column.in_(wanted))
            return {row[0]: row[1] for row in db.session.execute(query)}
    return {}


def _words(key: str, value: Any, entry: Entry) -> Any:
    """A value as somebody reads it: words, or pairs and lists of words; "" for nothing to say."""
    match value:
        case None:
            return ""
        case bool():
            return "Ja" if value else "Nej"
        case datetime():
            return moment(value)
        case date():
            return on_date(value)
        case int() if key.endswith("_ore"):
            return kroner(value) if value or key not in OFTEN_NONE else ""
        case dict():
            return _pairs(value, entry)
        case list():
            if value and all(isinstance(one, dict) and set(one) == PAIR for one in value):
                return {one["label"]: one["answer"] for one in value}
            return [_words(key, one, entry) for one in value]
        case str() if key in LISTS:
            return [entry.words.get(word, word) for word in value.split()]
        case str() if DAY.fullmatch(value):
            return on_date(date.fromisoformat(value))
        case str():
            return entry.words.get(value, value)
    return str(value)


PAIR = {"label", "answer"}  # what was asked before a visit, and what was said


def _pairs(value: Mapping[str, Any], entry: Entry) -> dict[str, Any]:
    told = {entry.words.get(name, name): _words(name, one, entry) for name, one in value.items()}
    return {label: words for label, words in told.items() if words != ""}
