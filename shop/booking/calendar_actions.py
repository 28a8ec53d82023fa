"""Writes about calendars: those elsewhere that make us busy, and our own to follow.

Nothing here commits.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from shop.booking.hours import BusyBlock, BusyCalendar
from shop.booking.models import CalendarFeed
from shop.db import db
from shop.web import hashed

MOST_CALENDARS = 10  # of one practitioner
Interval = tuple[datetime, datetime]


class TooManyCalendars(Exception):
    """A practitioner has as many calendars as the worker is willing to read."""


def add_calendar(practitioner_id: int, name: str, address: str) -> int:
    """Lets a calendar elsewhere make the practitioner busy; the worker reads it within a minute.

    The same address given twice is one calendar. Raises TooManyCalendars.
    """
    known = sa.select(BusyCalendar).where(BusyCalendar.practitioner_id == practitioner_id)
    calendars = db.session.scalars(known).all()
    for calendar in calendars:
        if calendar.address == address:
            calendar.name, calendar.tried_at = name, None
            return calendar.id
    if len(calendars) >= MOST_CALENDARS:
        raise TooManyCalendars
    calendar = BusyCalendar(practitioner_id=practitioner_id, name=name, address=address)
    db.session.add(calendar)
    db.session.flush()
    return calendar.id


def remove_calendar(calendar_id: int) -> None:
    """Forgets a calendar elsewhere and its busy times."""
    db.session.execute(sa.delete(BusyBlock).where(BusyBlock.calendar_id == calendar_id))
    db.session.execute(sa.delete(BusyCalendar).where(BusyCalendar.id == calendar_id))


def read_again(calendar_id: int) -> None:
    """Lets the worker read a calendar elsewhere within a minute."""
    which = BusyCalendar.id == calendar_id
    db.session.execute(sa.update(BusyCalendar).where(which).values(tried_at=None))


def keep_busy(
    calendar_id: int, times: Iterable[Interval], remark: str | None, now: datetime
) -> bool:
    """Makes these times, and no others, the busy ones of a calendar; False when it was removed.

    `remark` is what the clinician should know of it all the same, a key of the clinic's words.
    """
    practitioner_id = db.session.scalar(
        sa.update(BusyCalendar)
        .where(BusyCalendar.id == calendar_id)
        .values(tried_at=now, fetched_at=now, error=remark)
        .returning(BusyCalendar.practitioner_id)
    )
    if practitioner_id is None:
        return False
    kept = sa.select(BusyBlock.id, BusyBlock.starts_at, BusyBlock.ends_at)
    rows = db.session.execute(kept.where(BusyBlock.calendar_id == calendar_id)).all()
    known = {(row.starts_at, row.ends_at): row.id for row in rows}
    wanted = set(times)
    gone = [block for time, block in known.items() if time not in wanted]
    for at in range(0, len(gone), 500):
        db.session.execute(sa.delete(BusyBlock).where(BusyBlock.id.in_(gone[at : at + 500])))
    of = {"calendar_id": calendar_id, "practitioner_id": practitioner_id}
    new = [{**of, "starts_at": s, "ends_at": e} for s, e in sorted(wanted - set(known))]
    if new:
        db.session.execute(sa.insert(BusyBlock), new)
    return True


def keep_trouble(calendar_id: int, reason: str, now: datetime) -> None:
    """Notes that a calendar could not be read; the busy times known before stand."""
    which = BusyCalendar.id == calendar_id
    db.session.execute(sa.update(BusyCalendar).where(which).values(tried_at=now, error=reason))


def make_feed(practitioner_id: int, now: datetime) -> str:
    """Makes a secret address for following the appointments; returns its token, which is not kept.

    The one before stops working at once.
    """
    revoke_feed(practitioner_id, now)
    token = secrets.token_urlsafe(32)
    db.session.add(
        CalendarFeed(practitioner_id=practitioner_id, token_hash=hashed(token), created_at=now)
    )
    return token


def revoke_feed(practitioner_id: int, now: datetime) -> None:
    """Stops whatever address the appointments could be followed at."""
    which = CalendarFeed.practitioner_id == practitioner_id, CalendarFeed.revoked_at.is_(None)
    db.session.execute(sa.update(CalendarFeed).where(*which).values(revoked_at=now))
