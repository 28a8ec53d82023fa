"""Writes about orders. Nothing here commits, and nothing here talks to Stripe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

import shop.accounts.actions as accounts
import shop.course.actions as course_actions
import shop.course.models as course_models
import shop.gifts.actions as gifts
import shop.gifts.models as gift_models
import shop.invoices.actions as invoices
from shop import reference
from shop.accounts.rules import fold
from shop.course.models import Course
from shop.course.rules import RESUME
from shop.db import db, insert_once
from shop.gifts.rules import Wish
from shop.invoices.models import Document
from shop.orders import aftermath_actions, agreement, emails, models, papers, rules
from shop.orders.models import AgreedText, Attempt, Order
from shop.orders.rules import Expected, Facts, PayRequest
from shop.orders.timeline_actions import alert
from shop.outbox.actions import queue
from shop.web import settings


class NothingForSale(Exception):
    """There is no course that an order could be for."""


def place(
    email: str, name: str, terms_version: str, browser_hash: str, wish: Wish | None, now: datetime
) -> PayRequest | None:
    """Writes the order that the buyer has just obliged themselves to pay, and its first attempt.

    With a `wish` it is a gift.

    None, and nothing written of the order, when the browser has an order already. Raises
    NothingForSale.
    """
    course = course_models.offer()
    if course is None:
        raise NothingForSale
    agreed = agreement.of(course)
    insert_once(AgreedText, **agreed._asdict())
    person_id, is_new = accounts.find_or_add(email, name, now)
    number = reference.new()
    order_id = insert_once(
        Order,
        number=number,
        person_id=person_id,
        course_id=course.id,
        email=fold(email),
        name=name,
        amount_ore=course.price_ore,
        currency=course.currency,
        course_title=course.title,
        access_months=course.access_months,
        keeps_right=settings().clinic["withdrawal_mode"] == "keep_14_days",
        terms_version=terms_version,
        agreed=agreed.digest,
        browser_hash=browser_hash,
        current_of=browser_hash,
        is_first=is_new or models.has_tried(person_id, browser_hash),
        is_gift=wish is not None,
        created_at=now,
    )
    if is_new and not order_id:
        accounts.remove(person_id)  # or they would be known the next time, from nothing
    if order_id and wish:
        gifts.add(order_id, course, name, wish, now)
    return order_id and _add_attempt(order_id, number, fold(email), course.price_ore, 1, now)


def let_go(order_id: int) -> None:
    """Makes room for the browser's next order."""
    db.session.execute(sa.update(Order).where(Order.id == order_id).values(current_of=None))


def open_attempt(order_id: int, now: datetime) -> PayRequest | None:
    """The attempt to send to Stripe: the last while its frozen parameters hold, or a new one.

    None when there is an open pay page after all: another click was faster.
    """
    order = db.session.get_one(Order, order_id, with_for_update=True, populate_existing=True)
    last = models.latest_attempt(order_id)
    if last and last.is_open(now):
        return None
    unsent = last is not None and last.session_id is None and not last.refused
    if last and unsent and rules.is_reusable(None, last.expires_at, now):
        sent_as = rules.reference(order.number, last.number)
        return PayRequest(last.id, sent_as, order.email, order.amount_ore, last.expires_at)
    number = last.number + 1 if last else 1
    return _add_attempt(order_id, order.number, order.email, order.amount_ore, number, now)


def _add_attempt(
    order_id: int, order_number: str, email: str, amount_ore: int, number: int, now: datetime
) -> PayRequest:
    expires_at = (now + rules.SESSION_LIFE).replace(microsecond=0)
    attempt_id = insert_once(
        Attempt, order_id=order_id, number=number, created_at=now, expires_at=expires_at
    )
    sent_as = rules.reference(order_number, number)
    return PayRequest(attempt_id, sent_as, email, amount_ore, expires_at)


# Built once, as it is part of every order.
_ATTEMPTS: Any = Attempt.__table__
_OPENED = (
    sa.update(_ATTEMPTS)
    .where(_ATTEMPTS.c.id == sa.bindparam("attempt_id"))
    .values(session_id=sa.bindparam("opened_session"), url=sa.bindparam("opened_url"))
)


def opened(attempt_id: int, session_id: str, url: str) -> None:
    """Stripe has made the pay page."""
    opened = {"attempt_id": attempt_id, "opened_session": session_id, "opened_url": url}
    db.session.execute(_OPENED, opened)


