"""What we believe of payments, in the few columns that a comparison with Stripe needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from shop.course.models import Enrolment
from shop.db import db
from shop.gifts.models import Gift
from shop.orders.comparison_rules import Ours
from shop.orders.models import Attempt, Order, StripeEvent
from shop.orders.rules import ACCESS

MOST_AT_ONCE = 500  # SQLite takes so many values in one statement, and more

_other = aliased(Attempt)
_SOURCE = sa.literal("order:") + sa.cast(Order.id, sa.String)
_HAS_ACCESS = sa.case(
    (Order.is_gift, sa.exists().where(Gift.order_id == Order.id, Gift.is_open)),
    else_=sa.exists().where(Enrolment.source == _SOURCE, Enrolment.open),
)
# A withdrawal closes the course before the money is back; who was erased is not let in.
_IS_OVER = sa.or_(
    Order.withdrawn_at.is_not(None),
    Order.browser_hash == "",
    sa.and_(Order.is_gift, ~sa.exists().where(Gift.order_id == Order.id)),
)
_OTHERWISE = sa.exists().where(
    _other.order_id == Order.id, _other.id != Attempt.id, _other.state.in_(ACCESS)
)
_OURS = sa.select(
    *(Attempt.session_id, Attempt.id, Order.number, Attempt.total_ore, Attempt.refunded_ore),
    *(_HAS_ACCESS, _IS_OVER, _OTHERWISE),
).join(Order, Order.id == Attempt.order_id)


def ours(sessions: Sequence[str]) -> dict[str, Ours]:
    """What we believe of each of these sessions; those we do not know are left out."""
    found: dict[str, Ours] = {}
    for start in range(0, len(sessions), MOST_AT_ONCE):
        some = _OURS.where(Attempt.session_id.in_(sessions[start : start + MOST_AT_ONCE]))
        for session_id, *row in db.session.execute(some):
            found[session_id] = _belief(row)
    return found


def _belief(row: Sequence[Any]) -> Ours:
    attempt_id, number, total_ore, refunded_ore, *flags = row
    return Ours(attempt_id, number, total_ore or 0, refunded_ore, *map(bool, flags))


def with_access(since: datetime | None) -> dict[str, Ours]:
    """Sessions that we believe were paid, of attempts made since then; without a time, all."""
    query = _OURS.where(Attempt.state.in_(ACCESS), Attempt.session_id.is_not(None))
    if since:
        query = query.where(Attempt.created_at >= since)
    return {session_id: _belief(row) for session_id, *row in db.session.execute(query)}


def open_without_order() -> Sequence[str]:
    """Numbers of orders that give no access, though their course is open."""
    query = (
        sa.select(Order.number)
        .join(Enrolment, Enrolment.source == _SOURCE)
        .where(Enrolment.open)
        .where(sa.or_(Order.state.not_in(ACCESS), Order.withdrawn_at.is_not(None)))
    )
    return db.session.scalars(query).all()


def attempts_by_intents(intents: Sequence[str]) -> Sequence[int]:
    """The attempts that these payments pay."""
    found: list[int] = []
    for start in range(0, len(intents), MOST_AT_ONCE):
        some = Attempt.intent_id.in_(intents[start : start + MOST_AT_ONCE])
        found += db.session.scalars(sa.select(Attempt.id).where(some))
    return found


def oldest_waiting(now: datetime, patience: timedelta) -> str | None:
    """The event that has waited longest to be followed, if longer than `patience`."""
    query = (
        sa.select(StripeEvent.id)
        .where(StripeEvent.status == "pending", StripeEvent.received_at < now - patience)
        .order_by(StripeEvent.received_at)
        .limit(1)
    )
    found: str | None = db.session.scalar(query)
    return found
