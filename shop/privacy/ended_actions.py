"""Deletes what people left in the course, a year after their access ended. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

import shop.outbox.actions as outbox
import shop.outbox.models as mails
from shop.accounts.models import Person
from shop.db import db
from shop.privacy import emails, ended_models, rules
from shop.privacy.ended_models import LEFT, Reader

MOST = 200  # mails a night; who is left gets theirs tomorrow, and keeps all a day longer


def purge(now: datetime, leaving: Collection[int] = ()) -> None:
    """Deletes answers, the consent to them, shared plans, kørekort and podcast address of whoever
    had access a year ago and none since (GDPR article 5(1)(e)), and mails them a month before.

    Nothing goes until 30 days after the mail was put into the outbox. What becomes of it there
    stops no clock: an address that nobody reads any more must not keep health data for ever. Only
    a clinician who sends a lost mail again gives its reader 30 days more, as it is queued anew.
    By then no plan is open to the clinician: none is for longer than a year, nor shared without
    access. Nothing is mailed to whoever is `leaving`, people by id who have asked to be erased.
    """
    told = 0
    for reader in ended_models.readers(now - rules.ANSWERS_KEPT + rules.TELL_AT):
        ended_at = ended_models.ended_at(reader.id)
        if ended_at is None or now < ended_at + rules.ANSWERS_KEPT - rules.TELL_AT:
            continue
        # An access given anew ends anew, and is told of anew.
        key = f"answers-end:{reader.id}:{ended_at:%Y-%m-%d}"
        told_at = mails.queued_at(key)
        if told_at is not None:
            if now >= rules.deleted_at(ended_at, told_at):
                _delete(reader.id, ended_at)
        elif told < MOST and reader.id not in leaving:
            _tell(reader, key, rules.deleted_at(ended_at, now), now)
            told += 1


def _tell(reader: Reader, key: str, goes_at: datetime, now: datetime) -> None:
    letter = emails.ending(reader.email, reader.name, goes_at)
    about = f"person:{reader.id}"
    outbox.queue(letter, "answers-end", key, now, expires_at=goes_at, about=about)


def _delete(person_id: int, ended_at: datetime) -> None:
    """Deletes it all, unless the person has been given access at this very moment."""
    # A new access points at the person: PostgreSQL lets only one of us have the row.
    db.session.execute(sa.select(Person.id).where(Person.id == person_id).with_for_update())
    if ended_models.ended_at(person_id) != ended_at:
        return
    for model in LEFT:
        db.session.execute(sa.delete(model).where(model.person_id == person_id))
