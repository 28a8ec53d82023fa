"""The local Stripe's API through the real library: what it takes, refuses, repeats and lists."""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from sandbox.stripe import LocalStripe
from sandbox.stripe.errors import ApiError

Order = dict[str, Any]
NewClient = Callable[..., stripe.StripeClient]


def test_creates_a_session_as_asked(client: stripe.StripeClient, order: Order) -> None:
    now = int(time.time())
    session = client.v1.checkout.sessions.create({**order, "expires_at": now + 3600})
    assert session.id.startswith("cs_test_")
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (session.amount_subtotal, session.amount_total, session.currency) == (
        49900,
        49900,
        "dkk",
    )
    assert session.payment_method_types == ["card", "mobilepay"]
    assert session.payment_intent is None
    assert session.url is not None
    assert session.url.endswith(f"/c/pay/{session.id}")
    assert session.metadata is not None
    assert session.metadata["order"] == "7"
    assert session.expires_at == now + 3600
    assert session.livemode is False
    assert "line_items" not in session


def test_sums_lines_and_takes_a_coupon_off(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    local.coupon("HALV", 50)
    second = copy.deepcopy(order["line_items"][0])
    second["price_data"]["unit_amount"] = 1000
    second["quantity"] = 3
    lines = [order["line_items"][0], second]
    session = client.v1.checkout.sessions.create(
        {**order, "line_items": lines, "discounts": [{"coupon": "HALV"}], "expand": ["line_items"]}
    )
    assert (session.amount_subtotal, session.amount_total) == (52900, 26450)
    assert session.total_details is not None
    assert session.total_details.amount_discount == 26450
    assert session.line_items is not None
    items = client.v1.checkout.sessions.line_items.list(session.id).data
    assert [item.amount_subtotal for item in items] == [49900, 3000]
    assert [item.description for item in items] == ["E-forløb", "E-forløb"]
    assert len(session.line_items.data) == 2


def line(**changes: Any) -> Order:
    price = {"currency": "dkk", "unit_amount": 49900, "product_data": {"name": "E-forløb"}}
    return {"line_items": [{"quantity": 1, "price_data": {**price, **changes}}]}


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
        ({"sucess_url": "x"}, "parameter_unknown", "sucess_url"),
        (
            line(unit_amout=1),
            "parameter_unknown",
            "line_items[0][price_data][unit_amout]",
        ),
        (
            line(unit_amount="dyrt"),
            "parameter_invalid_integer",
            "line_items[0][price_data][unit_amount]",
        ),
        (
            {"line_items": [{"quantity": 1, "price_data": {"unit_amount": 1}}]},
            "parameter_missing",
            "line_items[0][price_data][currency]",
        ),
        ({"mode": "pay"}, None, "mode"),
        ({"locale": "dansk"}, None, "locale"),
        ({"allowed_payment_method_types": ["dankort"]}, None, "allowed_payment_method_types[0]"),
        ({"automatic_tax": {"enabled": "maybe"}}, None, "automatic_tax[enabled]"),
        ({"client_reference_id": ""}, "parameter_invalid_empty", "client_reference_id"),
        ({"metadata": {"k" * 41: "v"}}, None, f"metadata[{'k' * 41}]"),
        ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
        ({"metadata": {str(n): "v" for n in range(51)}}, None, "metadata"),
        ({"expires_at": int(time.time()) + 60}, None, "expires_at"),
        ({"expires_at": int(time.time()) + 90_000}, None, "expires_at"),
        (
            {"custom_text": {"submit": {"message": "a" * 1201}}},
            None,
            "custom_text[submit][message]",
        ),
        ({"discounts": [{"coupon": "NONE"}]}, "resource_missing", "discounts[0][coupon]"),
        ({"expand": ["url"]}, None, "expand"),
        ({"customer": "cus_1"}, None, "customer"),
        ({"success_url": "/koeb/tak"}, "url_invalid", "success_url"),
        ({"customer_email": "nobody"}, "email_invalid", "customer_email"),
        (
            {"invoice_creation": {"enabled": True, "invoice_data": {"footer": "x"}}},
            None,
            "invoice_creation",
        ),
        ({"line_items": []}, "parameter_missing", "line_items"),
        (line(unit_amount=100), "amount_too_small", None),
        (
            {**line(currency="jpy"), "allowed_payment_method_types": ["mobilepay"]},
            None,
            None,
        ),
    ],
)
def test_refuses_what_stripe_refuses(
    client: stripe.StripeClient, order: Order, change: Order, code: str | None, param: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create({**order, **change})  # type: ignore[typeddict-item]
    assert refused.value.http_status == 400
    assert (refused.value.code, refused.value.param) == (code, param)
    assert client.v1.checkout.sessions.list().data == []


@pytest.mark.parametrize("name", ["mode", "line_items", "success_url"])
def test_requires(client: stripe.StripeClient, order: Order, name: str) -> None:
    del order[name]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(order)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.param) == ("parameter_missing", name)


