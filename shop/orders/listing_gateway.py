"""What Stripe lists: completed sessions with what came of them, movements of money, payouts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import stripe

from shop.orders.comparison_rules import Theirs, counted
from shop.orders.gateway import client, unavailable
from shop.orders.ledger_rules import Movement, Payout

PAID = frozenset({"paid", "no_payment_required"})


def completed_since(moment: datetime | None) -> tuple[list[Theirs], set[str]]:
    """Every session completed since then, and the payments something else has happened to.

    Those are refunded or disputed since then, and of sessions older than that. Without a moment
    as far back as Stripe has. All of it is fetched before anything is done. Raises
    StripeUnavailable.
    """
    refunds: dict[str, list[tuple[int, str]]] = defaultdict(list)
    disputes: dict[str, set[str]] = defaultdict(set)
    try:
        sessions = list(_pages(client().v1.checkout.sessions, moment, status="complete"))
        for refund in _pages(client().v1.refunds, moment):
            refunds[_id(refund.payment_intent)].append((refund.amount, refund.status or ""))
        for dispute in _pages(client().v1.disputes, moment):
            disputes[_id(dispute.payment_intent)].add(dispute.status)
    except stripe.StripeError as error:
        raise unavailable(error) from error
    found = [_theirs(session, refunds, disputes) for session in sessions]
    return found, (set(refunds) | set(disputes)) - {each.intent_id or "" for each in found} - {""}


def _theirs(session: Any, refunds: Any, disputes: Any) -> Theirs:
    intent_id = _id(session.payment_intent)
    return Theirs(
        session_id=session.id,
        reference=session.client_reference_id or "",
        intent_id=intent_id or None,
        is_paid=session.payment_status in PAID,
        total_ore=session.amount_total or 0,
        refunded_ore=counted(refunds.get(intent_id, [])),
        dispute_states=frozenset(disputes.get(intent_id, ())),
    )


def _id(named: Any) -> str:
    """The id of something that is named, or written out."""
    return "" if named is None else named if isinstance(named, str) else str(named.id)


def _pages(service: Any, since: datetime | None, **more: Any) -> Iterator[Any]:
    """Everything in a list, page by page, newest first."""
    params: dict[str, Any] = {"limit": 100, **more}
    if since:
        params["created"] = {"gte": int(since.timestamp())}
    yield from service.list(params).auto_paging_iter()


def movements_since(moment: datetime | None) -> list[Movement]:
    """Every movement on our balance at Stripe since then. Raises StripeUnavailable."""
    try:
        found = list(_pages(client().v1.balance_transactions, moment, expand=["data.source"]))
    except stripe.StripeError as error:
        raise unavailable(error) from error
    return [_movement(each) for each in found]


def _movement(found: Any) -> Movement:
    source = found.source
    written_out = source is not None and not isinstance(source, str)
    intent = source.payment_intent if written_out and "payment_intent" in source else None
    return Movement(
        id=found.id,
        kind=found.reporting_category,
        amount_ore=found.amount,
        fee_ore=found.fee,
        currency=found.currency,
        at=datetime.fromtimestamp(found.created, UTC),
        source_id=_id(source),
        intent_id=_id(intent) or None,
    )


def payouts_since(moment: datetime | None) -> list[Payout]:
    """Every payout to the bank since then. Raises StripeUnavailable."""
    try:
        found = list(_pages(client().v1.payouts, moment))
    except stripe.StripeError as error:
        raise unavailable(error) from error
    return [Payout(each.id, each.amount, each.status) for each in found]
