"""Orders in the words of the back office."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import shop.gifts.models as gifts
import shop.invoices.models as invoices
import shop.orders.models as orders
import shop.orders.refund_models as refunds
import shop.outbox.models as outbox
import shop.withdrawals.models as withdrawals
from shop.clinic import order_labels as labels
from shop.clinic import shown
from shop.orders.models import Order
from shop.orders.timeline_models import OrderEvent, timeline


def listed(row: Any) -> dict[str, Any]:
    """An order in the list."""
    return {
        "number": row.number,
        "name": row.name,
        "amount_ore": row.amount_ore,
        "state_label": labels.ORDER_STATES[row.state],
        "is_bad": row.state in labels.TROUBLE,
        "withdrawn": row.withdrawn_at is not None,
        "created_at": row.created_at,
    }


def order(found: Order) -> dict[str, Any]:
    """One order whole: what was bought, paid, sent, said and done."""
    attempts = orders.attempts_of(found.id)
    requests = refunds.of_order(found.id)
    return {
        "order": found,
        "has_gift": found.is_gift and gifts.of_order(found.id) is not None,
        "state_label": labels.ORDER_STATES[found.state],
        "is_bad": found.state in labels.TROUBLE,
        "attempts": [(each, labels.ORDER_STATES[each.state]) for each in attempts],
        "left_ore": sum(refunds.left_of(attempts, requests)),
        "received_ore": sum(each.received_ore for each in attempts),
        "refunded_ore": sum(each.refunded_ore for each in attempts),
        "requests": [_request(each) for each in requests],
        "seen": len(requests),
        "documents": invoices.of_order(found.id),
        "mails": [shown.fate(mail) for mail in outbox.fates(found.about)],
        "statements": [_statement(each) for each in withdrawals.of_order(found.id)],
        "lines": lines(found, timeline(found.id)),
    }


def _request(request: refunds.RefundRequest) -> dict[str, Any]:
    return {
        "amount_ore": request.amount_ore,
        "reason": labels.REASONS[request.reason],
        "note": request.note,
        "state_label": labels.REFUND_STATES[request.state],
        "is_bad": request.state in {"failed", "refused"},
        "asked_at": request.asked_at,
        "who": labels.WHO.get(request.who, request.who),
    }


def _statement(statement: withdrawals.Withdrawal) -> dict[str, Any]:
    return {
        "verdict": labels.VERDICTS[statement.verdict],
        "channel": labels.CHANNELS[statement.channel],
        "received_at": statement.received_at,
    }


def lines(found: Order, events: Sequence[OrderEvent]) -> list[dict[str, Any]]:
    """The timeline, oldest first, with what stands on the order itself."""
    told = [{"at": found.created_at, "what": "Bestilt med betalingspligt", "who": "Køberen"}]
    if found.confirmed_at:
        what = "Betalt, og gaven er klar" if found.is_gift else "Betalt, og kurset er åbnet"
        told.append({"at": found.confirmed_at, "what": what, "who": "Stripe"})
    told += [
        {
            "at": event.at,
            "what": labels.LINES.get(event.what, event.what),
            "who": labels.WHO.get(event.who, event.who),
            "amount_ore": event.facts.get("amount_ore"),
            "was": event.facts.get("was"),
        }
        for event in events
    ]
    return sorted(told, key=lambda line: line["at"])
