"""Statements that somebody withdraws from a purchase; rows are added and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model, db
from shop.orders.models import Order
from shop.withdrawals.rules import FLAGGED


class Withdrawal(Model):
    """One statement as it was made, whatever it matched.

    `submit_key` makes two clicks one statement. `order_typed` is what somebody wrote, `order_id`
    the purchase that it fits. `asked_ore` is what was asked to be paid back because of it.
    """

    __tablename__ = "withdrawal"

    id: Mapped[int] = mapped_column(primary_key=True)
    submit_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    channel: Mapped[str] = mapped_column(sa.String(10))
    name: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str] = mapped_column(sa.String(254))
    order_typed: Mapped[str] = mapped_column(sa.String(60))
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchase_order.id"), index=True)
    verdict: Mapped[str] = mapped_column(sa.String(20))
    sent_on: Mapped[date]
    last_day: Mapped[date | None]
    asked_ore: Mapped[int | None]
    who: Mapped[str] = mapped_column(sa.String(254))
    received_at: Mapped[datetime] = mapped_column(index=True)


class WithdrawalLook(Model):
    """That the clinician has looked at a statement which the program could not settle."""

    __tablename__ = "withdrawal_look"

    id: Mapped[int] = mapped_column(primary_key=True)
    withdrawal_id: Mapped[int] = mapped_column(sa.ForeignKey("withdrawal.id"), unique=True)
    who: Mapped[str] = mapped_column(sa.String(254))
    at: Mapped[datetime]


def by_key(submit_key: str) -> Withdrawal | None:
    """The statement that was sent under this key."""
    return db.session.scalar(sa.select(Withdrawal).where(Withdrawal.submit_key == submit_key))


def of_order(order_id: int) -> Sequence[Withdrawal]:
    """All statements that fit the order, first to last."""
    query = sa.select(Withdrawal).where(Withdrawal.order_id == order_id)
    return db.session.scalars(query.order_by(Withdrawal.id)).all()


_SEEN = sa.exists().where(WithdrawalLook.withdrawal_id == Withdrawal.id)


def latest(most: int) -> Sequence[Any]:
    """(statement, the order's number or None, whether it waits for a look), newest first."""
    waits = sa.and_(Withdrawal.verdict.in_(sorted(FLAGGED)), ~_SEEN)
    query = sa.select(Withdrawal, Order.number, waits.label("waits"))
    query = query.join(Order, Order.id == Withdrawal.order_id, isouter=True)
    return db.session.execute(query.order_by(waits.desc(), Withdrawal.id.desc()).limit(most)).all()


def waiting() -> int:
    """How many statements nobody has looked at yet, though somebody must."""
    query = sa.select(sa.func.count()).select_from(Withdrawal)
    return db.session.scalar(query.where(Withdrawal.verdict.in_(sorted(FLAGGED)), ~_SEEN)) or 0
