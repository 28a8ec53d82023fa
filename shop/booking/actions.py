"""Booking, moving, cancelling and ending appointments, by patients and by the clinic alike.

Nothing here commits. What raises leaves the caller's transaction to be given up.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shop.accounts.rules import fold
from shop.booking import claims, holding, models, rules, telling, waiting
from shop.booking import opening_models as openings
from shop.booking.hours import Place
from shop.booking.models import Appointment
from shop.booking.opening_models import Offered, Opening
from shop.booking.rules import Changed, Patient, SlotTaken, TooLate, TooMany
from shop.db import db, insert_once, move


def book(
    offered: Offered,
    starts_at: datetime,
    patient: Patient,
    submit_key: str,
    now: datetime,
    holder: str = "",
) -> Appointment:
    """Gives the time to the patient, and tells them and the clinic.

    The same form sent twice books once. Raises SlotTaken, TooMany.
    """
    known = models.by_submit_key(submit_key)
    if known is not None:
        return known
    if len(models.coming(patient.email, now)) >= rules.COMING_AT_MOST:
        raise TooMany
    held = models.hold(offered.service.id, starts_at, holder, now) if holder else None
    if held is not None:
        return confirm(held, patient, submit_key, now)
    opening = openings.at(offered, starts_at, now, holder)
    if opening is None:
        raise SlotTaken
    return _insert(offered, opening, patient, submit_key, "patient", now, holder)


def confirm(held: Appointment, patient: Patient, submit_key: str, now: datetime) -> Appointment:
    """Gives a held time to the patient, and tells them and the clinic. Raises SlotTaken."""
    values = {**_written(patient), "submit_key": submit_key, "hold_expires_at": None}
    purge_at = held.ends_at + rules.KEPT
    version = held.version + 1
    if not move(held, "confirmed", changed_at=now, purge_at=purge_at, version=version, **values):
        known = models.by_submit_key(submit_key)
        if known is None:
            raise SlotTaken
        return known
    telling.tell(held, "booked", now)
    return held


def _insert(
    offered: Offered,
    opening: Opening,
    patient: Patient,
    submit_key: str | None,
    booked_by: str,
    now: datetime,
    holder: str = "",
) -> Appointment:
    values: dict[str, Any] = {
        **holding.taking(offered, opening, now),
        **_written(patient),
        "state": "confirmed",
        "submit_key": submit_key,
        "booked_by": booked_by,
        "purge_at": opening.ends_at + rules.KEPT,
    }
    until = values["blocked_until"]
    claims.make_room(opening.practitioner_id, opening.starts_at, until, now, holder)
    appointment_id = insert_once(Appointment, **values)
    if appointment_id is None:  # the other click was faster
        known = models.by_submit_key(submit_key or "")
        if known is None:
            raise SlotTaken
        return known
    claims.claim(appointment_id, opening.practitioner_id, opening.starts_at, until)
    appointment = db.session.get_one(Appointment, appointment_id)
    telling.tell(appointment, "booked", now)
    return appointment


def _written(patient: Patient) -> dict[str, Any]:
    return {
        "name": patient.name,
        "email": fold(patient.email),
        "phone": patient.phone,
        "note": patient.note or None,
        "answers": list(patient.answers) or None,
        "remind_short": patient.remind_short,
    }


def book_for_caller(
    offered: Offered,
    practitioner_id: int,
    starts_at: datetime,
    patient: Patient,
    now: datetime,
    anywhen: bool = False,
    submit_key: str | None = None,
) -> Appointment:
    """The clinic gives a time to somebody on the telephone; their mail address may be "".

    `anywhen` lets it lie outside the opening hours and the notice, never on another's time. With
    a key the same form sent twice books once. Raises SlotTaken.
    """
    known = models.by_submit_key(submit_key) if submit_key else None
    if known is not None:
        return known
    opening = _opening(offered, practitioner_id, starts_at, now, anywhen)
    return _insert(offered, opening, patient, submit_key, "clinic", now)


def _opening(
    offered: Offered,
    practitioner_id: int,
    starts_at: datetime,
    now: datetime,
    anywhen: bool,
    but: int = 0,
    place_id: int | None = None,
) -> Opening:
    if anywhen:
        place_id = place_id or db.session.scalar(sa.select(sa.func.min(Place.id)))
        return Opening(starts_at, starts_at + offered.terms.length, practitioner_id, place_id)
    opening = openings.at(offered, starts_at, now, but=but, practitioner_id=practitioner_id)
    if opening is None:
        raise SlotTaken
    return opening


def reschedule(
    appointment: Appointment,
    starts_at: datetime,
    version: int,
    by: str,
    now: datetime,
    anywhen: bool = False,
) -> None:
    """Moves the appointment, `by` its "patient" or the "clinic", and tells both.

    When it fails the caller's transaction is given up, and the old time stays. Raises SlotTaken,
    Changed when it is not as it was at this version, TooLate past the service's limit.
    """
    offered = openings.offered_by_id(appointment.service_id)
    if offered is None:
        raise SlotTaken
    _guard(appointment, version, by, offered.service.change_minutes, now)
    opening = _opening(
        offered,
        appointment.practitioner_id,
        starts_at,
        now,
        anywhen,
        appointment.id,
        appointment.place_id,
    )
    before = appointment.starts_at
    until = opening.ends_at + offered.terms.buffer
    moved = move(
        appointment,
        "confirmed",
        ("version",),
        starts_at=opening.starts_at,
        ends_at=opening.ends_at,
        blocked_until=until,
        place_id=opening.place_id,
        version=version + 1,
        sequence=appointment.sequence + 1,
        reminded=0,
        changed_at=now,
        purge_at=opening.ends_at + rules.KEPT,
    )
    if not moved:
        raise Changed
    claims.release([appointment.id])
    claims.make_room(appointment.practitioner_id, opening.starts_at, until, now)
    claims.claim(appointment.id, appointment.practitioner_id, opening.starts_at, until)
    telling.tell(appointment, "moved", now)
    waiting.offer(appointment.practitioner_id, before, now)


def cancel(appointment: Appointment, version: int, by: str, now: datetime) -> None:
    """Cancels the appointment, `by` its "patient" or the "clinic", and tells both.

    Raises Changed, TooLate.
    """
    offered = openings.offered_by_id(appointment.service_id)
    _guard(appointment, version, by, offered.service.change_minutes if offered else 0, now)
    changes = {"version": version + 1, "sequence": appointment.sequence + 1, "submit_key": None}
    if not move(appointment, "cancelled", ("version",), changed_at=now, **changes):
        raise Changed
    claims.release([appointment.id])
    waiting.leave(appointment.id, now)
    telling.tell(appointment, "cancelled", now)
    waiting.offer(appointment.practitioner_id, appointment.starts_at, now)


def _guard(
    appointment: Appointment, version: int, by: str, change_minutes: int, now: datetime
) -> None:
    if appointment.state != "confirmed" or appointment.version != version:
        raise Changed
    limit = timedelta(minutes=change_minutes)
    if by == "patient" and not rules.may_change(appointment.starts_at, limit, now):
        raise TooLate


def accept(appointment: Appointment, now: datetime) -> None:
    """Moves the appointment to the earlier time that is kept for its patient.

    Raises SlotTaken when that is kept no longer, Changed.
    """
    listed = models.waiting_of(appointment.id)
    if listed is None:
        raise SlotTaken
    starts_at = waiting.accepted(listed, now)
    # The notice may have run out since it was offered; their answer was in time all the same.
    reschedule(appointment, starts_at, appointment.version, "clinic", now, anywhen=True)


def decline(appointment: Appointment, now: datetime) -> None:
    """Says no to the earlier time; the patient goes on waiting, and the next is asked."""
    listed = models.waiting_of(appointment.id)
    if listed is not None:
        waiting.decline(listed, now)


def mark(appointment: Appointment, state: str, now: datetime) -> bool:
    """Says that the patient came ("completed"), did not ("no_show"), or takes that back.

    False when somebody else was faster. Raises IllegalMove.
    """
    version = appointment.version + 1
    return move(appointment, state, ("version",), version=version, changed_at=now)
