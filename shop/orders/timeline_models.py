"""What happened to an order, line by line; lines are added and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model, db


class OrderEvent(Model):
    """One line: what, when, and who ("stripe", "buyer", "site" or a clinician's address).

    `key` makes the same thing heard of twice one line. `facts` are numbers and words of ours or
    Stripe's, never anybody's health. That it was ordered and confirmed stands on the order itself.
    """

    __tablename__ = "order_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"))
    key: Mapped[str] = mapped_column(sa.String(120))
    what: Mapped[str] = mapped_column(sa.String(40))
    who: Mapped[str] = mapped_column(sa.String(254))
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("order_id", "key"),)


def has_any(order_id: int, keys: Iterable[str]) -> bool:
    """Whether the order has a line with one of these keys."""
    lines = sa.exists().where(OrderEvent.order_id == order_id, OrderEvent.key.in_(list(keys)))
    return bool(db.session.scalar(sa.select(lines)))


def timeline(order_id: int) -> Sequence[OrderEvent]:
    """Every line, first to last."""
    query = sa.select(OrderEvent).where(OrderEvent.order_id == order_id)
    return db.session.scalars(query.order_by(OrderEvent.at, OrderEvent.id)).all()
