"""Checkout sessions: made from a request, expired."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

import stripe

from sandbox.stripe.cart import checked_items, methods
from sandbox.stripe.errors import ApiError, not_done_here
from sandbox.stripe.objects import Object, blank, new_id
from sandbox.stripe.promotions import SMALLEST_CHARGE, discount_ore, lines_of
from sandbox.stripe.state import Ledger

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
# Settings that would make Stripe collect or create something this stand-in does not.
NOT_DONE = {
    "automatic_tax": True,
    "billing_address_collection": "required",
    "customer_creation": "always",
    "invoice_creation": True,
    "phone_number_collection": True,
}
INTENT_DATA = {"description", "metadata", "receipt_email", "statement_descriptor_suffix"}
HALF_HOUR, DAY = 30 * 60, 24 * 60 * 60


def create(ledger: Ledger, params: Object) -> Object:
    """A new open session from checked parameters; ApiError where Stripe would refuse."""
    _check_supported(params)
    items = checked_items(params)
    now = int(time.time())
    currency = items[0]["price_data"]["currency"]
    discount = discount_ore(ledger, params, items)
    lines = lines_of(items, discount)
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
        **{"metadata": {}, **{name: params[name] for name in ECHOED if name in params}},
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
        payment_method_types=methods(ledger, params, currency),
        payment_status="unpaid" if total else "no_payment_required",
        status="open",
        total_details=blank(
            Session.TotalDetails, amount_discount=discount, amount_shipping=0, amount_tax=0
        ),
        ui_mode="hosted_page",
        url=f"{ledger.base_url}/c/pay/{key}",
    )
    ledger.line_items[key] = lines
    ledger.intent_data[key] = params.get("payment_intent_data", {})
    return session


def _check_supported(params: Object) -> None:
    """Refuse what Stripe refuses, and name what this stand-in does not act on."""
    for name in params:
        if name not in HANDLED:
            raise not_done_here(name)
    for name, value in NOT_DONE.items():
        given = params.get(name)
        if (given["enabled"] if isinstance(given, dict) else given) == value:
            raise not_done_here(name)
    for name in params.get("payment_intent_data", {}):
        if name not in INTENT_DATA:
            raise not_done_here(f"payment_intent_data[{name}]")
    for name in ("mode", "line_items", "success_url"):
        if not params.get(name):
            raise ApiError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if params["mode"] != "payment":
        raise not_done_here(f"mode={params['mode']}")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise not_done_here(f"ui_mode={params['ui_mode']}")
    for name in ("success_url", "cancel_url"):
        address = urlsplit(params.get(name, "https://none"))
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ApiError("Not a valid URL", code="url_invalid", param=name)
    email = params.get("customer_email", "a@b")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise ApiError(
            f"Invalid email address: {email}", code="email_invalid", param="customer_email"
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
