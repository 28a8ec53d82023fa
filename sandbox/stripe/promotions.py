"""Promotion codes: made by an operator, typed by a buyer, taken off a session's total."""

from __future__ import annotations

from typing import Any

import stripe

from sandbox.stripe.errors import ApiError, missing
from sandbox.stripe.objects import Object, blank, line_item
from sandbox.stripe.responses import check_response
from sandbox.stripe.state import Ledger

Session = stripe.checkout.Session
# Smallest charge: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
SMALLEST_CHARGE = {"dkk": 250, "eur": 50, "sek": 300, "nok": 300}


def make(
    ledger: Ledger,
    code: str,
    percent: int | None = None,
    amount: int | None = None,
    max_redemptions: int | None = None,
) -> Object:
    """A coupon, and the promotion code that a buyer types for it.

    Takes off `percent`, or `amount` øre. The coupon's id is the code, so `discounts` can name it.
    """
    if (percent is None) == (amount is None):
        raise ApiError("Give one of percent and amount.", param="percent")
    if not 0 < (percent or amount or 0) <= (100 if percent is not None else 10**8):
        raise ApiError("There is no such discount.", param="percent" if percent else "amount")
    coupon = ledger.add(
        stripe.Coupon,
        id=code,
        amount_off=amount,
        currency="dkk" if amount else None,
        duration="once",
        metadata={},
        percent_off=None if percent is None else float(percent),
        times_redeemed=0,
        valid=True,
    )
    made = ledger.add(
        stripe.PromotionCode,
        active=True,
        code=code,
        max_redemptions=max_redemptions,
        metadata={},
        promotion={"type": "coupon", "coupon": coupon["id"]},
        restrictions={
            "first_time_transaction": False,
            "minimum_amount": None,
            "minimum_amount_currency": None,
        },
        times_redeemed=0,
    )
    check_response(coupon, stripe.Coupon)
    check_response(made, stripe.PromotionCode)
    return made


def off(coupon: Object, total: int) -> int:
    """What a coupon takes off a total, in the smallest unit; never more than the total."""
    if coupon["amount_off"] is not None:
        return min(int(coupon["amount_off"]), total)
    return int(total * coupon["percent_off"] // 100)


def discount_ore(ledger: Ledger, params: Object, items: list[Object]) -> int:
    """Øre taken off by what the request's `discounts` name."""
    total = sum(item["price_data"]["unit_amount"] * item.get("quantity", 1) for item in items)
    discounts = params.get("discounts", [])
    if discounts and params.get("allow_promotion_codes"):
        raise ApiError(
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
            code="parameters_exclusive",
        )
    taken = 0
    for number, discount in enumerate(discounts):
        taken = off(_named(ledger, discount, f"discounts[{number}]"), total)
    return taken


def _named(ledger: Ledger, discount: Object, path: str) -> Object:
    if key := discount.get("promotion_code"):
        code = ledger.find("promotion_code", key, f"{path}[promotion_code]", 400)
        return ledger.find("coupon", code["promotion"]["coupon"])
    return ledger.find("coupon", discount.get("coupon", ""), f"{path}[coupon]", 400)


def use(ledger: Ledger, session: Object, typed: str) -> None:
    """Takes a typed code, whatever its case. Raises ApiError when it is no use."""
    if session["status"] != "open" or not session["allow_promotion_codes"]:
        raise ApiError("This session takes no promotion codes.", code="session_not_open")
    found = next((c for c in ledger.of("promotion_code") if _fits(c, typed)), None)
    if found is None:
        raise missing("promotion code", typed, param="code", status=400)
    coupon = ledger.find("coupon", found["promotion"]["coupon"])
    if coupon["currency"] not in {None, session["currency"]}:
        raise ApiError("This code is for another currency.", param="code")
    taken = off(coupon, session["amount_subtotal"])
    total = session["amount_subtotal"] - taken
    if 0 < total < SMALLEST_CHARGE.get(session["currency"], 1):
        raise ApiError("What is left is too little to charge.", code="amount_too_small")
    session["discounts"] = [
        blank(Session.Discount, coupon=coupon["id"], promotion_code=found["id"])
    ]
    _take_off(ledger, session, taken)


def _fits(code: Object, typed: str) -> bool:
    most = code["max_redemptions"]
    is_left = most is None or code["times_redeemed"] < most
    return bool(code["active"] and is_left and code["code"].lower() == typed.strip().lower())


def _take_off(ledger: Ledger, session: Object, taken: int) -> None:
    total = session["amount_subtotal"] - taken
    session.update(
        amount_total=total,
        payment_status="unpaid" if total else "no_payment_required",
        total_details={**session["total_details"], "amount_discount": taken},
    )
    for line in ledger.line_items[session["id"]]:
        part = min(line["amount_subtotal"], taken)
        line.update(amount_discount=part, amount_total=line["amount_subtotal"] - part)
        taken -= part
    if session["payment_intent"]:  # a card was declined before
        intent = ledger.find("payment_intent", session["payment_intent"])
        if total:
            intent["amount"] = total
        else:
            intent.update(status="canceled", cancellation_reason="abandoned")
            session["payment_intent"] = None


def redeemed(ledger: Ledger, session: Object) -> None:
    """The session is completed: its code has been used once more."""
    for discount in session["discounts"] or []:
        if discount["promotion_code"]:
            ledger.find("promotion_code", discount["promotion_code"])["times_redeemed"] += 1
        if discount["coupon"]:
            ledger.find("coupon", discount["coupon"])["times_redeemed"] += 1


def lines_of(items: list[Object], discount: int) -> list[Object]:
    """Line items that carry the discount, first come first served."""
    lines = []
    for item in items:
        amount = item["price_data"]["unit_amount"] * item.get("quantity", 1)
        part = min(amount, discount)
        lines.append(line_item(item, part))
        discount -= part
    return lines


def shown(ledger: Ledger, session: Object) -> Any:
    """The code that a session carries, as the buyer typed it; None without one."""
    keys = [d["promotion_code"] for d in session["discounts"] or [] if d["promotion_code"]]
    return ledger.find("promotion_code", keys[0])["code"] if keys else None
