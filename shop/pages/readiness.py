"""Whether the program can do its work, and if not, why."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from shop import clock
from shop.db import db
from shop.outbox.models import oldest_waiting
from shop.settings import ROOT

MAIL_MAY_WAIT = timedelta(minutes=15)
WORKER_MAY_REST = timedelta(minutes=2)


def reasons(now: datetime) -> list[str]:
    """What is out of order, an English phrase each; an empty list when all is well."""
    try:
        with db.engine.connect() as connection:
            if not _is_migrated(connection):
                return ["migrations are missing: run flask db upgrade"]
        waiting, seen = oldest_waiting(now), clock.last_seen()
    except SQLAlchemyError:
        return ["the database does not answer"]
    found = []
    if seen is None or now - seen > WORKER_MAY_REST:
        found.append("no worker has been seen for two minutes: run flask worker")
    if waiting and now - waiting > MAIL_MAY_WAIT:
        found.append("mail has waited for more than 15 minutes")
    return found


def _is_migrated(connection: sa.Connection) -> bool:
    script = ScriptDirectory(str(ROOT / "migrations"))
    return set(MigrationContext.configure(connection).get_current_heads()) == set(
        script.get_heads()
    )
