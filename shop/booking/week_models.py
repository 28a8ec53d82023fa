"""What the clinic reads of its weeks: hours, appointments, who waits, and what meets what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from shop.booking.hours import (
    BusyBlock,
    DayException,
    Offer,
    Place,
    Practitioner,
    Service,
    WeeklyRule,
)
from shop.booking.models import Appointment, Waiting
from shop.booking.rules import Hours, Window
from shop.db import db

SEEN = ("confirmed", "completed", "no_show")
LONGEST = timedelta(days=1)  # no appointment is longer, so none that began before reaches in
MOST_CLASHES = 20


def practitioners() -> Sequence[Practitioner]:
    """Everybody who receives patients, in the order they came."""
    query = sa.select(Practitioner).where(Practitioner.active).order_by(Practitioner.id)
    return db.session.scalars(query).all()


def places() -> Sequence[Place]:
    """Where patients are received."""
    return db.session.scalars(sa.select(Place).order_by(Place.id)).all()


def services_of(practitioner_id: int) -> Sequence[Service]:
    """What can be booked with this practitioner."""
    query = (
        sa.select(Service)
        .join(Offer, Offer.service_id == Service.id)
        .where(Offer.practitioner_id == practitioner_id, Service.active)
    )
    return db.session.scalars(query.order_by(Service.position, Service.id)).all()


def hours_of(practitioner: Practitioner, from_date: date, to_date: date) -> Hours:
    """When the practitioner receives on these days, both included."""
    weekly: dict[int, list[Window]] = defaultdict(list)
    mine = WeeklyRule.practitioner_id == practitioner.id
    order = WeeklyRule.from_minute
    for rule in db.session.scalars(sa.select(WeeklyRule).where(mine).order_by(order)):
        weekly[rule.weekday].append(Window(rule.from_minute, rule.to_minute, rule.place_id))
    pairs = (entry.split("-") for entry in practitioner.closed_on.split())
    closed_on = frozenset((int(month), int(day)) for month, day in pairs)
    return Hours(dict(weekly), exceptions(practitioner.id, from_date, to_date), closed_on)


def exceptions(practitioner_id: int, from_date: date, to_date: date) -> dict[date, list[Window]]:
    """The days that are not like their weekday, in order, with their hours."""
    found: dict[date, list[Window]] = {}
    query = sa.select(DayException).where(
        DayException.practitioner_id == practitioner_id,
        DayException.day.between(from_date, to_date),
    )
    for row in db.session.scalars(query.order_by(DayException.day, DayException.from_minute)):
        windows = found.setdefault(row.day, [])
        if row.from_minute is not None and row.to_minute is not None:
            windows.append(Window(row.from_minute, row.to_minute, row.place_id))
    return found


_LISTED = (
    *(Appointment.id, Appointment.state, Appointment.starts_at, Appointment.ends_at),
    *(Appointment.name, Appointment.hold_expires_at),
    Service.name.label("service"),
)


def between(practitioner_id: int, since: datetime, until: datetime, now: datetime) -> Sequence[Any]:
    """Appointments that begin in a span, by time, live holds too: id, state, times, name, service.

    None of what the patient wrote.
    """
    query = (
        sa.select(*_LISTED)
        .join(Service, Service.id == Appointment.service_id)
        .where(
            Appointment.practitioner_id == practitioner_id,
            Appointment.starts_at >= since,
            Appointment.starts_at < until,
            sa.or_(
                Appointment.state.in_(SEEN),
                sa.and_(Appointment.state == "held", Appointment.hold_expires_at > now),
            ),
        )
    )
    return db.session.execute(query.order_by(Appointment.starts_at, Appointment.id)).all()


def coming(practitioner_id: int, now: datetime) -> Sequence[datetime]:
    """When the practitioner's coming appointments begin."""
    query = sa.select(Appointment.starts_at).where(
        Appointment.practitioner_id == practitioner_id,
        Appointment.state == "confirmed",
        Appointment.starts_at > now,
    )
    return db.session.scalars(query).all()


def clashes(practitioner_id: int, now: datetime) -> Sequence[Any]:
    """Coming appointments that meet a busy time in a calendar elsewhere: id, starts_at, name."""
    meets = sa.exists().where(
        BusyBlock.practitioner_id == practitioner_id,
        BusyBlock.starts_at < Appointment.ends_at,
        BusyBlock.ends_at > Appointment.starts_at,
    )
    query = sa.select(Appointment.id, Appointment.starts_at, Appointment.name).where(
        Appointment.practitioner_id == practitioner_id,
        Appointment.state == "confirmed",
        Appointment.starts_at >= now - LONGEST,
        Appointment.ends_at > now,
        meets,
    )
    return db.session.execute(query.order_by(Appointment.starts_at).limit(MOST_CLASHES)).all()


def one(appointment_id: int) -> Appointment | None:
    """An appointment whole; a hold is none yet."""
    which = Appointment.id == appointment_id, Appointment.state.not_in(("held", "expired"))
    return db.session.scalar(sa.select(Appointment).where(*which))


class Visit(NamedTuple):
    """What an appointment points at."""

    service: Service
    practitioner: Practitioner
    place: Place | None


def visit(appointment: Appointment) -> Visit:
    """What the appointment is for, with whom and where."""
    return Visit(
        db.session.get_one(Service, appointment.service_id),
        db.session.get_one(Practitioner, appointment.practitioner_id),
        db.session.get(Place, appointment.place_id) if appointment.place_id else None,
    )


def abouts(appointment: Appointment) -> tuple[str, str]:
    """The names under which the outbox knows an appointment's mails, and its reminders."""
    return appointment.about, f"{appointment.about}:reminder"


def waiting(practitioner_id: int, now: datetime) -> Sequence[Any]:
    """Who waits for a time, the longest waiting first: waiting_id, state, since when.

    With an appointment that they would rather have earlier: id, starts_at, name. Without one: id
    None, name, phone, email, service, from_at, until_at. offered_at is when the kept time begins.
    """
    kept, mine = sa.orm.aliased(Appointment), Appointment.practitioner_id == practitioner_id
    has_one = sa.and_(mine, Appointment.state == "confirmed", Appointment.starts_at > now)
    offers = sa.exists().where(Offer.service_id == Service.id)
    has_none = sa.and_(
        Waiting.until_at > now, offers.where(Offer.practitioner_id == practitioner_id)
    )
    query = (
        sa.select(
            *(Appointment.id, Appointment.starts_at, kept.starts_at.label("offered_at")),
            sa.func.coalesce(Appointment.name, Waiting.name).label("name"),
            *(Waiting.id.label("waiting_id"), Waiting.state, Waiting.created_at, Waiting.from_at),
            *(Waiting.until_at, Waiting.phone, Waiting.email, Service.name.label("service")),
        )
        .outerjoin(Appointment, Appointment.id == Waiting.appointment_id)
        .outerjoin(Service, Service.id == Waiting.service_id)
        .outerjoin(kept, kept.id == Waiting.offer_id)
        .where(Waiting.state != "closed", sa.or_(has_one, has_none))
    )
    return db.session.execute(query.order_by(Waiting.created_at, Waiting.id)).all()
