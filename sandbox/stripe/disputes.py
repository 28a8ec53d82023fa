"""Disputes: opened, moved on and closed by the buyer's bank."""

from __future__ import annotations

import time

import stripe

from sandbox.stripe.errors import ApiError
from sandbox.stripe.money import move
from sandbox.stripe.objects import Object, blank
from sandbox.stripe.state import Ledger

RESPONSE_TIME = 7 * 24 * 60 * 60
DISPUTE_FEE = 11200  # øre, an example; Stripe's own depends on the account
# Statuses in which Stripe has taken the disputed money out of the balance.
WITHDRAWN = {
    "needs_response",
    "under_review",
    "lost",
    "appeal_needs_response",
    "appeal_under_review",
}
OPEN = WITHDRAWN - {"lost"} | {"warning_needs_response", "warning_under_review"}
CLOSED = {"won", "lost", "warning_closed", "prevented"}


def open_dispute(ledger: Ledger, charge: Object, status: str, reason: str) -> Object:
    """The buyer's bank objects: a dispute that takes the money, or an inquiry (warning_…)."""
    if status not in OPEN:
        raise ApiError(f"A dispute cannot open as {status}.", param="status")
    dispute = ledger.add(
        stripe.Dispute,
        amount=charge["amount"],
        charge=charge["id"],
        currency=charge["currency"],
        evidence_details={
            "due_by": int(time.time()) + RESPONSE_TIME,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        is_charge_refundable=True,
        payment_intent=charge["payment_intent"],
        payment_method_details=_dispute_card(charge, status),
        reason=reason,
        status=status,
    )
    charge["disputed"] = True
    ledger.emit("charge.dispute.created", dispute)
    if status in WITHDRAWN:
        _withdraw(ledger, dispute)
    return dispute


def _dispute_card(charge: Object, status: str) -> Object | None:
    if charge["payment_method_details"]["type"] != "card":
        return None
    return {
        "type": "card",
        "card": blank(
            stripe.Dispute.PaymentMethodDetails.Card,
            brand="visa",
            case_type="inquiry" if status.startswith("warning") else "chargeback",
            network="visa",
            network_reason_code="13.1",
        ),
    }


def _withdraw(ledger: Ledger, dispute: Object) -> None:
    taken = move(ledger, dispute, -dispute["amount"], "adjustment", "dispute", DISPUTE_FEE)
    dispute["balance_transactions"].append(taken)
    dispute["is_charge_refundable"] = False
    ledger.emit("charge.dispute.funds_withdrawn", dispute)


def _reinstate(ledger: Ledger, dispute: Object) -> None:
    given = move(ledger, dispute, dispute["amount"], "adjustment", "dispute_reversal")
    dispute["balance_transactions"].append(given)
    dispute["is_charge_refundable"] = True
    ledger.emit("charge.dispute.funds_reinstated", dispute)


def update_dispute(ledger: Ledger, dispute: Object, status: str) -> Object:
    """Move a dispute between open statuses; an inquiry may become a real dispute."""
    if status not in OPEN or dispute["status"] in CLOSED - {"lost"}:
        raise ApiError(f"A dispute cannot go from {dispute['status']} to {status}.")
    before = ledger.change(dispute, status=status)
    ledger.emit("charge.dispute.updated", dispute, before)
    if status in WITHDRAWN and not dispute["balance_transactions"]:
        _withdraw(ledger, dispute)
    return dispute


def close_dispute(ledger: Ledger, dispute: Object, status: str) -> Object:
    """The end of a dispute: won, lost, warning_closed or prevented."""
    if status not in CLOSED:
        raise ApiError(f"A dispute cannot close as {status}.", param="status")
    if dispute["status"] in CLOSED:
        raise ApiError(f"This dispute is {dispute['status']}.")
    taken = sum(entry["amount"] for entry in dispute["balance_transactions"])
    before = ledger.change(dispute, status=status)
    if status == "lost" and not taken:
        _withdraw(ledger, dispute)
    elif status != "lost" and taken:
        _reinstate(ledger, dispute)
    ledger.emit("charge.dispute.closed", dispute, before)
    return dispute
