"""Reminding people of their time, the day before and, if they like, shortly before.

Nothing here commits.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

import sqlalchemy as sa

from shop.booking import telling
from shop.booking.models import Appointment
from shop.db import db

# A reminder is of use from `before` the visit until `latest`, to who did not just book or move.
REMINDERS = {
    "day": (timedelta(hours=24), timedelta(hours=3)),
    "hours": (timedelta(hours=2), timedelta(minutes=20)),
}
REMINDED = {"day": 1, "hours": 2}  # as kept on the appointment: added up
LONGEST_BEFORE = max(before for before, _ in REMINDERS.values())


def due(
    starts_at: datetime, told_at: datetime, remind_short: bool, reminded: int, now: datetime
) -> str | None:
    """Which reminder is to be sent now: "day", "hours" or none.

    `told_at` is when the patient was last told of the time by mail: within the hours before the
    visit that is reminder enough.
    """
    for name, (before, latest) in REMINDERS.items():
        if name == "hours" and not remind_short:
            continue
        is_time = starts_at - before <= now < starts_at - latest
        if is_time and told_at < starts_at - before and not reminded & REMINDED[name]:
            return name
    return None


def remind(now: datetime, most: int = 100) -> int:
    """Queues the reminders that are due, and returns how many."""
    coming = db.session.scalars(
        sa.select(Appointment)
        .where(
            Appointment.state == "confirmed",
            Appointment.starts_at > now,
            Appointment.starts_at <= now + LONGEST_BEFORE,
        )
        .order_by(Appointment.starts_at)
    ).all()
    return sum(islice((_remind(appointment, now) for appointment in coming), most))


def _remind(appointment: Appointment, now: datetime) -> bool:
    read = appointment.reminded
    which = due(appointment.starts_at, appointment.changed_at, appointment.remind_short, read, now)
    if which is None:
        return False
    # Another worker may be at it, or the patient moving it: what was read must still be so.
    won = db.session.execute(
        sa.update(Appointment)
        .where(
            Appointment.id == appointment.id,
            Appointment.state == "confirmed",
            Appointment.version == appointment.version,
            Appointment.reminded == read,
        )
        .values(reminded=read | REMINDED[which])
    )
    if won.rowcount != 1:  # type: ignore[attr-defined]
        return False
    telling.remind(appointment, which, now)
    return True
