"""Whether the program can do its work, and if not, why."""

from __future__ import annotations

import re
from ast import literal_eval
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from shop.db import db
from shop.outbox.models import has_lost, health
from shop.settings import ROOT

# Mails to the clinician: unseen, nobody hears of them.
FOR_CLINIC = ("lead", "order-alert", "reconcile-alert")
REASONS = {
    "clinic_mail_lost": "a mail to the clinic was not accepted: see /klinik/mails",
    "no_worker": "no worker has been seen for two minutes: run flask worker",
    "mail_waits": "mail has waited for more than 15 minutes",
}

_STANDS_AT = sa.text("SELECT version_num FROM alembic_version")
_NAMED = re.compile(r"^(revision|down_revision) = (.+)$", re.M)


def reasons(now: datetime) -> list[str]:
    """What is out of order, an English phrase each; an empty list when all is well."""
    try:
        with db.engine.connect() as connection:
            if not _is_migrated(connection):
                return ["migrations are missing: run flask db upgrade"]
        wrong, _ = health(now)
        wrong += ["clinic_mail_lost"] if has_lost(FOR_CLINIC) else []
    except SQLAlchemyError:
        return ["the database does not answer"]
    return [REASONS[alarm] for alarm in wrong]


def _is_migrated(connection: sa.Connection) -> bool:
    if not sa.inspect(connection).has_table("alembic_version"):
        return False
    return set(connection.scalars(_STANDS_AT)) == newest()


@cache
def newest() -> frozenset[str]:
    """The migrations that no other builds on, by their files: Alembic is large to load for this."""
    found: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for file in (ROOT / "migrations" / "versions").glob("*.py"):
        for name, value in _NAMED.findall(file.read_text(encoding="utf-8")):
            found[name].add(literal_eval(value))
    return frozenset(found["revision"] - found["down_revision"])
