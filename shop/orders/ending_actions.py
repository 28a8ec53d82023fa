"""Deletes purchases whose time is up, with all that belongs to them. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

import shop.course.actions as course_actions
import shop.gifts.actions as gifts
import shop.invoices.actions as invoices
import shop.outbox.actions as outbox
from shop.course.models import Enrolment, enrolment_source
from shop.db import db
from shop.invoices.models import Document
from shop.orders import refund_rules, rules
from shop.orders.ledger_models import StripeMovement
from shop.orders.models import Attempt, Order
from shop.orders.refund_models import RefundRequest
from shop.orders.timeline_models import OrderEvent

MOST = 1000  # orders a day; what is left goes tomorrow
_WITHDRAWAL = sa.table("withdrawal", sa.column("order_id"))
_SOURCE = sa.literal("order:") + sa.cast(Order.id, sa.String)


def purge(now: datetime) -> None:
    """Deletes orders that nobody paid, and those whose years in the books are over.

    A statement of withdrawal holds its order back: what it is about can be looked up.
    """
    _delete(_unpaid(now - rules.UNPAID_KEPT))
    _delete(_out_of_the_books(rules.books_since(now), now))


def _unpaid(before: datetime) -> list[sa.ColumnElement[bool]]:
    """No money has come, and there was no try to pay since then."""
    tried = sa.or_(Attempt.expires_at >= before, Attempt.received_ore > 0)
    return [
        Order.state.in_(sorted(rules.NOTHING_PAID)),
        Order.confirmed_at.is_(None),
        Order.created_at < before,
        ~sa.exists().where(Attempt.order_id == Order.id, tried),
        ~sa.exists().where(Document.order_id == Order.id),
        ~sa.exists().where(RefundRequest.order_id == Order.id),
        ~sa.exists().where(Enrolment.source == _SOURCE),
    ]


def _out_of_the_books(since: datetime, now: datetime) -> list[sa.ColumnElement[bool]]:
    """Nothing has happened to it or its money since then, and nothing is to come."""
    still_open = RefundRequest.state.in_(sorted(refund_rules.OPEN))
    at_stripe = sa.exists().where(
        Attempt.order_id == Order.id,
        StripeMovement.intent_id == Attempt.intent_id,
        StripeMovement.at >= since,
    )
    return [
        Order.state.not_in(sorted(rules.UNSETTLED)),
        Order.created_at < since,
        ~sa.exists().where(Document.order_id == Order.id, Document.issued_at >= since),
        ~sa.exists().where(OrderEvent.order_id == Order.id, OrderEvent.at >= since),
        ~sa.exists().where(
            RefundRequest.order_id == Order.id,
            sa.or_(RefundRequest.changed_at >= since, still_open),
        ),
        ~sa.exists().where(Enrolment.source == _SOURCE, Enrolment.access_until > now),
        ~at_stripe,
    ]


def _delete(which: list[sa.ColumnElement[bool]]) -> None:
    is_withdrawn = sa.exists().where(_WITHDRAWAL.c.order_id == Order.id)
    query = sa.select(Order.id).where(*which, ~is_withdrawn).order_by(Order.id).limit(MOST)
    # Whoever is paying one of them right now keeps it: it is looked at again tomorrow.
    ids: Sequence[int] = db.session.scalars(query.with_for_update(skip_locked=True)).all()
    if not ids:
        return
    invoices.forget(ids)
    gifts.forget(ids)
    # Nobody could tell any more what an access is that is called after a deleted order.
    course_actions.forget([enrolment_source(order_id) for order_id in ids])
    for model in (OrderEvent, RefundRequest, Attempt):
        db.session.execute(sa.delete(model).where(model.order_id.in_(ids)))
    db.session.execute(sa.delete(Order).where(Order.id.in_(ids)))
    for order_id in ids:
        outbox.forget(f"order:{order_id}")
