"""Who has said yes to mails about the course, what went to them, and whose turn is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

import shop.coursework.rules as coursework
from shop.accounts.models import Person
from shop.course.models import Enrolment, Lesson, Progress
from shop.coursework.models import Answer
from shop.db import Model, UTCDateTime, db
from shop.outbox.models import Mail
from shop.outbox.rules import LOST
from shop.rhythm import rules


class Rhythm(Model):
    """A person's yes to mails about the course, in the words they saw; a new yes is a new row.

    `active_of` is the person while it holds, so that there is one at a time. `look_at` is when
    somebody looks next whether a mail is their turn.
    """

    __tablename__ = "rhythm"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    active_of: Mapped[int | None] = mapped_column(unique=True)
    version: Mapped[str] = mapped_column(sa.String(40))
    text: Mapped[str] = mapped_column(sa.Text)
    given_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    look_at: Mapped[datetime] = mapped_column(index=True)


class RhythmMail(Model):
    """A mail that went out, one at most in a week whatever its kind: the key decides.

    Its links hold a token of this mail alone, which tells nothing; only its hash is here.
    """

    __tablename__ = "rhythm_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(sa.String(20))
    week: Mapped[str] = mapped_column(sa.String(8))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    sent_at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("person_id", "week"),)


class Reader(NamedTuple):
    """Somebody whose turn it may be: who they are, and what the rules decide by."""

    rhythm_id: int
    person_id: int
    email: str
    name: str
    facts: rules.Person


_r, _p = Rhythm.__table__.c, Person.__table__.c
_enrolment, _lesson = Enrolment.__table__.c, Lesson.__table__.c
_progress, _answer = Progress.__table__.c, Answer.__table__.c
_now = sa.bindparam("now", type_=UTCDateTime)
_MEASURES = [measure.name for measure in coursework.MEASURES]
_THEIR_PROGRESS = _progress.person_id == _r.person_id
_THEIR_ANSWER = _answer.person_id == _r.person_id
_IS_MEASURE = sa.and_(_THEIR_ANSWER, _answer.field.in_(_MEASURES))
_DONE = (
    sa.exists()
    .where(_THEIR_PROGRESS, _progress.lesson_id == _lesson.id, _progress.completed_at.is_not(None))
    .correlate(Rhythm.__table__, Lesson.__table__)
)

# As `about` names it in the outbox.
_ABOUT = sa.literal("rhythm:") + sa.cast(_r.id, sa.String)


def about(rhythm_id: int) -> str:
    """What the outbox calls this yes, which its mails are about."""
    return f"rhythm:{rhythm_id}"


def _last(column: sa.ColumnElement[Any], *which: sa.ColumnElement[bool]) -> Any:
    return sa.select(sa.func.max(column)).where(*which).correlate(Rhythm.__table__)


_JOINED = sa.select(sa.func.min(_enrolment.starts_at)).where(
    _enrolment.person_id == _r.person_id,
    _enrolment.open,
    _enrolment.starts_at <= _now,
    _enrolment.access_until > _now,
)
_NEXT = (
    sa.select(
        *(_r.id, _r.person_id, _p.email, _p.name, _r.given_at, _r.paused_until),
        _JOINED.scalar_subquery().label("joined_at"),
        _last(_progress.seen_at, _THEIR_PROGRESS).label("seen_at"),
        _last(_progress.heard_at, _THEIR_PROGRESS).label("heard_at"),
        _last(_progress.completed_at, _THEIR_PROGRESS).label("completed_at"),
        _last(_answer.changed_at, _THEIR_ANSWER).label("answered_at"),
        _last(_answer.changed_at, _IS_MEASURE, _answer.sheet == sa.bindparam("end")).label("ended"),
        sa.exists().where(_IS_MEASURE, _answer.sheet == coursework.LATER_SHEET).label("again"),
        sa.exists().where(_lesson.archived_at.is_(None), ~_DONE).label("is_under_way"),
        sa.exists().where(Mail.about == _ABOUT, Mail.state.in_(LOST)).label("is_lost"),
    )
    .join_from(Rhythm.__table__, Person.__table__, _p.id == _r.person_id)
    .where(_r.active_of.is_not(None), _r.look_at <= _now)
    .order_by(_r.look_at, _r.id)
    .limit(sa.bindparam("most"))
    .with_for_update(of=Rhythm.__table__, skip_locked=True)
)


def next_in_line(most: int, now: datetime) -> list[Reader]:
    """Who is looked at now, at most so many; until the end of the transaction by nobody else."""
    given = {"now": now, "most": most, "end": _last_station()}
    rows = db.session.execute(_NEXT, given).all()
    sent = _sent(row.person_id for row in rows)
    return [_reader(row, sent.get(row.person_id, [])) for row in rows]


def _reader(row: Any, sent: Sequence[tuple[str, datetime]]) -> Reader:
    seen = (row.given_at, row.seen_at, row.heard_at, row.completed_at, row.answered_at)
    facts = rules.Person(
        agreed_at=row.given_at,
        open=row.joined_at is not None and not row.is_lost,
        joined_at=row.joined_at or row.given_at,
        active_at=max(moment for moment in seen if moment),
        finished_at=None if row.is_under_way else row.completed_at,
        measured_at=None if row.again else row.ended,
        paused_until=row.paused_until,
        sent=tuple(sent),
    )
    return Reader(row.id, row.person_id, row.email, row.name, facts)


def _last_station() -> str:
    """The lesson that measures at the end of the course, "" when none measures."""
    query = sa.select(_lesson.slug, _lesson.homework).where(_lesson.archived_at.is_(None))
    rows = db.session.execute(query.order_by(_lesson.position.desc()))
    first = _MEASURES[0]
    return next((slug for slug, asked in rows if any(f["name"] == first for f in asked)), "")


def _sent(people: Iterable[int]) -> dict[int, list[tuple[str, datetime]]]:
    """By person: each kind of mail that ever went to them, and when it last did."""
    query = (
        sa.select(RhythmMail.person_id, RhythmMail.kind, sa.func.max(RhythmMail.sent_at))
        .where(RhythmMail.person_id.in_(list(people)))
        .group_by(RhythmMail.person_id, RhythmMail.kind)
    )
    found: dict[int, list[tuple[str, datetime]]] = {}
    for person_id, kind, sent_at in db.session.execute(query):
        found.setdefault(person_id, []).append((kind, sent_at))
    return found


def standing(person_id: int) -> Rhythm | None:
    """The yes that holds now."""
    return db.session.scalar(sa.select(Rhythm).where(Rhythm.active_of == person_id))


def reader_of(token_hash: str) -> int | None:
    """The person to whom the mail with this token went."""
    return db.session.scalar(
        sa.select(RhythmMail.person_id).where(RhythmMail.token_hash == token_hash)
    )
