"""What is read of calendars: those elsewhere and how they fare, and who follows ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shop.booking.hours import BusyBlock, BusyCalendar, Place, Practitioner
from shop.booking.models import Appointment, CalendarFeed
from shop.db import db

RENEWED = timedelta(minutes=15)
FOLLOWED = ("confirmed", "completed", "no_show")  # the time was, or is, somebody's
FEED_SINCE = timedelta(days=30)


def due_calendars(now: datetime) -> Sequence[Any]:
    """Calendars elsewhere whose turn it is, new ones first, then by time: id, address."""
    due = sa.or_(BusyCalendar.tried_at.is_(None), BusyCalendar.tried_at <= now - RENEWED)
    query = sa.select(BusyCalendar.id, BusyCalendar.address).where(due)
    return db.session.execute(
        query.order_by(BusyCalendar.tried_at.is_not(None), BusyCalendar.tried_at)
    ).all()


def calendars_of(practitioner_id: int) -> Sequence[BusyCalendar]:
    """The calendars elsewhere that make this practitioner busy."""
    which = BusyCalendar.practitioner_id == practitioner_id
    return db.session.scalars(sa.select(BusyCalendar).where(which).order_by(BusyCalendar.id)).all()


def calendar(calendar_id: int) -> BusyCalendar | None:
    """One calendar elsewhere."""
    return db.session.get(BusyCalendar, calendar_id)


def busy_between(practitioner_id: int, since: datetime, until: datetime) -> Sequence[Any]:
    """Imported busy times that touch a span, by time: starts_at, ends_at, the calendar's name."""
    query = (
        sa.select(BusyBlock.starts_at, BusyBlock.ends_at, BusyCalendar.name)
        .join(BusyCalendar, BusyCalendar.id == BusyBlock.calendar_id)
        .where(
            BusyBlock.practitioner_id == practitioner_id,
            BusyBlock.starts_at < until,
            BusyBlock.ends_at > since,
        )
    )
    return db.session.execute(query.order_by(BusyBlock.starts_at)).all()


def feed_of(practitioner_id: int) -> CalendarFeed | None:
    """The address at which the practitioner is followed now; its token nobody knows any more."""
    which = CalendarFeed.practitioner_id == practitioner_id, CalendarFeed.revoked_at.is_(None)
    return db.session.scalar(sa.select(CalendarFeed).where(*which).order_by(CalendarFeed.id.desc()))


def follower(token_hash: str) -> Practitioner | None:
    """Whose appointments are followed with this token; None when it is revoked or was never one."""
    query = (
        sa.select(Practitioner)
        .join(CalendarFeed, CalendarFeed.practitioner_id == Practitioner.id)
        .where(CalendarFeed.token_hash == token_hash, CalendarFeed.revoked_at.is_(None))
    )
    return db.session.scalar(query)


def followed(practitioner_id: int, now: datetime) -> Sequence[Any]:
    """Appointments for the feed, from a month ago on: uid, sequence, times, changed_at, place.

    Without anything about the patient.
    """
    query = (
        sa.select(
            *(Appointment.uid, Appointment.sequence, Appointment.changed_at),
            *(Appointment.starts_at, Appointment.ends_at, Place.name.label("place")),
        )
        .outerjoin(Place, Place.id == Appointment.place_id)
        .where(
            Appointment.practitioner_id == practitioner_id,
            Appointment.state.in_(FOLLOWED),
            Appointment.starts_at >= (now - FEED_SINCE).replace(microsecond=0),
        )
    )
    return db.session.execute(query.order_by(Appointment.starts_at)).all()
