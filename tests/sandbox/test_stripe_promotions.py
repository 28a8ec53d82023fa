"""Promotion codes on the pay page, and the balance that leaves for the bank."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.stripe import LocalStripe
from sandbox.stripe.errors import ApiError
from tests.sandbox.test_stripe_payments import visit

Order = dict[str, Any]


@pytest.fixture
def url(client: stripe.StripeClient, order: Order) -> str:
    session = client.v1.checkout.sessions.create({**order, "allow_promotion_codes": True})
    return str(session.url)


@pytest.mark.parametrize(
    ("off", "total"),
    [({"percent": 50}, 24950), ({"amount": 10000}, 39900), ({"amount": 99900}, 0)],
)
def test_a_code_takes_off_what_it_says(
    local: LocalStripe, client: stripe.StripeClient, url: str, off: dict[str, int], total: int
) -> None:
    made = local.coupon("Vejen", **off)
    assert "Brug koden" in visit(url)[1]
    assert visit(url, {"how": "code", "code": " vEJEN "})[0].status == 303
    assert "Rabat (Vejen)" in visit(url)[1]
    key = url.rsplit("/", 1)[1]
    session = client.v1.checkout.sessions.retrieve(key, {"expand": ["line_items"]})
    assert session.amount_total == total
    assert session.total_details is not None
    assert session.total_details.amount_discount == 49900 - total
    assert session.line_items is not None
    assert [line.amount_total for line in session.line_items.data] == [total]
    assert [discount.promotion_code for discount in session.discounts or []] == [made["id"]]
    local.pay(key)
    done = client.v1.checkout.sessions.retrieve(key, {"expand": ["payment_intent"]})
    intent: Any = done.payment_intent
    assert done.payment_status == ("paid" if total else "no_payment_required")
    assert (intent.amount_received if intent else 0) == total
    assert client.v1.promotion_codes.retrieve(made["id"]).times_redeemed == 1
    assert client.v1.coupons.retrieve("Vejen").times_redeemed == 1


def test_a_code_that_is_no_use_is_told_and_what_was_typed_stays(
    local: LocalStripe, url: str
) -> None:
    local.coupon("ENGANG", percent=10, max_redemptions=1)
    local.coupon("NAESTEN", amount=49800)
    for typed in ("FINDES-IKKE", "NAESTEN"):
        response, page = visit(url, {"how": "code", "code": typed})
        assert response.status == 422
        assert f"Koden »{typed}« kan ikke bruges" in page
        assert f'value="{typed}"' in page
    assert visit(url, {"how": "code", "code": "engang"})[0].status == 303
    local.pay(url.rsplit("/", 1)[1])
    assert local.state()["promotion_codes"][0]["times_redeemed"] == 1


def test_a_session_without_codes_shows_no_field_and_takes_none(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    session = client.v1.checkout.sessions.create(order)
    local.coupon("VEJEN", 50)
    assert "Brug koden" not in visit(str(session.url))[1]
    with pytest.raises(ApiError):
        local.use_code(session.id, "VEJEN")
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.checkout.sessions.create(
            {**order, "allow_promotion_codes": True, "discounts": [{"coupon": "VEJEN"}]}
        )
    assert error.value.code == "parameters_exclusive"


def test_a_code_after_a_declined_card_changes_what_is_charged(
    local: LocalStripe, client: stripe.StripeClient, url: str
) -> None:
    key = url.rsplit("/", 1)[1]
    local.pay(key, "declined")
    local.coupon("HALV", 50)
    local.use_code(key, "HALV")
    local.pay(key)
    assert [charge.amount for charge in client.v1.charges.list()] == [24950, 49900]


@pytest.mark.parametrize("given", [{}, {"percent": 10, "amount": 10}, {"percent": 101}])
def test_a_code_that_cannot_be_is_not_made(local: LocalStripe, given: dict[str, int]) -> None:
    with pytest.raises(ApiError):
        local.coupon("X", **given)


def test_a_payout_empties_the_balance_and_comes_back_when_the_bank_says_no(
    local: LocalStripe, client: stripe.StripeClient, url: str
) -> None:
    local.pay(url.rsplit("/", 1)[1])
    [earned] = client.v1.balance_transactions.list().data
    assert earned.net == earned.amount - earned.fee
    payout = local.pay_out()
    [sent] = client.v1.payouts.list({"status": "in_transit"}).data
    assert (sent.id, sent.amount) == (payout["id"], earned.net)
    [moved] = client.v1.balance_transactions.list({"type": "payout"}).data
    assert (moved.amount, moved.fee, moved.source) == (-earned.net, 0, payout["id"])
    with pytest.raises(ApiError):
        local.pay_out()
    local.fail_payout(payout["id"])
    assert sum(each.net for each in client.v1.balance_transactions.list()) == earned.net
    assert client.v1.payouts.retrieve(payout["id"]).status == "failed"
