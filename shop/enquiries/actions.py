"""Writes about enquiries. Nothing here commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from shop import reference
from shop.db import UNREADABLE, db, insert_once, move
from shop.enquiries import emails, models, rules
from shop.enquiries.models import Enquiry
from shop.outbox import actions as outbox


@dataclass(frozen=True)
class Typed:
    """What a visitor typed, checked; `phone` is E.164 or ""."""

    name: str
    email: str
    phone: str
    topic: str
    message: str
    consent_version: str
    consent_text: str


def receive(
    typed: Typed, submit_key: str, suspicions: tuple[str, ...], now: datetime
) -> tuple[str, bool]:
    """Keeps an enquiry and queues its mails, or sets it aside when it looks like spam.

    Returns its reference and that it is new; not new when the same was sent before.
    """
    state = "suspected" if suspicions else "new"
    values = {
        **vars(typed),
        "reference": reference.new(),
        "submit_key": submit_key,
        "state": state,
        "version": 0,
        "suspicions": " ".join(suspicions),
        "received_at": now,
        "changed_at": now,
        "purge_at": rules.purge_at(state, now, now),
    }
    values["search_text"] = rules.search_text(
        typed.name, typed.email, typed.phone, values["reference"]
    )
    enquiry_id = insert_once(Enquiry, **values)
    if enquiry_id is None:
        return _reference_of(submit_key), False
    if not suspicions:
        _tell(SimpleNamespace(**values, about=models.about(enquiry_id)), now)
    return str(values["reference"]), True


def _reference_of(submit_key: str) -> str:
    query = sa.select(Enquiry.reference).where(Enquiry.submit_key == submit_key)
    return db.session.execute(query).scalar_one()


def _tell(enquiry: Any, now: datetime) -> None:
    about = enquiry.about
    for kind, letter in (("lead", emails.lead(enquiry)), ("receipt", emails.receipt(enquiry))):
        outbox.queue(letter, kind, f"{about}:{kind}", now, about=about)


def change(enquiry: Enquiry, state: str, note: str, version: int, now: datetime) -> bool:
    """Moves an enquiry on and keeps the note; False when it was changed after `version`.

    One that is released is mailed as if it had just come; what has not been mailed of spam is not.
    A note that nobody can read stays until another is written. Raises IllegalMove.
    """
    if enquiry.version != version:
        return False
    changes: dict[str, Any] = {"note": note or None, "version": version + 1, "changed_at": now}
    if enquiry.note is UNREADABLE and not note:
        del changes["note"]
    if state == enquiry.state:
        return _keep(enquiry, version, {**changes, "changed_at": enquiry.changed_at})
    before = enquiry.state
    purge_at = rules.purge_at(state, enquiry.received_at, now)
    if not move(enquiry, state, ("version",), purge_at=purge_at, **changes):
        return False
    if before in rules.HELD and state not in rules.HELD:
        _tell(enquiry, now)
        outbox.resume(enquiry.about, now)
    if state in rules.HELD:
        outbox.withhold(enquiry.about, now)
    return True


def _keep(enquiry: Enquiry, version: int, changes: dict[str, object]) -> bool:
    kept = db.session.execute(
        sa.update(Enquiry)
        .where(Enquiry.id == enquiry.id, Enquiry.version == version)
        .values(**changes)
    )
    return bool(kept.rowcount == 1)  # type: ignore[attr-defined]


def erase(enquiry_id: int) -> None:
    """Deletes an enquiry with all its mails."""
    _delete(Enquiry.id == enquiry_id)


def purge(now: datetime) -> None:
    """Deletes the enquiries whose time is up, with all their mails."""
    _delete(Enquiry.purge_at <= now)


def _delete(which: sa.ColumnElement[bool]) -> None:
    # One statement chooses and deletes: nothing is released in between.
    for enquiry_id in db.session.scalars(sa.delete(Enquiry).where(which).returning(Enquiry.id)):
        outbox.forget(models.about(enquiry_id))
