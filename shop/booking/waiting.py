"""Who would rather come earlier: a time that gets free is offered to one at a time, by link.

Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa

from shop.booking import claims, holding, models, rules, telling
from shop.booking import opening_models as openings
from shop.booking.models import Appointment, Waiting
from shop.booking.rules import SlotTaken
from shop.danish import COPENHAGEN
from shop.db import db, insert_once, move

OFFER = timedelta(hours=3)  # how long an earlier time is kept for whoever waits for it
QUIET_FROM, QUIET_UNTIL = 21, 7  # o'clock in Denmark: nobody has to answer an offer at night


def offer_until(now: datetime, tz: tzinfo) -> datetime:
    """Until when an earlier time is kept for the one it is offered to; never only by night."""
    until = now + OFFER
    local = until.astimezone(tz)
    if QUIET_UNTIL <= local.hour < QUIET_FROM:
        return until
    morning = local.date() + timedelta(days=1 if local.hour >= QUIET_FROM else 0)
    return rules.moment(morning, QUIET_UNTIL * 60, tz) + OFFER


def join(appointment: Appointment, now: datetime) -> None:
    """Puts the appointment's patient on the list, at its end."""
    if insert_once(Waiting, **_row(appointment.id, now)) is None:
        known = models.waiting_of(appointment.id)
        if known is not None and known.state == "closed":
            move(known, "waiting", created_at=now)


def _row(appointment_id: int, now: datetime) -> dict[str, object]:
    return {"appointment_id": appointment_id, "state": "waiting", "offers": 0, "created_at": now}


def leave(appointment_id: int, now: datetime) -> None:
    """Takes the patient off the list; a time that was kept for them goes to the next."""
    waiting = models.waiting_of(appointment_id)
    if waiting is None or waiting.state == "closed":
        return
    offer_id = waiting.offer_id
    if move(waiting, "closed", offer_id=None) and offer_id:
        _pass_on(offer_id, waiting, now)


def decline(waiting: Waiting, now: datetime) -> None:
    """Says no to the offered time; the patient goes on waiting, and the next is asked."""
    offer_id = waiting.offer_id
    if waiting.state == "offered" and move(waiting, "waiting", offer_id=None) and offer_id:
        _pass_on(offer_id, waiting, now)


def accepted(waiting: Waiting, now: datetime) -> datetime:
    """Takes the offered time out of keeping for the patient and says when it begins.

    The caller moves the appointment there in the same transaction. Raises SlotTaken when it is
    kept no longer.
    """
    held = db.session.get(Appointment, waiting.offer_id) if waiting.offer_id else None
    if held is None or held.hold_expires_at is None or held.hold_expires_at <= now:
        raise SlotTaken
    if not move(waiting, "closed", offer_id=None):
        raise SlotTaken
    if not claims.end_holds(now, Appointment.id == held.id, state="cancelled"):
        raise SlotTaken
    return held.starts_at


def sweep(now: datetime) -> None:
    """Ends holds that have run out; an offer nobody answered goes to the next who waits."""
    claims.end_holds(now)
    kept = sa.select(Appointment.id).where(Appointment.state == "held")
    unanswered = sa.select(Waiting).where(Waiting.state == "offered", Waiting.offer_id.not_in(kept))
    for waiting in db.session.scalars(unanswered).all():
        offer_id = waiting.offer_id
        if move(waiting, "waiting", offer_id=None) and offer_id:
            _pass_on(offer_id, waiting, now)


def _pass_on(offer_id: int, after: Waiting, now: datetime) -> None:
    claims.end_holds(now, Appointment.id == offer_id, state="cancelled")
    held = db.session.get(Appointment, offer_id)
    if held is not None:
        offer(held.practitioner_id, held.starts_at, now, (after.created_at, after.id))


def offer(
    practitioner_id: int,
    starts_at: datetime,
    now: datetime,
    after: tuple[datetime, int] | None = None,
) -> None:
    """Offers the free time that begins then to the first who waits, and for whom it is earlier.

    `after` is the time of joining and the id of who was asked before.
    """
    for waiting, appointment in _candidates(starts_at, after):
        offered = openings.offered_by_id(appointment.service_id)
        if offered is None or practitioner_id not in offered.practitioners:
            continue
        opening = openings.at(offered, starts_at, now, practitioner_id=practitioner_id)
        until = min(offer_until(now, COPENHAGEN), starts_at)
        if opening is None or until <= now:
            continue
        holder = f"waiting:{waiting.id}"
        try:
            held = holding.place(offered, opening, holder, until, now)
        except SlotTaken:  # somebody was faster; what was taken of it until then is given back
            claims.end_holds(now, Appointment.holder_hash == holder, state="cancelled")
            return
        if move(waiting, "offered", offer_id=held.id, offers=waiting.offers + 1):
            telling.offer(appointment, held, waiting.offers, now)
            return
        claims.end_holds(now, Appointment.id == held.id, state="cancelled")


def _candidates(starts_at: datetime, after: tuple[datetime, int] | None) -> Sequence[Any]:
    query = (
        sa.select(Waiting, Appointment)
        .join(Appointment, Appointment.id == Waiting.appointment_id)
        .where(
            Waiting.state == "waiting",
            Appointment.state == "confirmed",
            Appointment.starts_at > starts_at,
        )
        .order_by(Waiting.created_at, Waiting.id)
        .limit(50)
    )
    if after:
        joined_at, waiting_id = after
        same = sa.and_(Waiting.created_at == joined_at, Waiting.id > waiting_id)
        query = query.where(sa.or_(Waiting.created_at > joined_at, same))
    return db.session.execute(query).all()
