"""From an order to Stripe's pay page, without ever leaving two pages open to pay the same."""

from __future__ import annotations

from contextlib import suppress

from shop.db import db, transaction
from shop.orders import actions, gateway, models, rules
from shop.orders.gateway import StripeUnavailable
from shop.orders.models import Attempt, Order
from shop.orders.sync import Contended, sync
from shop.web import now, public_url


def pay_page(order: Order) -> str:
    """The address where the order is paid; the same one while it is open.

    Raises StripeUnavailable; the order stays, and calling again goes on where this stopped.
    """
    last = models.latest_attempt(order.id)
    if last and last.url and last.state == "awaiting":
        if rules.is_reusable(last.session_id, last.expires_at, now()):
            return last.url
        close_pay_page(order)
    with transaction():
        attempt = actions.open_attempt(order, now())
    return open_page(order, attempt)


def open_page(order: Order, attempt: Attempt) -> str:
    """Has Stripe make the attempt's pay page and returns its address. Raises StripeUnavailable."""
    attempt_id = attempt.id  # the row is read afresh in a transaction; the id needs no look
    success = public_url("orders.thanks") + "?session_id={CHECKOUT_SESSION_ID}"
    try:
        session_id, url = gateway.create_session(
            actions.reference(order, attempt),
            order.email,
            order.amount_ore,
            attempt.expires_at,
            success,
            public_url("orders.order"),
        )
    except StripeUnavailable as error:
        if error.refused:
            with transaction():
                actions.refused(attempt_id)
        raise
    with transaction():
        actions.opened(attempt_id, session_id, url)
    return url


def close_pay_page(order: Order) -> str:
    """Expires what is open, and says where the order then stands: it may just have been paid.

    Raises StripeUnavailable.
    """
    last = models.latest_attempt(order.id)
    if last is None or last.session_id is None:
        return order.state
    with suppress(StripeUnavailable):  # not open any more, or Stripe is away: the look tells which
        gateway.expire(last.session_id)
    return sync(last.id)


def current_state(order: Order) -> str:
    """Where the order stands by Stripe's own word; by ours while Stripe does not answer."""
    last = models.latest_attempt(order.id)
    if last is None or last.session_id is None:
        return order.state
    try:
        return sync(last.id, patient=False)
    except (StripeUnavailable, Contended):
        db.session.refresh(order)
        return order.state
