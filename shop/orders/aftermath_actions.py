"""What follows from refunds and disputes beside the order's state. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

from shop.orders import emails, refund_actions, rules, timeline_models
from shop.orders.models import Attempt, Order
from shop.orders.refund_rules import dispute_alert
from shop.orders.rules import Dispute, Facts
from shop.orders.timeline_actions import alert, note
from shop.outbox.actions import queue


def follow(order: Order, attempt: Attempt, facts: Facts, was: str, now: datetime) -> None:
    """Writes the timeline on, and tells whom it concerns; `was` is the order's state before.

    Safe to call with the same facts again: every line and every mail has a key of its own.
    """
    for refund in facts.refunds:
        refund_actions.heard(order, refund, now)
    for dispute in facts.disputes:
        _heard_of(order, dispute, facts, now)
    if order.state != was and order.state in {"failed", "review"}:
        note(order.id, f"order_{order.state}", "stripe", now)
    if facts.disputes and order.withdrawn_at is None and not order.is_erased:
        _tell_buyer(order, facts.disputes[0], was, now)
    if order.withdrawn_at and facts.received_ore:
        refund_actions.pay_back_withdrawn(order, attempt, now)


def _heard_of(order: Order, dispute: Dispute, facts: Facts, now: datetime) -> None:
    again = "_again" if _is_end_of_appeal(order, dispute) else ""
    told = {"amount_ore": dispute.amount_ore, "dispute": dispute.id, "reason": dispute.reason}
    key = f"{dispute.id}:{dispute.status}{again}"
    note(order.id, f"dispute_{dispute.status}{again}", "stripe", now, key, **told)
    if dispute.status == "lost" and facts.received_ore <= facts.refunded_ore:
        kind = "paid_back_twice"
    else:
        kind = f"{dispute_alert(dispute.status)}{again}"
    alert(order, kind, now, f"{dispute.id}{again}")


def _is_end_of_appeal(order: Order, dispute: Dispute) -> bool:
    keys = [f"{dispute.id}:{status}" for status in rules.APPEALED]
    return dispute.status in rules.DECIDED and timeline_models.has_any(order.id, keys)


def _tell_buyer(order: Order, dispute: Dispute, was: str, now: datetime) -> None:
    if order.state == "disputed" and was in rules.ACCESS:
        letter, kind = emails.paused(order), "order-paused"
    elif order.state in rules.ACCESS and was == "disputed":
        letter, kind = emails.reopened(order), "order-reopened"
    else:
        return
    queue(letter, kind, f"{kind}:{order.id}:{dispute.id}", now, about=order.about)
