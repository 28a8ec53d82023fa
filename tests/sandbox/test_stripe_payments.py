"""The local Stripe's pay page, refunds and disputes: what is paid, and what goes back."""

from __future__ import annotations

import re
import time
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import stripe
import time_machine

from sandbox.stripe import LocalStripe
from sandbox.stripe.errors import ApiError
from sandbox.stripe.pages import kroner

Order = dict[str, Any]
Endpoint = Any


def visit(url: str, form: Order | None = None) -> tuple[HTTPResponse, str]:
    """GET, or POST a form, without following redirects."""
    address = urlsplit(url)
    line = HTTPConnection(address.hostname or "", address.port, timeout=5)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    line.request("POST" if form else "GET", address.path, urlencode(form or {}), headers)
    response = line.getresponse()
    text = response.read().decode()
    line.close()
    return response, text


def paid_intent(local: LocalStripe, client: stripe.StripeClient, order: Order) -> str:
    """The PaymentIntent of a session paid by card."""
    session = client.v1.checkout.sessions.create(order)
    local.pay(session.id)
    intent: Any = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    return str(intent)


def charge_of(client: stripe.StripeClient, intent: str) -> stripe.Charge:
    return client.v1.charges.list({"payment_intent": intent}).data[0]


def test_pay_page_is_plain_danish(client: stripe.StripeClient, order: Order) -> None:
    session = client.v1.checkout.sessions.create(order)
    response, page = visit(str(session.url))
    assert response.status == 200
    assert re.findall(r"<button[^>]*>([^<]+)</button>", page) == [
        "Betal med kort",
        "Betal med MobilePay",
        "Kortet afvises",
        "Betal, svar kommer senere",
        "Annullér",
    ]
    assert 'lang="da"' in page
    assert "499 kr." in page
    assert "E-forløb" in page
    assert "Her flytter ingen penge sig" in page
    assert "<script" not in page


def test_pay_page_shows_only_what_is_offered(client: stripe.StripeClient, order: Order) -> None:
    order["allowed_payment_method_types"] = ["card"]
    del order["customer_email"]
    order["custom_text"] = {"submit": {"message": "Du får adgang <b>straks</b>."}}
    order["consent_collection"] = {"terms_of_service": "required"}
    session = client.v1.checkout.sessions.create(order)
    _, page = visit(str(session.url))
    assert "Betal med MobilePay" not in page
    response, refused = visit(str(session.url), {"how": "mobilepay"})
    assert response.status == 400
    assert "Den måde at betale på kan ikke bruges her" in refused
    assert 'name="email"' in page
    assert 'name="terms"' in page
    assert "Du får adgang &lt;b&gt;straks&lt;/b&gt;." in page
    visit(str(session.url), {"how": "card", "email": "anden@example.com", "terms": "on"})
    paid = client.v1.checkout.sessions.retrieve(session.id)
    assert paid.customer_details is not None
    assert paid.customer_details.email == "anden@example.com"
    assert paid.consent is not None
    assert paid.consent.terms_of_service == "accepted"


@pytest.mark.parametrize("how", ["card", "mobilepay"])
def test_paying_sends_the_buyer_back(
    client: stripe.StripeClient, endpoint: Endpoint, order: Order, how: str
) -> None:
    session = client.v1.checkout.sessions.create(order)
    response, _ = visit(str(session.url), {"how": how})
    assert response.status == 303
    assert response.headers["Location"] == f"http://shop.test/koeb/tak?session_id={session.id}"
    assert "checkout.session.completed" in endpoint.types
    paid: Any = client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge", "payment_intent.payment_method"]}
    )
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.customer_details.email == "koeber@example.com"
    intent = paid.payment_intent
    assert (intent.status, intent.amount_received) == ("succeeded", 49900)
    assert intent.metadata.to_dict() == {"reference": "A7"}
    assert intent.latest_charge.metadata.to_dict() == {"reference": "A7"}
    assert intent.latest_charge.payment_method_details.type == how
    assert intent.payment_method.type == how
    again, page = visit(f"{session.url}", {"how": how})
    assert again.status == 409
    assert "Betalingen er afsluttet" in page
    assert "Betalingen er afsluttet" in visit(str(session.url))[1]


