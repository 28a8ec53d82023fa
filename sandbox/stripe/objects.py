"""Builds Stripe objects: every field the types name, filled with null unless we know better."""

from __future__ import annotations

import inspect
import secrets
import string
import time
from typing import Any, get_origin

import stripe
from stripe import StripeObject
from stripe._stripe_object import UntypedStripeObject

from sandbox.stripe.types import arms, resource_fields

# What Stripe leaves out of an answer unless it is asked for, or unless it applies.
LEFT_OUT: dict[str, set[str]] = {
    "checkout.session": {
        "allowed_payment_method_types",
        "branding_settings",
        "excluded_payment_method_types",
        "line_items",
        "name_collection",
        "optional_items",
        "presentment_details",
        "redirect_on_completion",
        "return_url",
        "tax_id_collection",
    },
    "payment_intent": {
        "allowed_payment_method_types",
        "hooks",
        "payment_details",
        "payment_record",
        "presentment_details",
    },
    "charge": {
        "authorization_code",
        "level3",
        "presentment_details",
        "radar_options",
        "refunds",
        "transfer",
    },
    "refund": {
        "description",
        "failure_balance_transaction",
        "failure_reason",
        "instructions_email",
        "next_action",
        "pending_reason",
        "presentment_details",
    },
    "dispute": {"intended_submission_method", "network_reason_code"},
    "event": {"account", "context"},
    "item": {"discounts", "taxes"},
    "price": {"currency_options", "deleted", "tiers"},
    "coupon": {"applies_to", "currency_options", "deleted"},
}
PREFIXES = {
    "payment_intent": "pi",
    "charge": "ch",
    "refund": "re",
    "dispute": "dp",
    "event": "evt",
    "item": "li",
    "price": "price",
    "product": "prod",
    "balance_transaction": "txn",
    "payment_method": "pm",
    "payout": "po",
    "bank_account": "ba",
    "coupon": "co",
    "promotion_code": "promo",
}
Object = dict[str, Any]


def new_id(kind: str) -> str:
    """A fresh id with the prefix Stripe gives that kind of object."""
    letters = string.ascii_letters + string.digits
    prefix, length = ("cs_test", 58) if kind == "checkout.session" else (PREFIXES[kind], 24)
    return f"{prefix}_{''.join(secrets.choice(letters) for _ in range(length))}"


def blank(resource: Any, **known: Any) -> Object:
    """All fields of a resource: null, empty list or empty object where `known` says nothing."""
    kind = getattr(resource, "OBJECT_NAME", None)
    result: Object = {}
    for name, hint in resource_fields(resource).items():
        if name in known or name in LEFT_OUT.get(kind or "", ()):
            continue
        options = arms(hint)
        if type(None) in options:
            result[name] = None
        elif any(get_origin(arm) is list for arm in options):
            result[name] = []
        elif any(get_origin(arm) is UntypedStripeObject for arm in options):
            result[name] = {}
        elif inspect.isclass(options[0]) and issubclass(options[0], StripeObject):
            result[name] = blank(options[0])
    return {**result, **known}


def fresh(resource: Any, **known: Any) -> Object:
    """A new top-level object with id, creation time (Unix seconds) and `livemode` false."""
    kind = resource.OBJECT_NAME
    start: Object = {"id": new_id(kind), "object": kind}
    fields = resource_fields(resource)
    if "created" in fields:
        start["created"] = int(time.time())
    if "livemode" in fields:
        start["livemode"] = False
    return blank(resource, **{**start, **known})


def line_item(item: Object, discount_ore: int = 0) -> Object:
    """The line item of a session, from one entry of `line_items` with `price_data`.

    Amounts are in the currency's smallest unit. Prices include VAT, and as automatic tax is
    off, the tax part is 0 as in Stripe.
    """
    price_data = item["price_data"]
    unit, quantity = price_data["unit_amount"], item.get("quantity", 1)
    price = fresh(
        stripe.Price,
        active=False,
        billing_scheme="per_unit",
        currency=price_data["currency"],
        product=new_id("product"),
        tax_behavior=price_data.get("tax_behavior", "unspecified"),
        type="one_time",
        unit_amount=unit,
        unit_amount_decimal=str(unit),
    )
    return fresh(
        stripe.LineItem,
        amount_discount=discount_ore,
        amount_subtotal=unit * quantity,
        amount_tax=0,
        amount_total=unit * quantity - discount_ore,
        currency=price_data["currency"],
        description=price_data["product_data"]["name"],
        metadata=item.get("metadata", {}),
        price=price,
        quantity=quantity,
    )


def card_details(brand: str = "visa", last4: str = "4242") -> Object:
    """A test card as a charge shows it."""
    card = stripe.Charge.PaymentMethodDetails.Card
    return blank(
        card,
        brand=brand,
        checks=blank(card.Checks, cvc_check="pass"),
        country="DK",
        exp_month=12,
        exp_year=time.gmtime().tm_year + 3,
        funding="debit",
        last4=last4,
        network=brand,
    )


def method_details(method: str) -> Object:
    """`payment_method_details` of a charge for "card" or "mobilepay"."""
    if method == "mobilepay":
        mobilepay = stripe.Charge.PaymentMethodDetails.Mobilepay
        card = blank(mobilepay.Card, brand="visa", country="DK", last4="4242")
        return {"type": method, method: {"card": card}}
    return {"type": method, method: card_details()}


def payment_method(method: str, email: str) -> Object:
    """The PaymentMethod a buyer used, with the address given at the pay page."""
    details: Object = {}
    if method == "card":
        card = stripe.PaymentMethod.Card
        details = blank(
            card,
            brand="visa",
            country="DK",
            exp_month=12,
            exp_year=time.gmtime().tm_year + 3,
            funding="debit",
            last4="4242",
        )
    known = {
        "id": new_id("payment_method"),
        "object": "payment_method",
        "billing_details": billing_details(stripe.PaymentMethod.BillingDetails, email),
        "created": int(time.time()),
        "livemode": False,
        "metadata": {},
        "customer": None,
        "customer_account": None,
        "allow_redisplay": "limited",
        "type": method,
    }
    return {**known, method: details}


def billing_details(resource: Any, email: str) -> Object:
    """Billing details with country and address; Danish buyers give Stripe no more than that."""
    address = blank(resource.Address, country="DK")
    return blank(resource, address=address, email=email)
