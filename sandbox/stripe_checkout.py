"""Checkout sessions: create, pay, settle later, expire."""

from __future__ import annotations

import time
from typing import Any

import stripe

from sandbox.stripe_errors import ApiError, not_done_here
from sandbox.stripe_money import credit
from sandbox.stripe_objects import (
    Object,
    billing_details,
    blank,
    line_item,
    method_details,
    new_id,
    payment_method,
)
from sandbox.stripe_state import Ledger

Session = stripe.checkout.Session
# Parameters that come back on the session under the same name and change nothing else here.
ECHOED = (
    "allow_promotion_codes",
    "allowed_payment_method_types",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "excluded_payment_method_types",
    "locale",
    "metadata",
    "submit_type",
    "success_url",
)
HANDLED = {
    *ECHOED,
    "adaptive_pricing",
    "automatic_tax",
    "consent_collection",
    "currency",
    "custom_text",
    "customer_creation",
    "discounts",
    "expand",
    "expires_at",
    "invoice_creation",
    "line_items",
    "mode",
    "payment_intent_data",
    "phone_number_collection",
    "ui_mode",
}
# Currencies MobilePay can be offered in: https://docs.stripe.com/payments/mobilepay
MOBILEPAY_CURRENCIES = {"dkk", "eur", "sek", "nok"}
# Smallest charge: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
SMALLEST_CHARGE = {"dkk": 250, "eur": 50, "sek": 300, "nok": 300}
HALF_HOUR, DAY = 30 * 60, 24 * 60 * 60
DECLINED = "Your card was declined."


def create(ledger: Ledger, params: Object) -> Object:
    """A new open session from checked parameters; ApiError where Stripe would refuse."""
    items = _line_items(params)
    now = int(time.time())
    currency = items[0]["price_data"]["currency"]
    discount = _discount(ledger, params, items)
    lines = _share(items, discount)
    subtotal = sum(line["amount_subtotal"] for line in lines)
    total = subtotal - discount
    if 0 < total < SMALLEST_CHARGE.get(currency, 1):
        raise ApiError(
            f"The total of a Checkout Session must be at least {SMALLEST_CHARGE[currency]} "
            f"of the smallest unit of {currency}, or nothing.",
            code="amount_too_small",
        )
    key = new_id("checkout.session")
    session = ledger.add(
        Session,
        **{name: params[name] for name in ECHOED if name in params},
        **_settings(params),
        id=key,
        amount_subtotal=subtotal,
        amount_total=total,
        created=now,
        currency=currency,
        expires_at=_expiry(params, now),
        mode="payment",
        payment_method_collection="if_required",
        payment_method_options={},
        payment_method_types=_methods(ledger, params, currency),
        payment_status="unpaid" if total else "no_payment_required",
        status="open",
        total_details=blank(
            Session.TotalDetails, amount_discount=discount, amount_shipping=0, amount_tax=0
        ),
        ui_mode="hosted_page",
        url=f"{ledger.base_url}/c/pay/{key}",
    )
    session.setdefault("metadata", {})
    session["metadata"] = session["metadata"] or {}
    ledger.line_items[key] = lines
    ledger.intent_data[key] = params.get("payment_intent_data", {})
    return session


def _line_items(params: Object) -> list[Object]:
    for name in params:
        if name not in HANDLED:
            raise not_done_here(name)
    for name in ("mode", "line_items", "success_url"):
        if not params.get(name):
            raise ApiError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if params["mode"] != "payment":
        raise not_done_here(f"mode={params['mode']}")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise not_done_here(f"ui_mode={params['ui_mode']}")
    if params.get("automatic_tax", {}).get("enabled"):
        raise not_done_here("automatic_tax[enabled]")
    items: list[Object] = params["line_items"]
    for number, item in enumerate(items):
        _check_item(item, f"line_items[{number}]")
    currencies = {item["price_data"]["currency"] for item in items}
    if len(currencies | {params.get("currency", min(currencies))}) > 1:
        raise ApiError("All line items must have the same currency.", param="line_items")
    return items


def _check_item(item: Object, path: str) -> None:
    if "price" in item:
        raise not_done_here(f"{path}[price]")
    if "price_data" not in item:
        raise ApiError(f"One of {path}[price] or {path}[price_data] is required.", param=path)
    data, path = item["price_data"], f"{path}[price_data]"
    for name in ("product", "recurring", "unit_amount_decimal"):
        if name in data:
            raise not_done_here(f"{path}[{name}]")
    for name in ("unit_amount", "product_data"):
        if name not in data:
            raise ApiError(
                f"Missing required param: {path}[{name}].",
                code="parameter_missing",
                param=f"{path}[{name}]",
            )
    if data["unit_amount"] < 0 or item.get("quantity", 1) < 1:
        raise ApiError(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param=path,
        )


