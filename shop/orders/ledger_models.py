"""Movements of money at Stripe, kept for the books, and the postings that come of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model, db
from shop.invoices.models import Document
from shop.invoices.rules import vat_in
from shop.orders import ledger_rules
from shop.orders.ledger_rules import TRADE, Movement, Paper, Posting
from shop.orders.models import Attempt, Order
from shop.web import settings


class StripeMovement(Model):
    """A balance transaction as Stripe listed it. Rows never change: Stripe's do not either."""

    __tablename__ = "stripe_movement"

    id: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(60))
    amount_ore: Mapped[int]
    fee_ore: Mapped[int]
    currency: Mapped[str] = mapped_column(sa.String(3))
    at: Mapped[datetime] = mapped_column(index=True)
    source_id: Mapped[str] = mapped_column(sa.String(200))
    intent_id: Mapped[str | None] = mapped_column(sa.String(200), index=True)


def latest() -> datetime | None:
    """When the newest movement we know was made."""
    return db.session.scalar(sa.select(sa.func.max(StripeMovement.at)))


def balance(before: datetime) -> int:
    """What stood at Stripe then, in øre, as far as its movements are here."""
    net = StripeMovement.amount_ore - StripeMovement.fee_ore
    query = sa.select(sa.func.coalesce(sa.func.sum(net), 0)).where(StripeMovement.at < before)
    return int(db.session.scalar(query) or 0)


def amount_of(source_id: str, kind: str) -> int | None:
    """The movement that something at Stripe made, in øre; None when it is not here."""
    query = sa.select(StripeMovement.amount_ore).where(
        StripeMovement.source_id == source_id, StripeMovement.kind == kind
    )
    return db.session.scalar(query)


_MOVEMENTS = (
    sa.select(
        *(StripeMovement.id, StripeMovement.kind, StripeMovement.amount_ore),
        *(StripeMovement.fee_ore, StripeMovement.currency, StripeMovement.at),
        *(StripeMovement.source_id, StripeMovement.intent_id, Order.id, Order.number),
    )
    .outerjoin(Attempt, Attempt.intent_id == StripeMovement.intent_id)
    .outerjoin(Order, Order.id == Attempt.order_id)
    .order_by(StripeMovement.at, StripeMovement.id)
)


def postings(since: datetime, until: datetime) -> Iterator[Posting]:
    """The lines of every movement of the period, oldest first; `until` is not part of it."""
    papers = _papers(until)
    treatment = settings().clinic["vat_treatment"]
    had: dict[str, int] = {}
    for *facts, order_id, number in db.session.execute(_MOVEMENTS.where(StripeMovement.at < until)):
        for movement in ledger_rules.apart(Movement(*facts), had):
            paper = ledger_rules.voucher_of(movement, papers[order_id]) if order_id else None
            if movement.at < since:
                continue  # only its paper is used up
            is_trade = movement.kind in TRADE
            vat = paper.vat_ore if paper else vat_in(abs(movement.amount_ore), treatment)
            yield from ledger_rules.postings(movement, paper, vat if is_trade else 0, number or "")


def _papers(until: datetime) -> dict[int, list[Paper]]:
    """The papers of each order that has a movement before then, oldest first."""
    orders = (
        sa.select(Attempt.order_id)
        .join(StripeMovement, StripeMovement.intent_id == Attempt.intent_id)
        .where(StripeMovement.at < until)
    )
    query = sa.select(Document).where(Document.order_id.in_(orders)).order_by(Document.id)
    found: dict[int, list[Paper]] = defaultdict(list)
    for each in db.session.scalars(query):
        paper = Paper(each.number, each.kind, each.amount_ore, each.vat_ore, each.line["why"])
        found[each.order_id].append(paper)
    return found
