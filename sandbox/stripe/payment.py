"""Paying a checkout session: at once, declined, or with the answer coming later."""

from __future__ import annotations

from typing import Any

import stripe

from sandbox.stripe.errors import ApiError
from sandbox.stripe.money import credit
from sandbox.stripe.objects import (
    Object,
    billing_details,
    blank,
    method_details,
    new_id,
    payment_method,
)
from sandbox.stripe.promotions import redeemed
from sandbox.stripe.state import Ledger

Session = stripe.checkout.Session
DECLINED = "Your card was declined."


def pay(ledger: Ledger, session: Object, how: str, email: str | None = None) -> Object | None:
    """What a buyer's button does: "card", "mobilepay", "declined" or "delayed".

    Returns the `checkout.session.completed` event, or None when the payment was declined.
    Raises ApiError when the session is not open or the method is not offered.
    """
    method = "mobilepay" if how == "mobilepay" else "card"
    if how not in ("card", "mobilepay", "declined", "delayed"):
        raise ApiError(f"Unknown way to pay: {how}", param="how")
    if session["status"] != "open":
        raise ApiError(f"This session is {session['status']}.", code="session_not_open")
    if session["amount_total"] and method not in session["payment_method_types"]:
        raise ApiError(f"{method} is not offered in this session.", param="how")
    email = session["customer_email"] or email or "koeber@example.com"
    if not session["amount_total"]:
        return _complete(ledger, session, email, "no_payment_required")
    intent = _intent(ledger, session)
    charge = _charge(ledger, intent, method, email)
    if how == "declined":
        _decline(ledger, intent, charge)
        return None
    if how == "delayed":
        charge.update(status="pending", paid=False)
        intent.update(status="processing", processing={"type": "card"})
        ledger.emit("charge.pending", charge)
        ledger.emit("payment_intent.processing", intent)
        return _complete(ledger, session, email, "unpaid")
    _succeed(ledger, intent, charge)
    return _complete(ledger, session, email, "paid")


def settle(ledger: Ledger, session: Object, outcome: str) -> Object:
    """The late answer to a delayed payment, "succeeded" or "failed"; returns the event."""
    if outcome not in ("succeeded", "failed"):
        raise ApiError(f"Unknown outcome: {outcome}", param="outcome")
    if (session["status"], session["payment_status"]) != ("complete", "unpaid"):
        raise ApiError("No answer is awaited for this session.")
    intent = ledger.find("payment_intent", session["payment_intent"])
    if intent["status"] != "processing":
        raise ApiError("The answer has come already.")
    charge = ledger.find("charge", intent["latest_charge"])
    if outcome == "failed":
        _decline(ledger, intent, charge)
        return ledger.emit("checkout.session.async_payment_failed", session)
    _succeed(ledger, intent, charge)
    session["payment_status"] = "paid"
    return ledger.emit("checkout.session.async_payment_succeeded", session)


def _intent(ledger: Ledger, session: Object) -> Object:
    """The session's PaymentIntent, made when paying starts; knows only its own metadata."""
    if session["payment_intent"]:
        return ledger.find("payment_intent", session["payment_intent"])
    data = ledger.intent_data[session["id"]]
    key = new_id("payment_intent")
    intent = ledger.add(
        stripe.PaymentIntent,
        id=key,
        amount=session["amount_total"],
        amount_capturable=0,
        amount_received=0,
        automatic_payment_methods={"enabled": True, "allow_redirects": "always"},
        capture_method="automatic_async",
        client_secret=f"{key}_secret_local",
        confirmation_method="automatic",
        currency=session["currency"],
        payment_method_types=list(session["payment_method_types"]),
        status="requires_payment_method",
        **{"metadata": {}, **data},
    )
    session["payment_intent"] = key
    ledger.emit("payment_intent.created", intent)
    return intent


def _charge(ledger: Ledger, intent: Object, method: str, email: str) -> Object:
    paid_with = ledger.keep(payment_method(method, email))
    charge = ledger.add(
        stripe.Charge,
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        billing_details=billing_details(stripe.Charge.BillingDetails, email),
        captured=False,
        currency=intent["currency"],
        description=intent["description"],
        disputed=False,
        metadata=dict(intent["metadata"]),
        paid=False,
        payment_intent=intent["id"],
        payment_method=paid_with["id"],
        payment_method_details=method_details(method),
        receipt_email=intent["receipt_email"],
        refunded=False,
        status="pending",
    )
    intent.update(latest_charge=charge["id"], payment_method=paid_with["id"])
    return charge


def _succeed(ledger: Ledger, intent: Object, charge: Object) -> None:
    outcome = {
        "type": "authorized",
        "network_status": "approved_by_network",
        "risk_level": "normal",
    }
    charge.update(
        amount_captured=charge["amount"],
        balance_transaction=credit(ledger, charge)["id"],
        captured=True,
        outcome=blank(stripe.Charge.Outcome, **outcome),
        paid=True,
        status="succeeded",
    )
    intent.update(
        amount_received=charge["amount"],
        last_payment_error=None,
        processing=None,
        status="succeeded",
    )
    ledger.emit("charge.succeeded", charge)
    ledger.emit("payment_intent.succeeded", intent)


def _decline(ledger: Ledger, intent: Object, charge: Object) -> None:
    outcome = {"type": "issuer_declined", "network_status": "declined_by_network"}
    charge.update(
        failure_code="card_declined",
        failure_message=DECLINED,
        outcome=blank(stripe.Charge.Outcome, **outcome, reason="generic_decline"),
        paid=False,
        status="failed",
    )
    error = {
        "charge": charge["id"],
        "code": "card_declined",
        "decline_code": "generic_decline",
        "message": DECLINED,
        "payment_method": ledger.find("payment_method", charge["payment_method"]),
        "type": "card_error",
    }
    intent.update(
        last_payment_error=error,
        payment_method=None,
        processing=None,
        status="requires_payment_method",
    )
    ledger.emit("charge.failed", charge)
    ledger.emit("payment_intent.payment_failed", intent)


def _complete(ledger: Ledger, session: Object, email: str, payment_status: str) -> Object:
    details = Session.CustomerDetails
    collection: Any = session["consent_collection"]
    agreed = bool(collection and collection["terms_of_service"] == "required")
    session.update(
        consent=collection
        and blank(Session.Consent, terms_of_service="accepted" if agreed else None),
        customer_details=blank(
            details,
            address=blank(details.Address, country="DK"),
            email=email,
            tax_exempt="none",
            tax_ids=[],
        ),
        payment_status=payment_status,
        status="complete",
        url=None,
    )
    redeemed(ledger, session)
    return ledger.emit("checkout.session.completed", session)
