"""Payouts: the balance leaves for the clinic's bank."""

from __future__ import annotations

import time

import stripe

from sandbox.stripe.errors import ApiError
from sandbox.stripe.money import move
from sandbox.stripe.objects import Object, new_id
from sandbox.stripe.responses import check_response
from sandbox.stripe.state import Ledger

WEEKDAY = 24 * 60 * 60


def balance(ledger: Ledger) -> int:
    """Øre that stand at Stripe, whether they may be paid out today or not."""
    return sum(int(entry["net"]) for entry in ledger.of("balance_transaction"))


def pay_out(ledger: Ledger, amount: int | None = None) -> Object:
    """Sends all that stands at Stripe, or `amount` øre, to the bank. ApiError when it is not there.

    Real Stripe waits until money is available; here it is at once.
    """
    there = balance(ledger)
    amount = there if amount is None else amount
    if not 0 < amount <= there:
        raise ApiError(
            "You have insufficient funds in your Stripe account for this transfer.",
            code="balance_insufficient",
            param="amount",
        )
    payout = ledger.add(
        stripe.Payout,
        amount=amount,
        arrival_date=int(time.time()) + WEEKDAY,
        automatic=True,
        currency="dkk",
        description="STRIPE PAYOUT",
        destination=new_id("bank_account"),
        metadata={},
        method="standard",
        reconciliation_status="completed",
        source_type="card",
        status="in_transit",
        type="bank_account",
    )
    payout["balance_transaction"] = move(ledger, payout, -amount, "payout", "payout")["id"]
    check_response(payout, stripe.Payout)
    ledger.emit("payout.created", payout)
    return payout


def fail(ledger: Ledger, payout: Object) -> Object:
    """The bank sends a payout back; the money stands at Stripe again."""
    if payout["status"] == "failed":
        raise ApiError("This payout has failed already.")
    back = move(ledger, payout, payout["amount"], "payout_failure", "payout_reversal")
    payout.update(
        status="failed",
        failure_balance_transaction=back["id"],
        failure_code="account_closed",
        failure_message="The bank account has been closed.",
    )
    ledger.emit("payout.failed", payout)
    return payout
