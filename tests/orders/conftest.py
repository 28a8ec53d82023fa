from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from shop.db import db, transaction
from shop.orders import refund_actions, refunds, timeline_models
from shop.orders.models import Order
from shop.orders.refund_models import RefundRequest
from shop.outbox.models import Mail
from shop.web import now
from tests.conftest import Shop


@dataclass
class Counter:
    """Paying back, as the back office does it, and what is to be seen of it afterwards."""

    shop: Shop

    def ask(self, amount_ore: int | None = None, **given: Any) -> int:
        """Writes down that so much of the only order is to be paid back."""
        with self.shop.app.app_context(), transaction():
            order_id = db.session.scalars(sa.select(Order.id)).one()
            return refund_actions.ask(
                order_id, amount_ore, "goodwill", "k@example.dk", now(), **given
            )

    def carry_out(self) -> None:
        with self.shop.app.app_context():
            for order_id in db.session.scalars(sa.select(Order.id)).all():
                refunds.carry_out(order_id)

    def refund(self, amount_ore: int | None = None, **given: Any) -> None:
        self.ask(amount_ore, **given)
        self.carry_out()

    def order(self) -> Order:
        with self.shop.app.app_context():
            return db.session.scalars(sa.select(Order)).one()

    def requests(self) -> list[tuple[int, str]]:
        """Amount and state of each request."""
        with self.shop.app.app_context():
            rows = db.session.scalars(sa.select(RefundRequest).order_by(RefundRequest.id))
            return [(row.amount_ore, row.state) for row in rows]

    def at_stripe(self) -> list[int]:
        """What Stripe has paid back."""
        return [refund["amount"] for refund in self.shop.stripe.state()["refunds"]]

    def timeline(self) -> list[str]:
        with self.shop.app.app_context():
            return [row.what for row in timeline_models.timeline(self.order().id)]

    def mails(self, kind: str) -> Sequence[str]:
        """The last words of the keys of all mails of a kind."""
        with self.shop.app.app_context():
            query = sa.select(Mail.dedupe_key).where(Mail.kind == kind).order_by(Mail.id)
            return [key.rpartition(":")[2] for key in db.session.scalars(query)]


@pytest.fixture
def counter(shop: Shop) -> Counter:
    return Counter(shop)


@pytest.fixture
def bought(shop: Shop, browser: Any) -> Callable[[], str]:
    """Buys, and returns the payment's id at Stripe."""
    return lambda: shop.intent(shop.buy(browser))
