"""Keeping a time for a visitor while they type: theirs alone, for ten minutes at a time.

Nothing here commits.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from shop.booking import claims, models, rules
from shop.booking import opening_models as openings
from shop.booking.models import Appointment
from shop.booking.opening_models import Offered, Opening
from shop.booking.rules import SlotTaken
from shop.db import db, insert_once
from shop.web import hashed, settings


def hold(offered: Offered, starts_at: datetime, holder: str, now: datetime) -> Appointment:
    """Keeps the time for this visitor; again, it keeps it longer. An hour is the most.

    A visitor holds two times at most, and lets go of the oldest. Raises SlotTaken.
    """
    held = models.hold(offered.service.id, starts_at, holder, now)
    if held is not None:
        return _extend(held, now)
    opening = openings.at(offered, starts_at, now, holder)
    if opening is None:
        raise SlotTaken
    for oldest in models.holds(holder, now)[: 1 - rules.HOLDS_AT_MOST or None]:
        claims.end_holds(now, Appointment.id == oldest.id, state="cancelled")
    return place(offered, opening, holder, now + rules.HOLD, now)


def _extend(held: Appointment, now: datetime) -> Appointment:
    until = min(now + rules.HOLD, _at_most(held))
    extended = db.session.execute(
        sa.update(Appointment)
        .where(Appointment.id == held.id, Appointment.state == "held")
        .values(hold_expires_at=until, purge_at=now + rules.UNFINISHED_KEPT)
    )
    if extended.rowcount != 1:  # type: ignore[attr-defined]
        raise SlotTaken
    return held


def _at_most(held: Appointment) -> datetime:
    return held.created_at + rules.LONGEST_HOLD


def may_hold_longer(held: Appointment) -> bool:
    """Whether pressing again could still give its visitor a minute more."""
    until = held.hold_expires_at
    return until is not None and _at_most(held) - until >= timedelta(minutes=1)


def place(
    offered: Offered, opening: Opening, holder: str, until: datetime, now: datetime
) -> Appointment:
    """Holds an opening for somebody until then. Raises SlotTaken."""
    values = {
        **taking(offered, opening, now),
        "state": "held",
        "holder_hash": holder,
        "hold_expires_at": until,
        "purge_at": now + rules.UNFINISHED_KEPT,
    }
    claims.make_room(
        opening.practitioner_id, opening.starts_at, values["blocked_until"], now, holder
    )
    appointment_id = insert_once(Appointment, **values)
    held = db.session.get_one(Appointment, appointment_id)
    try:
        claims.claim(held.id, held.practitioner_id, held.starts_at, held.blocked_until)
    except SlotTaken:
        claims.end_holds(now, Appointment.id == held.id, state="cancelled")
        raise
    return held


def taking(offered: Offered, opening: Opening, now: datetime) -> dict[str, Any]:
    """The columns of a new appointment that say what, when, where and with whom."""
    token = secrets.token_urlsafe(32)
    host = urlsplit(settings().public_url).hostname
    return {
        "uid": f"{secrets.token_hex(16)}@{host}",
        "practitioner_id": opening.practitioner_id,
        "service_id": offered.service.id,
        "place_id": opening.place_id,
        "starts_at": opening.starts_at,
        "ends_at": opening.ends_at,
        "blocked_until": opening.ends_at + offered.terms.buffer,
        "version": 0,
        "sequence": 0,
        "reminded": 0,
        "token": token,
        "token_hash": hashed(token),
        "created_at": now,
        "changed_at": now,
        **dict.fromkeys(("name", "email", "phone"), ""),
        "remind_short": False,
        "booked_by": "patient",
    }


def minutes_left(held: Appointment, now: datetime) -> int:
    """How long the time is still kept, in minutes begun."""
    return max(-int((now - (held.hold_expires_at or now)) // timedelta(minutes=1)), 0)
