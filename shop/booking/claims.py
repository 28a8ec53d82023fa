"""Taking and giving back a practitioner's time, five minutes a row. Nothing here commits.

The primary key of `slot_claim` decides: PostgreSQL and SQLite both let one of two inserts in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from shop.booking import rules
from shop.booking.models import Appointment, SlotClaim
from shop.booking.rules import SlotTaken
from shop.db import db


def claim(appointment_id: int, practitioner_id: int, starts_at: datetime, until: datetime) -> None:
    """Takes [starts_at, until) for the appointment, buffer included.

    Raises SlotTaken when any of it is taken; the caller's transaction must then be given up.
    """
    wanted = [
        {"practitioner_id": practitioner_id, "cell": cell, "appointment_id": appointment_id}
        for cell in rules.cells(starts_at, until)  # ascending: two who meet wait in one order
    ]
    connection = db.session.connection()
    inserted = connection.execute(_insert(connection.dialect.name, len(wanted)), _flat(wanted))
    if len(inserted.all()) != len(wanted):
        raise SlotTaken


def _flat(rows: Sequence[dict[str, int]]) -> dict[str, int]:
    return {f"{name}_m{at}": value for at, row in enumerate(rows) for name, value in row.items()}


@cache
def _insert(dialect: str, count: int) -> Any:
    """One statement for so many rows, which tells how many of them went in."""
    insert: Any
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    table: Any = SlotClaim.__table__
    names = ("practitioner_id", "cell", "appointment_id")
    rows = [
        {name: sa.bindparam(f"{name}_m{at}", type_=table.c[name].type) for name in names}
        for at in range(count)
    ]
    return insert(table).values(rows).on_conflict_do_nothing().returning(table.c.cell)


def release(appointment_ids: Sequence[int]) -> None:
    """Gives back all that these appointments have taken."""
    db.session.execute(
        sa.delete(SlotClaim)
        .where(SlotClaim.appointment_id.in_(appointment_ids))
        .execution_options(synchronize_session=False)
    )


def end_holds(now: datetime, *which: sa.ColumnElement[bool], state: str = "expired") -> list[int]:
    """Ends the holds that have run out, or with another `state` all of `which`; gives back ids."""
    run_out = [Appointment.hold_expires_at <= now] if state == "expired" else []
    ended = db.session.scalars(
        sa.update(Appointment)
        .where(Appointment.state == "held", *run_out, *which)
        .values(
            state=state,
            version=Appointment.version + 1,
            changed_at=now,
            purge_at=now + rules.UNFINISHED_KEPT,
        )
        .returning(Appointment.id)
        .execution_options(synchronize_session=False)
    ).all()
    if ended:
        release(ended)
    return list(ended)


def make_room(
    practitioner_id: int, starts_at: datetime, until: datetime, now: datetime, holder: str = ""
) -> list[int]:
    """Ends the holds in the way that have run out, and those that are the holder's own."""
    in_the_way = (
        Appointment.practitioner_id == practitioner_id,
        Appointment.starts_at < until,
        Appointment.blocked_until > starts_at,
    )
    ended = end_holds(now, *in_the_way)
    if holder:
        own = Appointment.holder_hash == holder
        ended += end_holds(now, *in_the_way, own, state="cancelled")
    return ended
