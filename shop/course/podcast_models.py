"""A buyer's own podcast: its key, whether it is open, and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.course.models import Enrolment, Lesson
from shop.db import Model, db


class PodcastFeed(Model):
    """The one feed of a person. Its address holds a token that is nowhere in the database: only its
    hash, to find the feed by, and the `salt` that together with SECRET_KEY makes it again."""

    __tablename__ = "podcast_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    salt: Mapped[str] = mapped_column(sa.String(43))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime]


class Subscription(NamedTuple):
    """A feed that was asked for; `until` is when its person's access ends, None when it has."""

    feed_id: int
    until: datetime | None


class Episode(NamedTuple):
    """A lesson that can be heard. `sound` as in `manuscript.facts`, with `since` when it came."""

    slug: str
    title: str
    module: int
    position: int
    episode: str
    goals: list[str]
    audio: dict[str, Any]
    sound: dict[str, Any]
    manuscript: str


# Built once, as an app asks for a sound piece by piece.
_feed, _lesson, _enrolment = PodcastFeed.__table__.c, Lesson.__table__.c, Enrolment.__table__.c
_UNTIL = sa.select(sa.func.max(_enrolment.access_until)).where(
    _enrolment.person_id == _feed.person_id,
    _enrolment.open,
    _enrolment.starts_at <= sa.bindparam("now"),
    _enrolment.access_until > sa.bindparam("now"),
)
_SUBSCRIPTION = sa.select(_feed.id, _UNTIL.scalar_subquery()).where(
    _feed.token_hash == sa.bindparam("token_hash")
)
_EPISODES = (
    sa.select(
        *(_lesson.slug, _lesson.title, _lesson.module, _lesson.position, _lesson.episode),
        *(_lesson.goals, _lesson.audio, _lesson.sound, _lesson.manuscript),
    )
    .where(_lesson.archived_at.is_(None), _lesson.episode.is_not(None))
    .order_by(_lesson.position)
)
_EPISODE = _EPISODES.where(_lesson.episode == sa.bindparam("episode"))


def subscription(token_hash: str, now: datetime) -> Subscription | None:
    """The feed with this token, and whether it is open now."""
    row = db.session.execute(_SUBSCRIPTION, {"token_hash": token_hash, "now": now}).one_or_none()
    return Subscription._make(row) if row else None


def episodes() -> Sequence[Episode]:
    """Every lesson that is recorded, in order."""
    found = [Episode._make(row) for row in db.session.execute(_EPISODES)]
    return [each for each in found if each.sound]


def episode(name: str) -> Episode | None:
    """The lesson with this sound, when it is recorded."""
    row = db.session.execute(_EPISODE, {"episode": name}).one_or_none()
    return Episode._make(row) if row and row.sound else None


def feed_of(person_id: int) -> PodcastFeed | None:
    """The person's feed, if they have made one."""
    return db.session.scalar(sa.select(PodcastFeed).where(PodcastFeed.person_id == person_id))
