"""Refunds: made through the API or the control plane, settled, failed."""

from __future__ import annotations

import stripe

from sandbox.stripe.errors import ApiError
from sandbox.stripe.money import move
from sandbox.stripe.objects import Object, blank
from sandbox.stripe.state import Ledger


def charge_of(ledger: Ledger, params: Object) -> Object:
    """The paid charge that `charge` or `payment_intent` names; ApiError without one."""
    if ("charge" in params) == ("payment_intent" in params):
        raise ApiError(
            "Give one of charge or payment_intent.", code="parameter_missing", param="charge"
        )
    if "charge" in params:
        charge = ledger.find("charge", params["charge"], "charge", 404)
    else:
        key = params["payment_intent"]
        intent = ledger.find("payment_intent", key, "payment_intent", 404)
        if intent["status"] != "succeeded":
            raise ApiError(
                f"This PaymentIntent ({key}) does not have a successful charge to refund.",
                param="payment_intent",
                stored=True,
            )
        charge = ledger.find("charge", intent["latest_charge"])
    if charge["status"] != "succeeded":
        raise ApiError(
            f"Charge {charge['id']} was not successful.",
            code="charge_not_refundable",
            stored=True,
        )
    return charge


def refund(ledger: Ledger, params: Object, outcome: str = "succeeded") -> Object:
    """Pay a charge back, all of what is left or `amount` øre; ApiError where Stripe refuses.

    Outcome "pending" stays so until settled, "failed" fails at once after being made.
    """
    if outcome not in ("succeeded", "pending", "failed"):
        raise ApiError(f"Unknown outcome: {outcome}", param="outcome")
    charge = charge_of(ledger, params)
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    _check_refundable(ledger, charge, amount, left)
    made = ledger.add(
        stripe.Refund,
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        metadata=params.get("metadata", {}),
        payment_intent=charge["payment_intent"],
        reason=params.get("reason"),
        status="succeeded" if outcome == "succeeded" else "pending",
    )
    made["balance_transaction"] = move(ledger, made, -amount, "refund", "refund")["id"]
    _describe(made)
    before = _add_refunded(ledger, charge, amount)
    ledger.emit("refund.created", made)
    ledger.emit("charge.refunded", charge, before)
    if outcome == "failed":
        fail_refund(ledger, made)
    return made


def _check_refundable(ledger: Ledger, charge: Object, amount: int, left: int) -> None:
    key = charge["id"]
    if any(not d["is_charge_refundable"] for d in ledger.of("dispute", charge=key)):
        raise ApiError(
            f"Charge {key} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            stored=True,
        )
    if left == 0:
        raise ApiError(
            f"Charge {key} has already been refunded.", code="charge_already_refunded", stored=True
        )
    if amount < 1:
        raise ApiError(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    if amount > left:
        raise ApiError(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            param="amount",
            stored=True,
        )


def _describe(made: Object) -> None:
    card = stripe.Refund.DestinationDetails.Card
    if made["status"] == "pending":
        made["pending_reason"] = "processing"
        made["destination_details"] = {"type": "card", "card": blank(card, type="pending")}
    else:
        made.pop("pending_reason", None)
        made["destination_details"] = {"type": "card", "card": blank(card, type="refund")}


def _add_refunded(ledger: Ledger, charge: Object, amount: int) -> Object:
    total = charge["amount_refunded"] + amount
    return ledger.change(charge, amount_refunded=total, refunded=total == charge["amount"])


def settle_refund(ledger: Ledger, made: Object) -> Object:
    """A pending refund reaches the buyer."""
    if made["status"] != "pending":
        raise ApiError(f"This refund is {made['status']}.")
    made["status"] = "succeeded"
    _describe(made)
    ledger.emit("refund.updated", made, {"status": "pending"})
    return made


def fail_refund(ledger: Ledger, made: Object) -> Object:
    """A refund bounces, also one that had succeeded; the money is the clinic's again."""
    if made["status"] not in ("succeeded", "pending"):
        raise ApiError(f"This refund is {made['status']}.")
    charge = ledger.find("charge", made["charge"])
    back = move(ledger, made, made["amount"], "refund_failure", "refund_failure")
    made.pop("pending_reason", None)
    before = ledger.change(
        made,
        failure_balance_transaction=back["id"],
        failure_reason="lost_or_stolen_card",
        status="failed",
    )
    _add_refunded(ledger, charge, -made["amount"])
    ledger.emit("refund.failed", made, before)
    ledger.emit("refund.updated", made, before)
    return made
