"""Balance transactions: what a charge, a refund or a dispute does to the clinic's balance."""

from __future__ import annotations

import time

import stripe

from sandbox.stripe.objects import Object
from sandbox.stripe.state import Ledger

WEEK = 7 * 24 * 60 * 60


def credit(ledger: Ledger, charge: Object) -> Object:
    """Money in. The fee is an example rate, 1.5 % and 1.80 kr.; Stripe's own depends on the
    account."""
    fee = charge["amount"] * 15 // 1000 + 180
    return move(ledger, charge, charge["amount"], "charge", "charge", fee)


def move(
    ledger: Ledger, source: Object, amount: int, kind: str, reported: str, fee: int = 0
) -> Object:
    """One movement in øre, negative when money leaves; net is amount less fee."""
    detail = {
        "amount": fee,
        "application": None,
        "currency": source["currency"],
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    return ledger.add(
        stripe.BalanceTransaction,
        amount=amount,
        available_on=int(time.time()) + WEEK,
        balance_type="payments",
        currency=source["currency"],
        fee=fee,
        fee_details=[detail] if fee else [],
        net=amount - fee,
        reporting_category=reported,
        source=source["id"],
        status="pending",
        type=kind,
    )
