"""What is in a session: line items and the payment methods on offer."""

from __future__ import annotations

from sandbox.stripe.errors import ApiError, not_done_here
from sandbox.stripe.objects import Object
from sandbox.stripe.state import Ledger

# Currencies MobilePay can be offered in: https://docs.stripe.com/payments/mobilepay
MOBILEPAY_CURRENCIES = {"dkk", "eur", "sek", "nok"}


def checked_items(params: Object) -> list[Object]:
    """The entries of `line_items`, all in one currency; ApiError where Stripe would refuse."""
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


def methods(ledger: Ledger, params: Object, currency: str) -> list[str]:
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