def test_offers_only_methods_the_account_and_the_currency_have(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    local.methods(["card"])
    session = client.v1.checkout.sessions.create(order)
    assert session.payment_method_types == ["card"]
    local.methods(["card", "mobilepay"])
    pounds = client.v1.checkout.sessions.create({**order, **line(currency="gbp")})
    assert pounds.payment_method_types == ["card"]


@pytest.mark.parametrize(
    "key", ["sk_live_real", "rk_live_real", "pk_live_real", "nonsense", "sk_test_"]
)
def test_takes_test_keys_only(new_client: NewClient, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        new_client(key).v1.checkout.sessions.list()
    assert refused.value.http_status == 401
    if "_live_" in key:
        assert "live key" in str(refused.value)


def test_knows_one_version(new_client: NewClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version: 2024-06-20"):
        new_client(stripe_version="2024-06-20").v1.checkout.sessions.list()


def test_unknown_objects_and_addresses_are_404(client: stripe.StripeClient) -> None:
    for fetch in (
        lambda: client.v1.checkout.sessions.retrieve("cs_test_none"),
        lambda: client.v1.payment_intents.retrieve("pi_none"),
        lambda: client.v1.charges.retrieve("ch_none"),
        lambda: client.v1.disputes.retrieve("dp_none"),
        lambda: client.v1.refunds.retrieve("re_none"),
        lambda: client.v1.events.retrieve("evt_none"),
        lambda: client.v1.refunds.create({"payment_intent": "pi_none"}),
        lambda: client.v1.refunds.list({"payment_intent": "pi_none"}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            fetch()
        assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        client.v1.customers.list()


def test_same_key_and_parameters_replay(client: stripe.StripeClient, order: Order) -> None:
    first = client.v1.checkout.sessions.create(order, {"idempotency_key": "cs:1"})
    again = client.v1.checkout.sessions.create(order, {"idempotency_key": "cs:1"})
    assert first.id == again.id
    assert first.last_response is not None
    assert again.last_response is not None
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(client.v1.checkout.sessions.list().data) == 1


def test_same_key_other_parameters_is_an_error(client: stripe.StripeClient, order: Order) -> None:
    client.v1.checkout.sessions.create(order, {"idempotency_key": "cs:1"})
    with pytest.raises(stripe.IdempotencyError):
        client.v1.checkout.sessions.create(
            {**order, "client_reference_id": "B8"}, {"idempotency_key": "cs:1"}
        )


def test_refused_parameters_leave_the_key_free(client: stripe.StripeClient, order: Order) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.create(
            {**order, **line(unit_amount=1)}, {"idempotency_key": "k"}
        )
    assert client.v1.checkout.sessions.create(order, {"idempotency_key": "k"}).status == "open"


def test_key_in_use_conflicts_and_the_library_tries_again(
    local: LocalStripe, new_client: NewClient, order: Order
) -> None:
    local.latency(0.3)
    options: Any = {"idempotency_key": "cs:1"}
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(new_client().v1.checkout.sessions.create, order, options)
        time.sleep(0.1)
        with pytest.raises(stripe.APIError) as conflict:
            new_client().v1.checkout.sessions.create(order, options)
        patient = new_client(max_network_retries=100).v1.checkout.sessions.create(order, options)
    assert conflict.value.http_status == 409
    assert conflict.value.error.code == "idempotency_key_in_use"
    assert patient.id == slow.result().id


def test_a_500_is_kept_under_its_key(
    local: LocalStripe, new_client: NewClient, order: Order
) -> None:
    local.fail_next(1)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            new_client().v1.checkout.sessions.create(order, {"idempotency_key": "cs:1"})
    fresh = new_client().v1.checkout.sessions.create(order, {"idempotency_key": "cs:2"})
    assert fresh.status == "open"


@pytest.mark.parametrize("done_first", [False, True])
def test_a_lost_answer_is_asked_for_again(
    local: LocalStripe, new_client: NewClient, order: Order, done_first: bool
) -> None:
    local.fail_next(1, drop=True, done_first=done_first)
    session = new_client(max_network_retries=1).v1.checkout.sessions.create(order)
    assert session.last_response is not None
    replayed = "Idempotent-Replayed" in session.last_response.headers
    assert replayed is done_first
    assert len(local.state()["sessions"]) == 1


def test_fails_as_often_as_told(local: LocalStripe, client: stripe.StripeClient) -> None:
    local.fail_next(1, drop=True)
    local.fail_next(1, status=429)
    local.fail_next(2, status=503)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.events.list()
    with pytest.raises(stripe.RateLimitError):
        client.v1.events.list()
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            client.v1.events.list()
    assert client.v1.events.list().data == []
    local.fail_next(99, drop=True)
    local.recover()
    assert client.v1.events.list().data == []


def test_answers_stripe_would_not_give_are_500(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    session = client.v1.checkout.sessions.create(order)
    kept = local.ledger.objects["checkout.session"][session.id]
    wrong: list[tuple[str, Any]] = [
        ("created", "yesterday"),
        ("status", "open-ish"),
        ("payment_methods", []),
        ("livemode", None),
    ]
    for name, value in wrong:
        right = dict(kept)
        kept[name] = value
        with pytest.raises(stripe.APIError, match=name):
            client.v1.checkout.sessions.retrieve(session.id)
        kept.clear()
        kept.update(right)
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_expands_also_in_lists(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    session = client.v1.checkout.sessions.create(order)
    local.pay(session.id)
    paid = client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}
    )
    intent: Any = paid.payment_intent
    assert intent.latest_charge.status == "succeeded"
    assert intent.latest_charge.balance_transaction.amount == 49900
    listed: Any = client.v1.checkout.sessions.list(
        {"expand": ["data.payment_intent.latest_charge", "data.line_items"]}
    )
    assert listed.data[0].payment_intent.latest_charge.paid is True
    assert listed.data[0].line_items.data[0].amount_total == 49900
    charge: Any = client.v1.charges.retrieve(
        intent.latest_charge.id, {"expand": ["refunds", "payment_intent"]}
    )
    assert charge.refunds.data == []
    assert charge.payment_intent.id == intent.id


def test_lists_page_and_filter(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    ids = [client.v1.checkout.sessions.create(order).id for _ in range(5)]
    local.pay(ids[1])
    local.expire(ids[2])
    sessions = client.v1.checkout.sessions
    newest_first = list(reversed(ids))
    assert [s.id for s in sessions.list({"limit": 2}).auto_paging_iter()] == newest_first
    first = sessions.list({"limit": 2})
    assert first.has_more is True
    assert [s.id for s in sessions.list({"starting_after": ids[3]}).data] == newest_first[2:]
    assert [s.id for s in sessions.list({"ending_before": ids[2]}).data] == newest_first[:2]
    assert [s.id for s in sessions.list({"status": "complete"}).data] == [ids[1]]
    assert [s.id for s in sessions.list({"status": "expired"}).data] == [ids[2]]
    intent: Any = sessions.retrieve(ids[1]).payment_intent
    assert [s.id for s in sessions.list({"payment_intent": intent}).data] == [ids[1]]
    buyer: Any = {"customer_details": {"email": "koeber@example.com"}}
    assert [s.id for s in sessions.list(buyer).data] == [ids[1]]
    assert sessions.list({"created": {"gt": int(time.time()) + 5}}).data == []
    assert len(sessions.list({"created": {"gte": int(time.time()) - 60}}).data) == 5
    for bad in ({"limit": 101}, {"starting_after": "cs_test_none"}, {"statuss": "open"}):
        with pytest.raises(stripe.InvalidRequestError):
            sessions.list(bad)  # type: ignore[arg-type]


def test_lists_events(local: LocalStripe, client: stripe.StripeClient, order: Order) -> None:
    session = client.v1.checkout.sessions.create(order)
    local.pay(session.id)
    local.wait_idle()
    events = client.v1.events
    completed = events.list({"type": "checkout.session.completed"}).data
    assert [event.data.object["id"] for event in completed] == [session.id]
    assert {event.type for event in events.list({"type": "payment_intent.*"}).data} == {
        "payment_intent.created",
        "payment_intent.succeeded",
    }
    both: Any = {"types": ["charge.succeeded", "checkout.session.completed"]}
    assert len(events.list(both).data) == 2
    since: Any = {"created": {"gte": completed[0].created}, "limit": 1}
    assert len(list(events.list(since).auto_paging_iter())) >= 1
    assert events.retrieve(completed[0].id).pending_webhooks == 0
    with pytest.raises(stripe.InvalidRequestError):
        events.list({**both, "type": "x"})


def test_metadata_is_merged_and_emptied(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    session = client.v1.checkout.sessions.create(order)
    local.pay(session.id)
    intent: Any = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    changed = client.v1.payment_intents.update(intent, {"metadata": {"note": "a"}})
    assert changed.metadata.to_dict() == {"reference": "A7", "note": "a"}
    assert client.v1.payment_intents.update(intent, {"metadata": ""}).metadata.to_dict() == {}
    assert client.v1.payment_intents.list().data[0].id == intent


def test_many_threads_at_once(local: LocalStripe, new_client: NewClient, order: Order) -> None:
    """Twenty at a time on ten keys: ten sessions, each paid once."""

    def buy(number: int) -> str:
        patient = new_client(max_network_retries=4)
        key: Any = {"idempotency_key": f"cs:{number % 10}"}
        session = patient.v1.checkout.sessions.create(order, key)
        with contextlib.suppress(ApiError):  # the other one with this key has paid
            local.pay(session.id)
        return session.id

    with ThreadPoolExecutor(20) as pool:
        bought = list(pool.map(buy, range(20)))
    assert len(set(bought)) == 10
    assert len(new_client().v1.charges.list({"limit": 100}).data) == 10
