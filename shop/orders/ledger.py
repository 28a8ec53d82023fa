"""Fetches what moved at Stripe, so that the books need not wait for it."""

from __future__ import annotations

from datetime import timedelta

from shop.db import end_reading, insert_once, transaction
from shop.orders import emails, ledger_models, listing_gateway
from shop.orders.ledger_models import StripeMovement
from shop.outbox.actions import queue
from shop.web import now

OVERLAP = timedelta(days=3)
BATCH = 500
CLOCK_NAME = "ledger"


def fetch() -> dict[str, int]:
    """Keeps every movement since the last one known, and holds payouts against them.

    Returns counts. Raises StripeUnavailable; then nothing is kept.
    """
    last = ledger_models.latest()
    since = last - OVERLAP if last else None
    end_reading()
    # Oldest first: the next fetch begins at the newest that is kept, should this one not end.
    movements = listing_gateway.movements_since(since)[::-1]
    payouts = listing_gateway.payouts_since(since)
    new = 0
    for start in range(0, len(movements), BATCH):
        with transaction():
            for each in movements[start : start + BATCH]:
                new += insert_once(StripeMovement, **vars(each)) is not None
    # A payout older than what was listed moved before that, too.
    wrong = [
        payout.id
        for payout in payouts
        if ledger_models.amount_of(payout.id, "payout") not in {-payout.amount_ore, None}
    ]
    with transaction():
        for payout_id in wrong:
            letter = emails.difference("payout_differs", payout_id)
            queue(letter, "reconcile-alert", f"difference:payout_differs:{payout_id}", now())
    return {"movements": len(movements), "new": new, "payouts that differ": len(wrong)}