def test_declined_card_leaves_the_session_open(client: stripe.StripeClient, order: Order) -> None:
    session = client.v1.checkout.sessions.create(order)
    response, page = visit(str(session.url), {"how": "declined"})
    assert response.status == 402
    assert "Kortet blev afvist" in page
    assert "Betal med kort" in page
    tried: Any = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (tried.status, tried.payment_status) == ("open", "unpaid")
    assert tried.payment_intent.status == "requires_payment_method"
    assert tried.payment_intent.last_payment_error.code == "card_declined"
    visit(str(session.url), {"how": "mobilepay"})
    paid: Any = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert paid.payment_intent.id == tried.payment_intent.id
    assert paid.payment_status == "paid"
    statuses = [charge.status for charge in client.v1.charges.list().data]
    assert statuses == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("outcome", "payment_status", "intent_status", "event"),
    [
        ("succeeded", "paid", "succeeded", "checkout.session.async_payment_succeeded"),
        ("failed", "unpaid", "requires_payment_method", "checkout.session.async_payment_failed"),
    ],
)
def test_late_answer(
    local: LocalStripe,
    client: stripe.StripeClient,
    endpoint: Endpoint,
    order: Order,
    outcome: str,
    payment_status: str,
    intent_status: str,
    event: str,
) -> None:
    session = client.v1.checkout.sessions.create(order)
    response, _ = visit(str(session.url), {"how": "delayed"})
    assert response.status == 303
    waiting: Any = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    assert waiting.payment_intent.status == "processing"
    assert "Banken har ikke svaret endnu" in visit(str(session.url))[1]
    local.settle(session.id, outcome)
    settled: Any = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert settled.payment_status == payment_status
    assert settled.payment_intent.status == intent_status
    local.wait_idle()
    assert endpoint.types[-1] == event
    with pytest.raises(ApiError):
        local.settle(session.id, outcome)


def test_cancel_leads_back_and_changes_nothing(client: stripe.StripeClient, order: Order) -> None:
    session = client.v1.checkout.sessions.create(order)
    response, _ = visit(str(session.url), {"how": "cancel"})
    assert (response.status, response.headers["Location"]) == (303, "http://shop.test/koeb")
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_only_open_sessions_expire(
    local: LocalStripe, client: stripe.StripeClient, endpoint: Endpoint, order: Order
) -> None:
    session = client.v1.checkout.sessions.create(order)
    expired = client.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    assert "Betalingen er udløbet" in visit(str(session.url))[1]
    local.wait_idle()
    assert endpoint.types == ["checkout.session.expired"]
    paid = client.v1.checkout.sessions.create(order)
    local.pay(paid.id)
    for key in (session.id, paid.id):
        with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
            client.v1.checkout.sessions.expire(key)
    with pytest.raises(ApiError):
        local.pay(session.id)


def test_time_expires_a_session(client: stripe.StripeClient, order: Order) -> None:
    session = client.v1.checkout.sessions.create({**order, "expires_at": int(time.time()) + 1900})
    with time_machine.travel(time.time() + 1901):
        assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_a_full_discount_needs_no_payment(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    local.coupon("GAVE", 100)
    session = client.v1.checkout.sessions.create({**order, "discounts": [{"coupon": "GAVE"}]})
    page = visit(str(session.url))[1]
    assert "Rabat" in page
    assert "Gennemfør" in page
    visit(str(session.url), {"how": "card"})
    done = client.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status) == ("complete", "no_payment_required")
    assert done.payment_intent is None


def test_unknown_session_is_told_kindly(local: LocalStripe) -> None:
    response, page = visit(f"{local.base_url}/c/pay/cs_test_none")
    assert response.status == 404
    assert "Vi kender ikke den betaling" in page


