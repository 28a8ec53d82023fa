"""A small clinic with one practitioner and three services, as content/booking.toml describes it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from shop.booking import files, offer_actions
from shop.booking.hours import Offer, Place, Practitioner, Service, WeeklyRule
from shop.db import db, transaction
from shop.settings import ROOT

TABLES: list[Any] = [model.__table__ for model in (Place, Practitioner, Service, Offer, WeeklyRule)]
_rows: dict[sa.URL, list[list[dict[str, Any]]]] = {}


def open_clinic() -> None:
    """Imports the file the first time, and afterwards puts the same rows back: that is quicker."""
    url = db.engine.url
    with transaction():
        if url not in _rows:
            offer_actions.import_offer(files.read(ROOT / "content" / "booking.toml"))
            _rows[url] = [
                [dict(row) for row in db.session.execute(sa.select(table)).mappings()]
                for table in TABLES
            ]
            return
        for table, rows in zip(TABLES, _rows[url], strict=True):
            db.session.execute(table.insert(), rows)
