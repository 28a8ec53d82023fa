"""Saying yes to mails about the course, pausing and stopping them, and sending whose turn it is.

Nothing here commits.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

import shop.course.models as course_models
import shop.course.rules as course_rules
from shop.content import Consent
from shop.db import db, insert_once
from shop.outbox import actions as outbox
from shop.outbox.rules import Letter
from shop.rhythm import emails, models, rules
from shop.rhythm.models import Reader, Rhythm, RhythmMail
from shop.web import hashed

KIND = "rhythm"  # one for all of them: which it is tells how far somebody has come
AT_ONCE = 25  # looked at in one transaction, which others wait for


def agree(person_id: int, consent: Consent, now: datetime) -> None:
    """Keeps the person's yes; a second one while the first holds changes nothing."""
    insert_once(
        Rhythm,
        person_id=person_id,
        active_of=person_id,
        version=consent.version,
        text=consent.text,
        given_at=now,
        look_at=now,
    )


def stop(person_id: int, now: datetime) -> None:
    """Takes the yes back; a mail that has not left stays here. What was sent is remembered."""
    _change(person_id, now, active_of=None, stopped_at=now, paused_until=None)


def pause(person_id: int, now: datetime) -> None:
    """No mail for four weeks from now; one that has not left stays here."""
    _change(person_id, now, paused_until=rules.pause_end(now))


def go_on(person_id: int, now: datetime) -> None:
    """Ends a pause before its time."""
    _change(person_id, now, paused_until=None)


def _change(person_id: int, now: datetime, **values: Any) -> None:
    update = sa.update(Rhythm).where(Rhythm.active_of == person_id).values(**values)
    for rhythm_id in db.session.scalars(update.returning(Rhythm.id)).all():
        outbox.withhold(models.about(rhythm_id), now)


def send_due(now: datetime, leaving: Collection[int] = ()) -> int:
    """Queues the mails whose turn it is, among the next who are looked at; how many those were.

    Nothing goes to whoever is `leaving`, people by id who have asked to be erased.
    """
    if not rules.is_morning(now):
        return 0
    readers = models.next_in_line(AT_ONCE, now)
    for reader in readers:
        kind = None if reader.person_id in leaving else rules.due(reader.facts, now)
        if kind is not None:
            _send(reader, kind, now)
    looked_at = Rhythm.id.in_([reader.rhythm_id for reader in readers])
    later = sa.update(Rhythm).where(looked_at).values(look_at=now + rules.LOOK_AGAIN)
    db.session.execute(later.execution_options(synchronize_session=False))
    return len(readers)


def _send(reader: Reader, kind: str, now: datetime) -> None:
    """Claims the reader's week and queues the mail, both or neither."""
    token, week = secrets.token_urlsafe(32), rules.week(now)
    claimed = insert_once(
        RhythmMail,
        person_id=reader.person_id,
        kind=kind,
        week=week,
        token_hash=hashed(token),
        sent_at=now,
    )
    if claimed is None:
        return
    outbox.queue(
        _written(reader, kind, token),
        KIND,
        f"rhythm:{reader.person_id}:{week}",
        now,
        expires_at=now + rules.GOES_STALE,
        about=models.about(reader.rhythm_id),
    )


def _written(reader: Reader, kind: str, token: str) -> Letter:
    to = emails.Addressee(reader.email, reader.name, token)
    if kind == "next step":
        return emails.next_step(to, course_rules.resume(course_models.outline(reader.person_id)))
    plain = {
        "welcome back": emails.welcome_back,
        "two weeks": emails.two_weeks,
        "three months": emails.three_months,
    }
    return plain[kind](to)


def purge(now: datetime) -> None:
    """Deletes the yes, and what was sent by it, of people whose access ran out half a year ago."""
    enrolment, since = course_models.Enrolment, now - course_rules.PROGRESS_KEPT
    for table, at in ((Rhythm, Rhythm.given_at), (RhythmMail, RhythmMail.sent_at)):
        has_access = sa.exists().where(
            enrolment.person_id == table.person_id, enrolment.access_until > since
        )
        db.session.execute(sa.delete(table).where(~has_access, at < since))
