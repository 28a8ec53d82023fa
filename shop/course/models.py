"""The course, who has access to it, and how far they have come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.accounts.models import Visitor
from shop.course.rules import Content, Step
from shop.db import Model, db


class Course(Model):
    """The one course the site sells. `source` is the very text of its file."""

    __tablename__ = "course"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    title: Mapped[str] = mapped_column(sa.String(300))
    price_ore: Mapped[int]
    currency: Mapped[str] = mapped_column(sa.String(3))
    access_months: Mapped[int]
    modules: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    html: Mapped[str] = mapped_column(sa.Text, deferred=True)
    path: Mapped[str] = mapped_column(sa.String(200))
    source: Mapped[str] = mapped_column(sa.Text, deferred=True)


class Lesson(Model):
    """One lesson, rendered at import. A lesson taken out of the files is archived, not deleted."""

    __tablename__ = "lesson"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    module: Mapped[int]
    position: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(300))
    minutes: Mapped[int]
    preview: Mapped[bool]
    approval: Mapped[str] = mapped_column(sa.String(300))
    goals: Mapped[list[str]] = mapped_column(sa.JSON)
    step: Mapped[str] = mapped_column(sa.String(300), default="", server_default="")
    short: Mapped[list[str]] = mapped_column(sa.JSON, default=list, server_default="[]")
    homework: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    quiz: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    episode: Mapped[str | None] = mapped_column(sa.String(80), index=True)
    audio: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    sound: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    html: Mapped[str] = mapped_column(sa.Text)
    manuscript: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    path: Mapped[str] = mapped_column(sa.String(200))
    source: Mapped[str] = mapped_column(sa.Text, deferred=True)
    digest: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")
    archived_at: Mapped[datetime | None]

    course: Mapped[Course] = relationship()


class Enrolment(Model):
    """Access to the course. `source` names what gave it, such as "order:17": one each, for good.

    `closed_because` is the state of the order that took it back.
    """

    __tablename__ = "enrolment"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(50), unique=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"))
    open: Mapped[bool] = mapped_column(default=True)
    closed_because: Mapped[str | None] = mapped_column(sa.String(20))
    starts_at: Mapped[datetime]
    access_until: Mapped[datetime]


class Progress(Model):
    """How far one person has come in one lesson. `place` is a paragraph's id.

    `heard` is how far into its sound, in seconds, and `speed` how fast it was played, in percent.
    """

    __tablename__ = "progress"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    lesson_id: Mapped[int] = mapped_column(sa.ForeignKey("lesson.id"))
    place: Mapped[str] = mapped_column(sa.String(20), default="")
    seen_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    heard: Mapped[int | None]
    speed: Mapped[int | None]
    heard_at: Mapped[datetime | None]

    __table_args__ = (sa.UniqueConstraint("person_id", "lesson_id"),)


def the_course() -> Course | None:
    """The course, or None before the first import."""
    return db.session.scalar(sa.select(Course).order_by(Course.id).limit(1))


# Built once: building a statement costs three times what running it does. Of the tables, not the
# classes: rows that are only read need nothing of what the ORM adds, and cost a third without it.
_course, _lesson = Course.__table__.c, Lesson.__table__.c
_enrolment, _progress = Enrolment.__table__.c, Progress.__table__.c
# Until when this person may read; with a source, as far as that one gave it.
_source = sa.bindparam("source", type_=sa.String(50))
_ACCESS = sa.select(sa.func.max(_enrolment.access_until)).where(
    _enrolment.person_id == sa.bindparam("person_id"),
    _enrolment.open,
    _enrolment.starts_at <= sa.bindparam("now"),
    _enrolment.access_until > sa.bindparam("now"),
    sa.or_(_source.is_(None), _enrolment.source == _source),
)
UNTIL = _ACCESS.scalar_subquery().label("until")
_CONTENT = (
    sa.select(
        *(_lesson.id, _lesson.slug, _lesson.title, _lesson.module, _lesson.position),
        *(_lesson.minutes, _lesson.preview, _lesson.approval, _lesson.episode),
        *(_lesson.html, _lesson.manuscript, _lesson.step),
        # As text: it is parsed where it is shown, not wherever it is fetched.
        *(
            sa.cast(column, sa.Text)
            for column in (
                *(_lesson.short, _lesson.goals, _lesson.homework, _lesson.quiz),
                *(_lesson.audio, _lesson.sound),
            )
        ),
        sa.cast(_course.modules, sa.Text),
        UNTIL,
    )
    .join_from(Lesson.__table__, Course.__table__)
    .where(_lesson.slug == sa.bindparam("slug"), _lesson.archived_at.is_(None))
)
_EPISODE = sa.select(_lesson.preview, _lesson.title, _lesson.audio, UNTIL).where(
    _lesson.episode == sa.bindparam("episode"), _lesson.archived_at.is_(None)
)
_OUTLINE = (
    sa.select(
        _lesson.slug,
        _lesson.title,
        _lesson.module,
        _lesson.position,
        _lesson.minutes,
        _lesson.preview,
        sa.func.coalesce(_progress.place, ""),
        *(_progress.seen_at, _progress.completed_at),
        *(_progress.heard, _progress.speed, _progress.heard_at),
    )
    .join_from(
        Lesson.__table__,
        Progress.__table__,
        sa.and_(
            _progress.lesson_id == _lesson.id, _progress.person_id == sa.bindparam("person_id")
        ),
        isouter=True,
    )
    .where(_lesson.archived_at.is_(None))
    .order_by(_lesson.position)
)


def find_lesson(slug: str) -> Content | None:
    """The lesson at this address; None when there is none or it is archived."""
    found = lesson_for(slug, None, None)
    return found and found[0]


def lesson_for(
    slug: str, visitor: Visitor | None, now: datetime | None
) -> tuple[Content, datetime | None] | None:
    """The lesson at this address, as find_lesson, and until when the visitor has access."""
    wanted = {"slug": slug, **who(visitor, now)}
    row = db.session.connection().execute(_CONTENT, wanted).one_or_none()
    return (Content._make(row[:-1]), row[-1]) if row else None


def episode_for(episode: str, visitor: Visitor | None, now: datetime) -> Any:
    """What decides about a sound: preview, title and audio of its lesson, until when the visitor
    has access. None when there is no such sound."""
    wanted = {"episode": episode, **who(visitor, now)}
    return db.session.execute(_EPISODE, wanted).one_or_none()


def access(visitor: Visitor, now: datetime) -> datetime | None:
    """Until when this browser may read the course; None when it may not.

    A browser that got in by paying reaches only what that order gave.
    """
    until: datetime | None = db.session.scalar(_ACCESS, who(visitor, now))
    return until


def who(visitor: Visitor | None, now: datetime | None) -> dict[str, Any]:
    """What a statement with UNTIL in it is asked with."""
    if visitor is None:
        return {"person_id": None, "source": None, "now": now}
    source = None if visitor.order_id is None else enrolment_source(visitor.order_id)
    return {"person_id": visitor.person_id, "source": source, "now": now}


def outline(person_id: int | None) -> Sequence[Step]:
    """All lessons in order, with the person's progress; without a person, without progress."""
    rows = db.session.connection().execute(_OUTLINE, {"person_id": person_id})
    return [Step._make(row) for row in rows]


def enrolment_source(order_id: int) -> str:
    """What an enrolment is called that an order gave."""
    return f"order:{order_id}"


def open_sources(person_id: int, now: datetime) -> set[str]:
    """Everything that gives this person access, and has not run out."""
    is_open = (Enrolment.open, Enrolment.access_until > now)
    query = sa.select(Enrolment.source).where(Enrolment.person_id == person_id, *is_open)
    return set(db.session.scalars(query))


class Offer(NamedTuple):
    """What is for sale; the price in øre."""

    id: int
    title: str
    price_ore: int
    currency: str
    access_months: int


_OFFER = (
    sa.select(_course.id, _course.title, _course.price_ore, _course.currency, _course.access_months)
    .order_by(_course.id)
    .limit(1)
)


def offer() -> Offer | None:
    """What is for sale, in the few columns that an order needs."""
    row = db.session.execute(_OFFER).one_or_none()
    return Offer(*row) if row else None
