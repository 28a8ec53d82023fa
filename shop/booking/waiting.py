"""Who waits for a time: one that gets free is offered to one at a time, by link.

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
from shop.booking.opening_models import Offered, Opening
from shop.booking.rules import SlotTaken
from shop.danish import COPENHAGEN
from shop.db import db, insert_once, move

OFFER = timedelta(hours=3)  # how long an earlier time is kept for whoever waits for it
QUIET_FROM, QUIET_UNTIL = 21, 7  # o'clock in Denmark: nobody has to answer an offer at night
OFFERS_AT_MOST = 5  # to an address that has not booked anything yet
OVER: dict[str, Any] = {"offer_id": None, "open_key": None, "name": "", "email": "", "phone": ""}


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
    if insert_once(Waiting, **row(now), appointment_id=appointment.id) is None:
        known = models.waiting_of(appointment.id)
        if known is not None and known.state == "closed":
            move(known, "waiting", created_at=now, refused=[])


def row(now: datetime) -> dict[str, Any]:
    """The columns that are the same for everybody who begins to wait."""
    nobody = dict.fromkeys(("name", "email", "phone"), "")
    return {**nobody, "state": "waiting", "offers": 0, "refused": [], "created_at": now}


def leave(appointment_id: int, now: datetime) -> None:
    """Takes the appointment's patient off the list."""
    listed = models.waiting_of(appointment_id)
    if listed is not None:
        close(listed, now)


def close(listed: Waiting, now: datetime) -> None:
    """Ends the waiting; a time that was kept for them goes to the next."""
    offer_id = listed.offer_id
    if listed.state != "closed" and move(listed, "closed", **OVER) and offer_id:
        _pass_on(offer_id, now)


def decline(listed: Waiting, now: datetime) -> None:
    """Says no to the offered time; they go on waiting for another, and the next is asked.

    Who has no appointment is asked so many times and no more.
    """
    offer_id = listed.offer_id
    if listed.state != "offered" or not offer_id:
        return
    held = db.session.get_one(Appointment, offer_id)
    changes: dict[str, Any] = {
        "refused": [*listed.refused, rules.cell(held.starts_at)],
        "offer_id": None,
    }
    if is_last_offer(listed):
        won = move(listed, "closed", **changes | OVER)
    else:
        won = move(listed, "waiting", **changes)
    if won:
        _pass_on(offer_id, now)


def is_last_offer(listed: Waiting) -> bool:
    """Whether who says no to this one is asked no more."""
    return listed.appointment_id is None and listed.offers >= OFFERS_AT_MOST


def accepted(waiting: Waiting, now: datetime) -> datetime:
    """Takes the offered time out of keeping for the patient and says when it begins.

    The caller moves the appointment there in the same transaction. Raises SlotTaken when it is
    kept no longer.
    """
    held = models.live(waiting.offer_id, now) if waiting.offer_id else None
    if held is None or not move(waiting, "closed", **OVER):
        raise SlotTaken
    if not claims.end_holds(now, Appointment.id == held.id, state="cancelled"):
        raise SlotTaken
    return held.starts_at


def sweep(now: datetime) -> None:
    """Ends holds that have run out; an offer nobody answered goes to the next who waits."""
    claims.end_holds(now)
    kept = sa.select(Appointment.id).where(Appointment.state == "held")
    unanswered = sa.select(Waiting).where(Waiting.state == "offered", Waiting.offer_id.not_in(kept))
    for listed in db.session.scalars(unanswered).all():
        decline(listed, now)


def _pass_on(offer_id: int, now: datetime) -> None:
    claims.end_holds(now, Appointment.id == offer_id, state="cancelled")
    held = db.session.get_one(Appointment, offer_id)
    offer(held.practitioner_id, held.starts_at, now)


def offer(practitioner_id: int, starts_at: datetime, now: datetime) -> None:
    """Offers the free time that begins then to the first who waits, and for whom it is of use."""
    for listed, appointment in _candidates(starts_at):
        offered = openings.offered_by_id(
            appointment.service_id if appointment else listed.service_id
        )
        if offered is None or practitioner_id not in offered.practitioners:
            continue
        opening = openings.at(offered, starts_at, now, practitioner_id=practitioner_id)
        if opening and keep(listed, offered, opening, now):
            return


def keep(listed: Waiting, offered: Offered, opening: Opening, now: datetime) -> bool:
    """Keeps the opening for one who waits and tells them by mail.

    False when they said no to it before, when there is no time left to answer in, or somebody was
    faster.
    """
    until = min(offer_until(now, COPENHAGEN), opening.starts_at)
    if until <= now or rules.cell(opening.starts_at) in listed.refused:
        return False
    holder = f"waiting:{listed.id}"
    try:
        held = holding.place(offered, opening, holder, until, now)
    except SlotTaken:  # what was taken of it until then is given back
        claims.end_holds(now, Appointment.holder_hash == holder, state="cancelled")
        return False
    if not move(listed, "offered", offer_id=held.id, offers=listed.offers + 1):
        claims.end_holds(now, Appointment.id == held.id, state="cancelled")
        return False
    telling.offer(listed, held, now)
    return True


def _candidates(starts_at: datetime) -> Sequence[Any]:
    """Who waits, with their appointment if they have one, the longest waiting first."""
    would_be_earlier = sa.and_(Appointment.state == "confirmed", Appointment.starts_at > starts_at)
    inside = Waiting.from_at <= starts_at, Waiting.until_at > starts_at
    any_will_do = sa.and_(Waiting.appointment_id.is_(None), *inside)
    query = (
        sa.select(Waiting, Appointment)
        .outerjoin(Appointment, Appointment.id == Waiting.appointment_id)
        .where(Waiting.state == "waiting", sa.or_(would_be_earlier, any_will_do))
        .order_by(Waiting.created_at, Waiting.id)
        .limit(50)
    )
    return db.session.execute(query).all()
