"""Which lessons the clinician has approved, word for word, and whether the course may be sold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.course.models import Lesson
from shop.db import Model, db


class Approval(Model):
    """Somebody has read a lesson and answers for it. It is for the very text with this `digest`:
    a lesson that is changed has to be approved anew, and one changed back is approved again."""

    __tablename__ = "lesson_approval"

    id: Mapped[int] = mapped_column(primary_key=True)
    lesson_id: Mapped[int] = mapped_column(sa.ForeignKey("lesson.id"))
    digest: Mapped[str] = mapped_column(sa.String(64))
    name: Mapped[str] = mapped_column(sa.String(120))
    approved_at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("lesson_id", "digest"),)


class Standing(NamedTuple):
    """A lesson as the clinician sees it; `name` and `approved_at` are of the last approval.

    It is `current` when that was for the text as it stands now.
    """

    slug: str
    title: str
    position: int
    digest: str
    name: str | None
    approved_at: datetime | None
    current: bool


_lesson, _approval = Lesson.__table__.c, Approval.__table__.c
_APPROVED = sa.exists().where(_approval.lesson_id == _lesson.id, _approval.digest == _lesson.digest)
_WAITING = sa.select(sa.exists().where(_lesson.archived_at.is_(None), ~_APPROVED))


def is_sold(production: bool) -> bool:
    """Whether the course may be bought: in production not before every lesson is approved."""
    return not production or not db.session.scalar(_WAITING)


def standings() -> Sequence[Standing]:
    """All lessons in order, with what was approved of them last."""
    last = (
        sa.select(_approval.lesson_id, sa.func.max(_approval.id).label("id"))
        .group_by(_approval.lesson_id)
        .subquery()
    )
    query = (
        sa.select(
            *(_lesson.slug, _lesson.title, _lesson.position, _lesson.digest),
            *(_approval.name, _approval.approved_at),
            _APPROVED.correlate(Lesson.__table__),
        )
        .select_from(Lesson.__table__)
        .outerjoin(last, last.c.lesson_id == _lesson.id)
        .outerjoin(Approval.__table__, _approval.id == last.c.id)
        .where(_lesson.archived_at.is_(None))
        .order_by(_lesson.position)
    )
    return [Standing._make(row) for row in db.session.execute(query)]


def lesson(slug: str) -> Lesson | None:
    """The whole lesson, as it is read before it is approved."""
    query = sa.select(Lesson).where(Lesson.slug == slug, Lesson.archived_at.is_(None))
    return db.session.scalar(query)


def approval(lesson_id: int, digest: str) -> Approval | None:
    """The approval of this very text, if there is one."""
    query = sa.select(Approval).where(Approval.lesson_id == lesson_id, Approval.digest == digest)
    return db.session.scalar(query)
