"""Money that somebody asked us to pay back, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import EncryptedText, Model, db
from shop.orders import refund_rules as rules
from shop.orders.models import Attempt


class RefundRequest(Model):
    """The intention to pay back, written before Stripe is asked, so that no crash loses it.

    `key` names it to Stripe for good; `sends` counts the answers of Stripe's that were lost.
    """

    __tablename__ = "refund_request"
    moves = rules.MOVES

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"), index=True)
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("payment_attempt.id"))
    key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    sends: Mapped[int] = mapped_column(default=0)
    amount_ore: Mapped[int]
    reason: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str | None] = mapped_column(EncryptedText)
    who: Mapped[str] = mapped_column(sa.String(254))
    state: Mapped[str] = mapped_column(sa.String(20), default="requested")
    refund_id: Mapped[str | None] = mapped_column(sa.String(200), unique=True)
    error: Mapped[str | None] = mapped_column(sa.String(100))
    asked_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (sa.Index("ix_refund_request_state", "state", "asked_at"),)


def of_order(order_id: int) -> Sequence[RefundRequest]:
    """Everything that was asked for, first to last."""
    query = sa.select(RefundRequest).where(RefundRequest.order_id == order_id)
    return db.session.scalars(query.order_by(RefundRequest.id)).all()


def by_key(key: str) -> RefundRequest | None:
    """The request that a refund at Stripe names."""
    return db.session.scalar(sa.select(RefundRequest).where(RefundRequest.key == key))


def open_requests(order_id: int | None = None) -> Sequence[int]:
    """Those that Stripe has not answered yet, oldest first, at most 200; of one order or of all."""
    query = sa.select(RefundRequest.id).where(RefundRequest.state.in_(sorted(rules.OPEN)))
    if order_id is not None:
        query = query.where(RefundRequest.order_id == order_id)
    return db.session.scalars(query.order_by(RefundRequest.id).limit(200)).all()


def waiting(now: datetime, longer_than: timedelta) -> Sequence[Any]:
    """(order, key) of each refund that has waited so long that somebody must look."""
    query = sa.select(RefundRequest.order_id, RefundRequest.key)
    open_ = RefundRequest.state.in_(sorted(rules.OPEN))
    return db.session.execute(query.where(open_, RefundRequest.asked_at < now - longer_than)).all()


def left_of(attempts: Sequence[Attempt], requests: Sequence[RefundRequest]) -> list[int]:
    """What may still be paid back of each attempt, in øre."""
    asked = dict.fromkeys((attempt.id for attempt in attempts), 0)
    for request in requests:
        if request.state in rules.OPEN:
            asked[request.attempt_id] += request.amount_ore
    return [
        rules.left(each.state, each.received_ore, each.refunded_ore, asked[each.id])
        for each in attempts
    ]
