"""What is said to Stripe about paying back."""

from __future__ import annotations

from typing import Any

import stripe

from shop.orders.gateway import UNKNOWN, client, read_refund, unavailable
from shop.orders.refund_rules import Sending


def refund(sending: Sending, patient: bool = True) -> None:
    """Pays money back, once however often it is asked under the same key.

    Raises StripeUnavailable; then the money may be on its way all the same: look before asking
    again under another key.
    """
    params: Any = {
        "payment_intent": sending.intent_id,
        "amount": sending.amount_ore,
        "reason": sending.reason,
        "metadata": {"key": sending.key},
    }
    try:
        client(patient).v1.refunds.create(params, {"idempotency_key": sending.idempotency_key})
    except stripe.StripeError as error:
        raise unavailable(error) from error


def has_refund(intent_id: str, key: str, patient: bool = True) -> bool:
    """Whether Stripe has made the refund of this key: not of a payment that it does not know.

    Raises StripeUnavailable.
    """
    params: Any = {"payment_intent": intent_id, "limit": 100}
    try:
        made = client(patient).v1.refunds.list(params).data
    except stripe.StripeError as error:
        failure = unavailable(error)
        if failure.code == UNKNOWN:
            return False
        raise failure from error
    return key in {read_refund(each).key for each in made}