def test_refund_in_parts_until_all_is_back(
    local: LocalStripe, client: stripe.StripeClient, endpoint: Endpoint, order: Order
) -> None:
    intent = paid_intent(local, client, order)
    first = client.v1.refunds.create(
        {"payment_intent": intent, "amount": 10000, "reason": "requested_by_customer"}
    )
    assert (first.status, first.amount, first.currency) == ("succeeded", 10000, "dkk")
    charge = charge_of(client, intent)
    assert (charge.amount_refunded, charge.refunded) == (10000, False)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.v1.refunds.create({"payment_intent": intent, "amount": 39901})
    rest = client.v1.refunds.create({"charge": charge.id})
    assert rest.amount == 39900
    assert charge_of(client, intent).refunded is True
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent})
    assert refused.value.code == "charge_already_refunded"
    listed = client.v1.refunds.list({"payment_intent": intent}).data
    assert [refund.id for refund in listed] == [rest.id, first.id]
    assert client.v1.refunds.retrieve(first.id).id == first.id
    local.wait_idle()
    assert endpoint.types.count("charge.refunded") == 2
    assert endpoint.types.count("refund.created") == 2


def test_one_key_refunds_once(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    intent = paid_intent(local, client, order)
    for _ in range(2):
        client.v1.refunds.create(
            {"payment_intent": intent, "amount": 100}, {"idempotency_key": "re:1"}
        )
    assert charge_of(client, intent).amount_refunded == 100


def test_unpaid_is_not_refunded(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    session = client.v1.checkout.sessions.create(order)
    local.pay(session.id, "declined")
    intent: Any = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        client.v1.refunds.create({"payment_intent": intent})


def test_a_refund_that_fails_gives_the_money_back(
    local: LocalStripe, client: stripe.StripeClient, endpoint: Endpoint, order: Order
) -> None:
    intent = paid_intent(local, client, order)
    refund = local.refund(intent)
    assert charge_of(client, intent).refunded is True
    local.fail_refund(refund["id"])
    charge = charge_of(client, intent)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    failed = client.v1.refunds.retrieve(refund["id"])
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    local.wait_idle()
    assert "refund.failed" in endpoint.types


def test_refunds_turn_out_as_arranged(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    intent = paid_intent(local, client, order)
    pending = local.refund(intent, 100, "pending")
    assert pending["status"] == "pending"
    local.settle_refund(pending["id"])
    assert client.v1.refunds.retrieve(pending["id"]).status == "succeeded"
    assert local.refund(intent, 200, "failed")["status"] == "failed"
    local.refund_outcome("pending")
    assert client.v1.refunds.create({"payment_intent": intent, "amount": 300}).status == "pending"
    assert charge_of(client, intent).amount_refunded == 400


def test_dispute_lost(
    local: LocalStripe, client: stripe.StripeClient, endpoint: Endpoint, order: Order
) -> None:
    intent = paid_intent(local, client, order)
    opened = local.open_dispute(intent)
    listed = client.v1.disputes.list({"payment_intent": intent}).data
    assert [(d.id, d.status, d.amount) for d in listed] == [(opened["id"], "needs_response", 49900)]
    assert listed[0].is_charge_refundable is False
    assert charge_of(client, intent).disputed is True
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent})
    assert refused.value.code == "charge_disputed"
    local.update_dispute(opened["id"], "under_review")
    local.close_dispute(opened["id"], "lost")
    assert client.v1.disputes.retrieve(opened["id"]).status == "lost"
    local.wait_idle()
    assert [type_ for type_ in endpoint.types if "dispute" in type_] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.closed",
    ]


@pytest.mark.parametrize("end", ["won", "prevented", "warning_closed"])
def test_dispute_that_ends_well(
    local: LocalStripe, client: stripe.StripeClient, endpoint: Endpoint, order: Order, end: str
) -> None:
    intent = paid_intent(local, client, order)
    inquiry = end == "warning_closed"
    start = "warning_needs_response" if inquiry else "needs_response"
    opened = local.open_dispute(intent, start)
    assert opened["is_charge_refundable"] is inquiry
    local.close_dispute(opened["id"], end)
    closed = client.v1.disputes.retrieve(opened["id"])
    assert closed.status == end
    assert sum(entry.amount for entry in closed.balance_transactions) == 0
    local.wait_idle()
    assert ("charge.dispute.funds_reinstated" in endpoint.types) is not inquiry
    assert endpoint.types[-1] == "charge.dispute.closed"
    with pytest.raises(ApiError):
        local.close_dispute(opened["id"], "lost")


def test_kroner() -> None:
    assert [kroner(ore) for ore in (0, 49900, 12350, 123456700)] == [
        "0 kr.",
        "499 kr.",
        "123,50 kr.",
        "1.234.567 kr.",
    ]
