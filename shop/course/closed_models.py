"""Why a course that somebody had is closed to them."""

from __future__ import annotations

import sqlalchemy as sa

from shop.accounts.models import Visitor
from shop.course.models import Enrolment, enrolment_source
from shop.db import db


def why_closed(visitor: Visitor) -> str | None:
    """The state of the order that took the access back last; None when none did."""
    query = sa.select(Enrolment.closed_because).where(
        Enrolment.person_id == visitor.person_id, Enrolment.open.is_(False)
    )
    if visitor.order_id is not None:
        query = query.where(Enrolment.source == enrolment_source(visitor.order_id))
    return db.session.scalar(query.order_by(Enrolment.id.desc()).limit(1))
