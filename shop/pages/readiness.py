"""Whether the program can do its work, and if not, why."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
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
    script = ScriptDirectory(str(ROOT / "migrations"))
    return set(MigrationContext.configure(connection).get_current_heads()) == set(
        script.get_heads()
    )
