"""Writes to what people write in the course. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from shop import reference
from shop.content import Consent
from shop.coursework import emails, models, rules
from shop.coursework.licence_models import Licence
from shop.coursework.models import CHECK, Answer, AnswerConsent, PlanShare, Stored
from shop.db import UNREADABLE, db, insert_once
from shop.outbox import actions as outbox


class NoConsent(Exception):
    """The person has not agreed to our keeping what they write."""


class Written(NamedTuple):
    """What a page says: the value, the version it began from, and the page's own pen."""

    value: Any
    base: int
    pen: str


_answer: Any = Answer.__table__
_UPDATE = (
    sa.update(_answer)
    .where(_answer.c.id == sa.bindparam("row"))
    .values(
        value=sa.bindparam("new_value"),
        version=sa.bindparam("new_version"),
        pen=sa.bindparam("new_pen"),
        changed_at=sa.bindparam("at"),
    )
)


def save(person_id: int, sheet: str, field: str, written: Written, now: datetime) -> Stored:
    """Keeps an answer; the last one written counts, and what it goes over stays as history.

    The same words sent twice are one save. Raises NoConsent.
    """
    old = models.latest(person_id, sheet, field)
    if old is None:
        raise NoConsent
    if old.value == written.value:
        return old  # a lost one too, while nothing is written in its place
    clash = rules.clashes(old.version, old.pen, written.base, written.pen)
    new = Stored(written.value, old.version + 1, now, clash or old.clashed, written.pen, old.id)
    connection = db.session.connection()
    if (
        old.version
        and not old.lost
        and not rules.keeps_old(old.value, written.value, old.changed_at, clash, now)
    ):
        given = {"row": old.id, "new_value": new.value, "new_version": new.version}
        connection.execute(_UPDATE, {**given, "new_pen": new.pen, "at": now})
        return new
    insert_once(
        Answer,
        person_id=person_id,
        sheet=sheet,
        field=field,
        version=new.version,
        value=new.value,
        pen=new.pen,
        clashed=new.clashed,
        changed_at=now,
    )
    return new


def save_all(
    person_id: int, sheet: str, written: Mapping[str, Written], now: datetime
) -> dict[str, Stored]:
    """Keeps several answers of one sheet, as `save` does. Raises NoConsent."""
    return {field: save(person_id, sheet, field, words, now) for field, words in written.items()}


def begin_anew(
    person_id: int, sheet: str, fields: tuple[str, ...], pen: str, now: datetime
) -> None:
    """Empties these answers; what stood there is history, with its date."""
    standing = (models.answers(person_id, sheet) or {}).get(sheet, {})
    for field in fields:
        old = standing.get(field)
        if old and old.value is not None:
            save(person_id, sheet, field, Written(None, old.version, pen), now)


def take_back(person_id: int, answer_id: int, pen: str, now: datetime) -> str | None:
    """Lets an older version count again and returns its sheet.

    None when it is not theirs, or nobody can read it.
    """
    older = models.version_of(person_id, answer_id)
    if older is None or older.value is UNREADABLE:
        return None
    now_standing = models.latest(person_id, older.sheet, older.field) or models.NOTHING
    save(person_id, older.sheet, older.field, Written(older.value, now_standing.version, pen), now)
    settle(person_id, older.sheet)
    return str(older.sheet)


def settle(person_id: int, sheet: str) -> None:
    """Remembers that the person has looked at what went over what."""
    db.session.execute(
        sa.update(Answer)
        .where(Answer.person_id == person_id, Answer.sheet == sheet, Answer.clashed)
        .values(clashed=False)
    )


def note_check(person_id: int, pause: bool, now: datetime) -> None:
    """Remembers how the safety check ended and when: never which question, never what before.

    Without consent nothing is remembered.
    """
    if models.consent(person_id) is None:
        return
    db.session.execute(
        sa.delete(Answer).where(Answer.person_id == person_id, Answer.sheet == CHECK)
    )
    save(person_id, CHECK, "udfald", Written({"pause": pause}, 0, ""), now)


def agree(person_id: int, consent: Consent, now: datetime) -> None:
    """Keeps the person's yes; a second one while the first holds changes nothing."""
    insert_once(
        AnswerConsent,
        person_id=person_id,
        active_of=person_id,
        version=consent.version,
        text=consent.text,
        given_at=now,
    )


def withdraw_consent(person_id: int, now: datetime) -> None:
    """Takes the yes back, and with it everything that was kept by it (GDPR articles 7 and 17)."""
    db.session.execute(
        sa.update(AnswerConsent)
        .where(AnswerConsent.active_of == person_id)
        .values(active_of=None, withdrawn_at=now)
    )
    db.session.execute(sa.delete(Answer).where(Answer.person_id == person_id))
    withdraw_plan(person_id, now)


def share_plan(person_id: int, content: Any, consent: Consent, clinic: str, now: datetime) -> str:
    """Lets the clinician read this plan and tells them so; it takes an earlier one's place."""
    withdraw_plan(person_id, now)
    number = reference.new()
    share_id = insert_once(
        PlanShare,
        person_id=person_id,
        active_of=person_id,
        reference=number,
        content=content,
        consent_version=consent.version,
        consent_text=consent.text,
        shared_at=now,
    )
    letter = emails.plan_shared(clinic, number, now)
    about = f"plan:{share_id}"
    outbox.queue(letter, "plan-shared", f"{about}:shared", now, about=about)
    return number


def withdraw_plan(person_id: int, now: datetime) -> None:
    """Takes a shared plan back, at once: its words go, the log of it stays."""
    _close(PlanShare.active_of == person_id, now)


def _close(which: sa.ColumnElement[bool], now: datetime) -> None:
    db.session.execute(
        sa.update(PlanShare).where(which).values(active_of=None, content=None, withdrawn_at=now)
    )


def see_plan(share: PlanShare, now: datetime) -> None:
    """Remembers when the clinician first read it."""
    db.session.execute(
        sa.update(PlanShare)
        .where(PlanShare.id == share.id, PlanShare.seen_at.is_(None))
        .values(seen_at=now)
    )


def issue_licence(person_id: int, name: str, now: datetime) -> None:
    """Issues the certificate, once; a refund does not take it back, since what was done is done."""
    insert_once(Licence, person_id=person_id, number=reference.new(), name=name, issued_at=now)


def rename_licence(person_id: int, name: str) -> None:
    """Puts another name on the certificate; number and date stay."""
    db.session.execute(sa.update(Licence).where(Licence.person_id == person_id).values(name=name))


def purge(now: datetime) -> None:
    """Closes what has been shared for as long as it is kept."""
    _close(
        sa.and_(PlanShare.shared_at <= now - rules.SHARE_KEPT, PlanShare.active_of.is_not(None)),
        now,
    )
