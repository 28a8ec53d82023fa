"""Why a course that somebody had is closed to them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from shop.accounts.models import Visitor
from shop.course.models import Enrolment, enrolment_source
from shop.db import db

OVER = "over"  # nobody took the access back: its time is up


class Closed(NamedTuple):
    """`why` is the state of the order that took the access back, or OVER; None when they had none.

    `until` is when its time is up.
    """

    why: str | None = None
    until: datetime | None = None


def closed(visitor: Visitor, now: datetime) -> Closed:
    """What became of the access that this visitor had last."""
    query = sa.select(Enrolment.open, Enrolment.closed_because, Enrolment.access_until).where(
        Enrolment.person_id == visitor.person_id,
        sa.or_(Enrolment.open.is_(False), Enrolment.access_until <= now),
    )
    if visitor.order_id is not None:
        query = query.where(Enrolment.source == enrolment_source(visitor.order_id))
    row = db.session.execute(query.order_by(Enrolment.id.desc()).limit(1)).one_or_none()
    if row is None:
        return Closed()
    return Closed(OVER if row.open else row.closed_because, row.access_until)
