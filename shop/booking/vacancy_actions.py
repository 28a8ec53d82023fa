"""Anybody may ask to be told when a time gets free, without having one. Nothing here commits.

They stand on the same list as those who would rather come earlier.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from shop.accounts.rules import fold
from shop.booking import actions, models, rules, telling, waiting
from shop.booking import opening_models as openings
from shop.booking.models import Appointment, Waiting
from shop.booking.opening_models import Offered
from shop.booking.rules import Patient, SlotTaken
from shop.danish import COPENHAGEN
from shop.db import db, insert_once, move
from shop.outbox import actions as outbox
from shop.web import hashed

SOUGHT_AT_ONCE = 50  # of those who wait, in one turn of the worker


@dataclass(frozen=True)
class Asker:
    """Who asks, as typed and checked, and which consent they gave; `phone` is E.164 or ""."""

    name: str
    email: str
    phone: str
    consent_version: str


def ask(
    offered: Offered, asker: Asker, from_at: datetime, until_at: datetime, now: datetime
) -> None:
    """Puts them on the list for a time that begins between both, and mails them their link.

    Who waits for the same service already waits for all the days from the first to the last.
    """
    token, key = secrets.token_urlsafe(32), _open_key(offered, asker)
    mine = Waiting.open_key == key
    listed_id = insert_once(
        Waiting,
        **{**waiting.row(now), **vars(asker), "email": fold(asker.email)},
        service_id=offered.service.id,
        from_at=from_at,
        until_at=until_at,
        open_key=key,
        token=token,
        token_hash=hashed(token),
    )
    if listed_id is None:
        for earlier, values in (
            (Waiting.from_at > from_at, {"from_at": from_at}),
            (Waiting.until_at < until_at, {"until_at": until_at}),
        ):
            db.session.execute(sa.update(Waiting).where(mine, earlier).values(values))
        return
    telling.listed(db.session.get_one(Waiting, listed_id), now)


def _open_key(offered: Offered, asker: Asker) -> str:
    return hashed(f"{fold(asker.email)}\0{offered.service.id}")


def seek(now: datetime) -> None:
    """Offers times that are free for another reason than that somebody gave theirs back.

    Such as new opening hours, or a hold that came to nothing.
    """
    query = sa.select(Waiting).where(
        Waiting.state == "waiting", Waiting.appointment_id.is_(None), Waiting.until_at > now
    )
    in_order = query.order_by(Waiting.created_at, Waiting.id).limit(SOUGHT_AT_ONCE)
    for listed in db.session.scalars(in_order).all():
        _seek(listed, now)


def _seek(listed: Waiting, now: datetime) -> None:
    offered = openings.offered_by_id(listed.service_id or 0)
    if offered is None or listed.from_at is None or listed.until_at is None:
        return
    soonest = max(now, listed.from_at).astimezone(COPENHAGEN).date()
    for opening in openings.free(
        offered, soonest, rules.last_day(listed.until_at, COPENHAGEN), now
    ):
        is_inside = listed.from_at <= opening.starts_at < listed.until_at
        if is_inside and waiting.keep(listed, offered, opening, now):
            return


def take(listed: Waiting, now: datetime) -> Appointment:
    """Books the time that is kept for who waits; pressed twice, it is one booking.

    Raises SlotTaken when it is kept no longer.
    """
    key = submit_key(listed)
    known = models.by_submit_key(key)
    if known is not None:
        return known
    held = models.live(listed.offer_id, now) if listed.offer_id else None
    if held is None:
        raise SlotTaken
    patient = Patient(listed.name, listed.email, listed.phone)
    if not move(listed, "closed", **waiting.OVER):
        raise SlotTaken
    return actions.confirm(held, patient, key, now)


def submit_key(listed: Waiting) -> str:
    """What makes the booking of who waits one, however often they press."""
    return models.about_waiting(listed.id)


def take_off_list(listed: Waiting, now: datetime) -> None:
    """The clinic takes somebody off the waiting list; they are not told."""
    waiting.close(listed, now)


def purge(now: datetime) -> None:
    """Deletes who waited for days that are over, with their mails."""
    over = Waiting.until_at <= now - rules.UNFINISHED_KEPT
    which = Waiting.appointment_id.is_(None), over
    for listed_id in db.session.scalars(sa.delete(Waiting).where(*which).returning(Waiting.id)):
        outbox.forget(models.about_waiting(listed_id))
