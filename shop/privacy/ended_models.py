"""Who has left something in the course and has no access to it any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from shop.accounts.models import Person
from shop.course.models import Enrolment
from shop.course.podcast_models import PodcastFeed
from shop.coursework.licence_models import Licence
from shop.coursework.models import Answer, AnswerConsent, PlanShare
from shop.db import db
from shop.orders.timeline_models import OrderEvent
from shop.privacy import rules

# What goes with the access, and when each row was written.
LEFT: dict[Any, Any] = {
    Answer: Answer.changed_at,
    AnswerConsent: AnswerConsent.given_at,
    PlanShare: PlanShare.shared_at,
    Licence: Licence.issued_at,
    PodcastFeed: PodcastFeed.made_at,
}
_HOLDS = sa.or_(*(sa.exists().where(model.person_id == Person.id) for model in LEFT))
_LAST_HEARD = (
    sa.select(sa.func.max(OrderEvent.at))
    .where(sa.literal("order:") + sa.cast(OrderEvent.order_id, sa.String) == Enrolment.source)
    .scalar_subquery()
)
_CLOSED_AT = sa.case((Enrolment.open, None), else_=_LAST_HEARD)


class Reader(NamedTuple):
    """Somebody who may have something deleted."""

    id: int
    email: str
    name: str


def readers(since: datetime) -> Sequence[Reader]:
    """Whoever left something in the course, and had no open access to it after `since`."""
    later = Enrolment.open, Enrolment.access_until > since
    has_access = sa.exists().where(Enrolment.person_id == Person.id, *later)
    query = sa.select(Person.id, Person.email, Person.name).where(_HOLDS, ~has_access)
    return [Reader._make(row) for row in db.session.execute(query.order_by(Person.id))]


def ended_at(person_id: int) -> datetime | None:
    """When the person's last access ended, or will.

    Where no access is known, as it went with its order, the newest thing they left counts instead;
    None when there is nothing either.
    """
    query = sa.select(Enrolment.open, Enrolment.access_until, _CLOSED_AT)
    found = db.session.execute(query.where(Enrolment.person_id == person_id)).all()
    ends = [rules.access_ended(*access) for access in found] or _written(person_id)
    return max(ends, default=None)


def _written(person_id: int) -> list[datetime]:
    newest = (
        db.session.scalar(sa.select(sa.func.max(at)).where(model.person_id == person_id))
        for model, at in LEFT.items()
    )
    return [at for at in newest if at is not None]
