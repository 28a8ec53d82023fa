"""Writes about money to be paid back. Nothing here commits, and nothing here talks to Stripe."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

import shop.course.actions as course_actions
import shop.gifts.actions as gifts
from shop.db import db, move
from shop.orders import refund_models
from shop.orders import refund_rules as rules
from shop.orders.models import Attempt, Order
from shop.orders.refund_models import RefundRequest
from shop.orders.refund_rules import Sending
from shop.orders.rules import Refund
from shop.orders.timeline_actions import alert, note


class MoreThanLeft(Exception):
    """More is asked for than has come in and not gone back; `left_ore` is what there is."""

    def __init__(self, left_ore: int) -> None:
        super().__init__(str(left_ore))
        self.left_ore = left_ore


class AskedMeanwhile(Exception):
    """Somebody else has asked for a refund of this order since the page was shown."""


def ask(
    order_id: int,
    amount_ore: int | None,
    reason: str,
    who: str,
    now: datetime,
    words: str = "",
    seen: int | None = None,
    of: Attempt | None = None,
) -> int:
    """Writes that so much is to be paid back, or all that is left; returns the amount in øre.

    `seen` is how many requests there were when the asker looked, `of` the only payment that it is
    taken from. Raises MoreThanLeft, also when nothing is left, and AskedMeanwhile.
    """
    order = db.session.get_one(Order, order_id, with_for_update=True, populate_existing=True)
    requests = refund_models.of_order(order_id)
    if seen is not None and seen != len(requests):
        raise AskedMeanwhile
    attempts = [each for each in _attempts(order_id) if of is None or each.id == of.id]
    lefts = refund_models.left_of(attempts, requests)
    wanted = sum(lefts) if amount_ore is None else amount_ore
    if not 0 < wanted <= sum(lefts):
        raise MoreThanLeft(sum(lefts))
    number = len(requests)
    for attempt, share in zip(attempts, rules.shares(wanted, lefts), strict=True):
        if share:
            number += 1
            _add(order, attempt, number, share, reason, who, now, words)
    return wanted


def _attempts(order_id: int) -> list[Attempt]:
    query = sa.select(Attempt).where(Attempt.order_id == order_id).order_by(Attempt.number)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _add(
    order: Order,
    attempt: Attempt,
    number: int,
    amount_ore: int,
    reason: str,
    who: str,
    now: datetime,
    words: str,
) -> None:
    key = f"rf:{order.number}:{number}"
    db.session.add(
        RefundRequest(
            order_id=order.id,
            attempt_id=attempt.id,
            key=key,
            sends=0,
            amount_ore=amount_ore,
            reason=reason,
            note=words or None,
            who=who,
            state="requested",
            asked_at=now,
            changed_at=now,
        )
    )
    db.session.flush()
    note(order.id, "refund_asked", who, now, f"asked:{key}", amount_ore=amount_ore, reason=reason)


def send(request_id: int, now: datetime) -> Sending | None:
    """What to ask Stripe for; None when Stripe has answered already."""
    request = db.session.get_one(RefundRequest, request_id, populate_existing=True)
    is_new = request.state == "requested" and move(request, "sent", changed_at=now)
    attempt = db.session.get_one(Attempt, request.attempt_id)
    if request.state not in rules.OPEN or attempt.intent_id is None:
        return None
    reason = "duplicate" if request.reason == "duplicate" else "requested_by_customer"
    asked = (attempt.id, attempt.intent_id, request.amount_ore, request.key, request.sends)
    return Sending(request.id, *asked, reason, is_new)


def renew(sending: Sending) -> None:
    """Lets the next try have a key of its own: under the last one Stripe repeats its mistake."""
    db.session.execute(
        sa.update(RefundRequest)
        .where(RefundRequest.id == sending.request_id, RefundRequest.sends == sending.sends)
        .values(sends=sending.sends + 1)
    )


def refused(request_id: int, code: str, now: datetime) -> None:
    """Stripe will not pay this back; somebody must look why."""
    request = db.session.get_one(RefundRequest, request_id, populate_existing=True)
    if request.state != "sent" or not move(request, "refused", error=code[:100], changed_at=now):
        return
    order = db.session.get_one(Order, request.order_id)
    facts = {"amount_ore": request.amount_ore, "code": code}
    note(order.id, "refund_refused", "stripe", now, f"refused:{request.key}", **facts)
    if code not in {rules.BANK_HOLDS_IT, rules.ALREADY_BACK}:  # a dispute has its own alert
        alert(order, "refund_refused", now, request.key)


def heard(order: Order, refund: Refund, now: datetime) -> None:
    """Stripe tells of a refund, made by us or by hand: follow it, and tell what it came to."""
    state = rules.OF_STRIPE.get(refund.status, "pending")
    request = refund_models.by_key(refund.key) if refund.key else None
    if request and request.state == "requested":
        move(request, "sent", changed_at=now)
    if request and state in rules.MOVES[request.state]:
        move(request, state, refund_id=refund.id, changed_at=now)
    amount = {"amount_ore": refund.amount_ore, "refund": refund.id}
    is_news = note(order.id, f"refund_{state}", "stripe", now, f"{refund.id}:{state}", **amount)
    if is_news and state == "failed":
        alert(order, "refund_failed", now, refund.id)


def pay_back_withdrawn(order: Order, attempt: Attempt, now: datetime) -> None:
    """What is paid of an order that was withdrawn from goes back by itself, whenever it comes in.

    Not after Stripe has said no: then it is the clinician's to find another way.
    """
    requests = refund_models.of_order(order.id)
    earlier = [(each.state, each.error) for each in requests if each.attempt_id == attempt.id]
    if any(refund_models.left_of([attempt], requests)) and rules.may_ask_again(earlier):
        ask(order.id, None, "withdrawal", "site", now, of=attempt)


def remind(now: datetime) -> None:
    """Tells the clinician of refunds that Stripe has not answered for a day."""
    for order_id, key in refund_models.waiting(now, rules.MAY_WAIT):
        alert(db.session.get_one(Order, order_id), "refund_waits", now, key)


def withdraw(order_id: int, who: str, now: datetime) -> int | None:
    """Ends the purchase: access closes, and all that was paid goes back; returns that, in øre.

    Once, and None after that. Money that comes in or becomes free later follows by itself when
    Stripe tells of it.
    """
    ended = db.session.scalar(
        sa.update(Order)
        .where(Order.id == order_id, Order.withdrawn_at.is_(None))
        .values(withdrawn_at=now, version=Order.version + 1, current_of=None)
        .returning(Order)
    )
    if ended is None:
        return None
    if ended.is_gift:
        gifts.follow(order_id, False, ended.email, now)
    else:
        course_actions.close(ended.source, "withdrawn")
    note(order_id, "withdrawn", who, now, "withdrawn")
    try:
        return ask(order_id, None, "withdrawal", who, now)
    except MoreThanLeft:
        return 0