def refused(attempt_id: int) -> None:
    """Stripe will never make this one; the next try gets an attempt of its own."""
    _update_attempt(attempt_id, refused=True, state="failed")


def forget(attempt_id: int) -> None:
    """Stripe knows nothing of this session (any more): nobody can pay it."""
    _update_attempt(attempt_id, state="expired")


def _update_attempt(attempt_id: int, **values: object) -> None:
    db.session.execute(sa.update(Attempt).where(Attempt.id == attempt_id).values(**values))


def settle(attempt_id: int, version: int, facts: Facts, now: datetime) -> str | None:
    """Makes the order what Stripe's facts say, with access and mails, in one transaction.

    `version` is the order's, read before the facts were fetched. Returns the order's state, or
    None when somebody else settled meanwhile: the facts may be old, fetch again.
    """
    attempt = db.session.get_one(Attempt, attempt_id)
    order = db.session.get_one(Order, attempt.order_id)
    state = rules.payment_state(facts, _expected(order, attempt))
    others = [other.state for other in models.attempts_of(order.id) if other.id != attempt.id]
    order_state = rules.order_state([state, *others])
    found, was = _found(attempt, state, facts), order.state
    for kind in sorted(rules.alerts([state, *others])):
        alert(order, kind, now)
    is_news = any(getattr(attempt, name) != value for name, value in found.items())
    if is_news or was != order_state:
        won = _move(order, order_state, version, now)
        if won is None:
            return None
        for name, value in found.items():
            setattr(attempt, name, value)
        _give_or_take_access(order, now)
        sale = papers.sale(order, attempt, facts)
        documents = invoices.bring_in_line(sale, now)
        if won == "confirmed":
            _confirm(order, facts.discount_ore, documents, now)
        elif not order.is_erased:
            invoices.send(documents, now)
    aftermath_actions.follow(order, attempt, facts, was, now)
    return order_state


def _move(order: Order, state: str, version: int, now: datetime) -> str | None:
    """Writes the order's state; "confirmed" the first time it gives access, None if not first."""
    is_over = order.withdrawn_at is not None or order.is_erased
    first_time = state in rules.ACCESS and not is_over and order.confirmed_at is None
    changes = {"confirmed_at": now} if first_time else {}
    moved = db.session.execute(
        sa.update(Order)
        .where(Order.id == order.id, Order.version == version)
        .values(version=version + 1, state=state, **changes)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        return None
    return "confirmed" if first_time else "moved"


def _found(attempt: Attempt, state: str, facts: Facts) -> dict[str, Any]:
    """What the attempt's row says once it agrees with the facts."""
    return {
        "state": state,
        "session_id": facts.session_id,
        "intent_id": facts.intent_id or attempt.intent_id,
        "received_ore": facts.received_ore,
        "refunded_ore": facts.refunded_ore,
        "lost_ore": facts.lost_ore,
        "total_ore": facts.total_ore,
        "discount_ore": facts.discount_ore,
    }


def _expected(order: Order, attempt: Attempt) -> Expected:
    live = settings().stripe_livemode
    sent_as = rules.reference(order.number, attempt.number)
    return Expected(order.amount_ore, order.currency, live, sent_as)


def _give_or_take_access(order: Order, now: datetime) -> None:
    gives = order.state in rules.ACCESS and order.withdrawn_at is None
    why = None if gives else "withdrawn" if order.withdrawn_at else order.state
    if order.is_gift:
        gifts.follow(order.id, why is None, order.email, now)
        if gifts.is_homeless(order.id, now):
            alert(order, "gift_homeless", now)
    elif why:
        course_actions.close(order.source, why)
    elif not order.is_erased:
        course = db.session.get_one(Course, order.course_id)
        course_actions.enrol(order.person_id, course, order.access_months, order.source, now)


def _confirm(order: Order, discount_ore: int, documents: Sequence[Document], now: datetime) -> None:
    gift = gift_models.of_order(order.id) if order.is_gift else None
    token = accounts.invite(order.person_id, RESUME, now).token
    letter = emails.confirmed(order, discount_ore, token, documents, now, gift)
    queue(letter, "order-confirmed", f"order-confirmed:{order.id}", now, about=order.about)
    if not order.is_gift and course_models.open_sources(order.person_id, now) - {order.source}:
        alert(order, "bought_again", now)
