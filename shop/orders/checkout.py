"""From an order to Stripe's pay page, without ever leaving two pages open to pay the same."""

from __future__ import annotations

from contextlib import suppress

import shop.course.models as course_models
import shop.gifts.models as gift_models
from shop.accounts.rules import fold
from shop.db import db, transaction
from shop.gifts.rules import Wish
from shop.orders import actions, agreement, gateway, models, rules
from shop.orders.gateway import SessionUnknown, StripeUnavailable
from shop.orders.models import Attempt, Order
from shop.orders.rules import PayRequest
from shop.orders.sync import Contended, sync
from shop.web import now, public_url


def where_to_pay(
    browser_hash: str, email: str, name: str, terms_version: str, wish: Wish | None = None
) -> str | None:
    """The address where this browser pays; None when there is nothing more to pay.

    The browser's order is used again when it is for the same, so that two clicks, Back and a
    second try are one purchase; otherwise its pay page is closed before there is a new one.
    Raises StripeUnavailable; the order stays, and calling again goes on where this stopped.
    Raises NothingForSale when there is no course; then nothing is written. With a `wish` the
    course is for somebody else; one who has given may give and buy again.
    """
    wanted = (email, name, terms_version, browser_hash, wish)
    with transaction():
        request = actions.place(*wanted, now())
    if request:
        return _open(request)
    current = models.current_order(browser_hash)
    if current and _may_go_on(current, fold(email), name, wish):
        return pay_page(current)
    with transaction():
        if current:
            actions.let_go(current.id)
        request = actions.place(*wanted, now())
    if request:
        return _open(request)
    # Another click was faster and has placed the very order.
    current = models.current_order(browser_hash)
    return pay_page(current) if current else None


def _may_go_on(order: Order, email: str, name: str, wish: Wish | None) -> bool:
    """Whether the browser's order is the one wanted now; if not, nobody can pay it any more."""
    course = course_models.offer()
    state = look(models.latest_attempt(order.id), order)
    gift = gift_models.of_order(order.id) if order.is_gift else None
    agreed = course and agreement.of(course).digest
    wanted = (email, name, course and course.price_ore, agreed, wish)
    known = (order.email, order.name, order.amount_ore, order.agreed, gift and gift.wish)
    same = known == wanted
    if state == "awaiting" and not same:
        state = close_pay_page(order)
    if state in rules.ACCESS and not _is_in_use(order):
        return False
    if state in rules.UNDER_WAY:
        return order.email == email and wish is None and gift is None
    return same and state in {"awaiting", "failed", "expired"}


def _is_in_use(order: Order) -> bool:
    """Whether its buyer has what was paid for still; run out, or given away, it is past."""
    return order.source in course_models.open_sources(order.person_id, now())


def pay_page(order: Order) -> str | None:
    """The address where the order is paid, the same one while it is open; None when it is paid.

    Raises StripeUnavailable.
    """
    if order.state in rules.UNDER_WAY:
        return None
    last = models.latest_attempt(order.id)
    if last and last.is_open(now()):
        return last.url
    is_running_out = last is not None and last.url is not None and last.state == "awaiting"
    if is_running_out and close_pay_page(order) in rules.UNDER_WAY:
        return None
    with transaction():
        request = actions.open_attempt(order.id, now())
    return _open(request) if request else pay_page(order)


def _open(request: PayRequest) -> str:
    success = public_url("orders.thanks") + "?session_id={CHECKOUT_SESSION_ID}"
    try:
        session_id, url = gateway.create_session(request, success, public_url("orders.order"))
    except StripeUnavailable as error:
        if error.refused:
            with transaction():
                actions.refused(request.attempt_id)
        raise
    # Lost in a power cut, it is found again: the same attempt gets the same page from Stripe, and
    # Stripe's events carry its reference.
    with transaction(durable=False):
        actions.opened(request.attempt_id, session_id, url)
    return url


def close_pay_page(order: Order) -> str:
    """Expires what is open, and says where the order then stands: it may just have been paid.

    Raises StripeUnavailable when it may still be open.
    """
    last = models.latest_attempt(order.id)
    if last is None or last.session_id is None:
        return order.state
    with suppress(StripeUnavailable):  # not open any more, or Stripe is away: the look tells which
        gateway.expire(last.session_id)
    try:
        state = sync(last.id)
    except SessionUnknown:
        with transaction():
            actions.forget(last.id)
        return "expired"
    db.session.refresh(last)
    if last.state == "awaiting":
        raise StripeUnavailable("its pay page is still open")
    return state


def look(attempt: Attempt | None, order: Order) -> str:
    """Where the order stands by Stripe's own word; by ours while Stripe does not answer."""
    if attempt is None or attempt.session_id is None:
        return order.state
    with suppress(StripeUnavailable, Contended):
        state = sync(attempt.id, patient=False)
        db.session.refresh(attempt)
        return state
    db.session.refresh(order)
    return order.state