def _expiry(params: Object, now: int) -> int:
    expires_at: int = params.get("expires_at", now + DAY)
    if expires_at < now + HALF_HOUR:
        raise ApiError(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session "
            "creation.",
            param="expires_at",
        )
    if expires_at > now + DAY:
        raise ApiError(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return expires_at


def _methods(ledger: Ledger, params: Object, currency: str) -> list[str]:
    """Dynamic payment methods: the account's, eligible for the currency, filtered by request."""
    allowed = params.get("allowed_payment_method_types", ledger.account_methods)
    excluded = params.get("excluded_payment_method_types", [])
    methods = [
        method
        for method in ledger.account_methods
        if method in allowed
        and method not in excluded
        and (method != "mobilepay" or currency in MOBILEPAY_CURRENCIES)
    ]
    if not methods:
        raise ApiError("No valid payment method types for this Checkout Session.")
    return methods


def _discount(ledger: Ledger, params: Object, items: list[Object]) -> int:
    """Øre taken off by a coupon made through the control plane."""
    total = sum(item["price_data"]["unit_amount"] * item.get("quantity", 1) for item in items)
    percent = 0
    for number, discount in enumerate(params.get("discounts", [])):
        coupon = discount.get("coupon") or discount.get("promotion_code")
        if coupon not in ledger.coupons:
            raise ApiError(
                f"No such coupon: '{coupon}'",
                code="resource_missing",
                param=f"discounts[{number}][coupon]",
            )
        percent = ledger.coupons[coupon]
    return int(total * percent // 100)


def _share(items: list[Object], discount: int) -> list[Object]:
    """Line items that carry the discount, first come first served."""
    lines = []
    for item in items:
        amount = item["price_data"]["unit_amount"] * item.get("quantity", 1)
        part = min(amount, discount)
        lines.append(line_item(item, part))
        discount -= part
    return lines


def _settings(params: Object) -> Object:
    """The nested settings of a session, complete as Stripe answers them."""
    collection = params.get("consent_collection")
    invoice = params.get("invoice_creation", {"enabled": False})
    data = Session.InvoiceCreation.InvoiceData
    text = params.get("custom_text", {})
    for name, entry in text.items():
        if entry and len(entry["message"]) > 1200:
            raise ApiError("At most 1200 characters.", param=f"custom_text[{name}][message]")
    return {
        "adaptive_pricing": {"enabled": params.get("adaptive_pricing", {}).get("enabled", True)},
        "automatic_tax": blank(Session.AutomaticTax, enabled=False),
        "consent_collection": collection and blank(Session.ConsentCollection, **collection),
        "custom_text": blank(Session.CustomText, **{k: v or None for k, v in text.items()}),
        "customer_creation": params.get("customer_creation", "if_required"),
        "discounts": [
            blank(Session.Discount, coupon=d.get("coupon"), promotion_code=d.get("promotion_code"))
            for d in params.get("discounts", [])
        ],
        "invoice_creation": {
            "enabled": invoice["enabled"],
            "invoice_data": blank(data, metadata=invoice.get("invoice_data", {}).get("metadata")),
        },
        "phone_number_collection": params.get("phone_number_collection", {"enabled": False}),
    }


def expire(ledger: Ledger, session: Object) -> Object:
    """Close an open session unpaid; ApiError for any other."""
    if session["status"] != "open":
        raise ApiError(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {session['status']}.",
            param="session",
            stored=True,
        )
    session.update(status="expired", url=None)
    if session["payment_intent"]:
        intent = ledger.find("payment_intent", session["payment_intent"])
        intent.update(
            status="canceled", cancellation_reason="expired", canceled_at=int(time.time())
        )
        ledger.emit("payment_intent.canceled", intent)
    ledger.emit("checkout.session.expired", session)
    return session


def expire_due(ledger: Ledger) -> None:
    """Expire every open session whose time has passed."""
    now = time.time()
    for session in ledger.of("checkout.session", status="open"):
        if session["expires_at"] <= now:
            expire(ledger, session)


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
    for name in data:
        if name not in ("description", "metadata", "receipt_email", "statement_descriptor_suffix"):
            raise not_done_here(f"payment_intent_data[{name}]")
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
    return ledger.emit("checkout.session.completed", session)
