"""The local Stripe's webhooks and control plane: signed, retried, held, doubled, reversed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import urlopen

import pytest
import stripe

from sandbox.stripe import LocalStripe
from sandbox.stripe.state import API_VERSION

Order = dict[str, Any]
Endpoint = Any
SECRET = "whsec_only_for_these_tests"
ROOT = Path(__file__).parents[2]


def control(local: LocalStripe, action: str, **given: Any) -> tuple[int, Any]:
    """POST JSON to the control plane."""
    address = urlsplit(local.base_url)
    line = HTTPConnection(address.hostname or "", address.port, timeout=5)
    headers = {"Content-Type": "application/json"}
    line.request("POST", f"/_control/{action}", json.dumps(given), headers)
    response = line.getresponse()
    body = json.loads(response.read())
    line.close()
    return response.status, body


def buy(local: LocalStripe, client: stripe.StripeClient, order: Order) -> str:
    """A paid session's id; its events are queued."""
    session = client.v1.checkout.sessions.create(order)
    local.pay(session.id)
    return session.id


BOUGHT = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
]


def test_events_arrive_signed_and_pinned(
    local: LocalStripe, client: stripe.StripeClient, endpoint: Endpoint, order: Order
) -> None:
    session = buy(local, client, order)
    assert endpoint.types == BOUGHT
    completed = endpoint.heard[-1]
    assert completed.id.startswith("evt_")
    assert (completed.api_version, completed.livemode) == (API_VERSION, False)
    assert completed.data.object["id"] == session
    assert completed.data.object["payment_status"] == "paid"
    raw, header = endpoint.requests[-1]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(raw + b" ", header, SECRET)
    stamp = int(header.split(",")[0].removeprefix("t="))
    assert abs(stamp - time.time()) < 5


def test_events_name_the_request_that_caused_them(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    session = client.v1.checkout.sessions.create(order)
    expired = client.v1.checkout.sessions.expire(session.id, {}, {"idempotency_key": "x:1"})
    assert expired.last_response is not None
    asked = local.events("checkout.session.expired")[0]["request"]
    assert asked == {"id": expired.last_response.request_id, "idempotency_key": "x:1"}


@pytest.mark.parametrize("answer", [500, 302, 404])
def test_what_is_not_taken_comes_again(
    local: LocalStripe, client: stripe.StripeClient, endpoint: Endpoint, order: Order, answer: int
) -> None:
    session = client.v1.checkout.sessions.create(order)
    endpoint.answers = [answer, answer]
    local.expire(session.id)
    local.wait_idle()
    assert endpoint.types == ["checkout.session.expired"] * 3
    assert len({event.id for event in endpoint.heard}) == 1
    tries = local.state()["deliveries"][endpoint.heard[0].id]
    assert [attempt["status"] for attempt in tries] == [answer, answer, 200]


def test_three_tries_and_no_more(
    local: LocalStripe, client: stripe.StripeClient, endpoint: Endpoint, order: Order
) -> None:
    session = client.v1.checkout.sessions.create(order)
    endpoint.answers = [500] * 9
    local.expire(session.id)
    local.wait_idle()
    assert len(endpoint.heard) == 3
    failed = client.v1.events.list({"delivery_success": False}).data
    assert [event.id for event in failed] == [endpoint.heard[0].id]
    assert client.v1.events.list({"delivery_success": True}).data == []
    endpoint.answers = []
    local.resend(failed[0].id)
    local.wait_idle()
    assert client.v1.events.list({"delivery_success": False}).data == []


def test_an_endpoint_that_is_down_is_recorded(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        local.webhook_url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        session = client.v1.checkout.sessions.create(order)
        local.expire(session.id)
        local.wait_idle()
    tries = next(iter(local.state()["deliveries"].values()))
    assert [attempt["status"] for attempt in tries] == [None, None, None]
    assert "ConnectionRefusedError" in tries[0]["error"]


def test_without_an_endpoint_nothing_waits(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    local.webhook_url = None
    started = time.monotonic()
    buy(local, client, order)
    assert time.monotonic() - started < 1
    assert [event["type"] for event in local.events()] == BOUGHT


def test_paying_waits_for_the_endpoint_but_not_for_ever(
    local: LocalStripe, client: stripe.StripeClient, endpoint: Endpoint, order: Order
) -> None:
    local.page.wait = 0.3
    try:
        endpoint.delay = 0.04
        session = buy(local, client, order)
        assert endpoint.types == BOUGHT
        assert session
        endpoint.delay = 0.5
        started = time.monotonic()
        buy(local, client, order)
        assert 0.25 < time.monotonic() - started < 0.5
    finally:
        local.page.wait = 3.0
        endpoint.delay = 0
        local.hold()


def test_held_back_and_released_in_reverse(
    local: LocalStripe, client: stripe.StripeClient, endpoint: Endpoint, order: Order
) -> None:
    local.hold()
    buy(local, client, order)
    assert endpoint.types == []
    assert len(client.v1.events.list({"delivery_success": False}).data) == 4
    local.release("reversed")
    local.wait_idle()
    assert endpoint.types == BOUGHT[::-1]
    endpoint.forget()
    local.reverse()
    local.wait_idle()
    assert endpoint.types == BOUGHT[::-1]


def test_doubled_with_old_and_new_ids_and_all_at_once(
    local: LocalStripe, client: stripe.StripeClient, endpoint: Endpoint, order: Order
) -> None:
    session = client.v1.checkout.sessions.create(order)
    local.expire(session.id)
    local.wait_idle()
    first = endpoint.heard[0].id
    assert local.duplicate(times=2) == [200, 200]
    assert {event.id for event in endpoint.heard} == {first}
    local.duplicate(as_new=True)
    assert len({event.id for event in endpoint.heard}) == 2
    endpoint.forget()
    endpoint.delay = 0.1
    started = time.monotonic()
    assert local.duplicate(times=10, parallel=20) == [200] * 20
    assert time.monotonic() - started < 1
    assert len(endpoint.heard) == 20


def test_tests_can_deliver_events_themselves(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    local.webhook_url = None
    buy(local, client, order)
    payload = json.dumps(local.events("checkout.session.completed")[0]).encode()
    event = stripe.Webhook.construct_event(payload, local.sign(payload), SECRET)
    assert event.data.object["amount_total"] == 49900


def test_control_plane_does_all_over_http(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    late = client.v1.checkout.sessions.create(order).id
    control(local, "pay", session=late, how="delayed")
    control(local, "async", session=late, outcome="succeeded")
    intent: Any = client.v1.checkout.sessions.retrieve(late).payment_intent
    refund = control(local, "refund", payment_intent=intent, amount=100)[1]["result"]
    control(local, "refund/fail", refund=refund["id"])
    dispute = control(local, "dispute/open", payment_intent=intent)[1]["result"]
    control(local, "dispute/close", dispute=dispute["id"], status="won")
    control(local, "fail_next", count=1, status=500)
    with pytest.raises(stripe.APIError):
        client.v1.events.list()
    for action in ("hold", "release", "reverse", "duplicate", "latency"):
        assert control(local, action)[0] == 200
    opened = client.v1.checkout.sessions.create(order).id
    assert control(local, "expire", session=opened)[0] == 200
    assert control(local, "expire", session=opened)[0] == 400
    assert control(local, "expire", session="cs_none")[0] == 404
    assert control(local, "expire", sesion="x")[0] == 400
    assert control(local, "explode")[0] == 404
    with urlopen(f"{local.base_url}/_control/state") as answer:
        state = json.load(answer)
    assert [refund["status"] for refund in state["refunds"]] == ["failed"]
    assert [dispute["status"] for dispute in state["disputes"]] == ["won"]
    assert {session["status"] for session in state["sessions"]} == {"complete", "expired"}
    assert state["events"]
    control(local, "reset")
    assert client.v1.checkout.sessions.list().data == []


def test_control_page_has_buttons(
    local: LocalStripe, client: stripe.StripeClient, order: Order
) -> None:
    session = buy(local, client, order)
    intent: Any = client.v1.checkout.sessions.retrieve(session).payment_intent
    page = urlopen(f"{local.base_url}/_control/").read().decode()
    assert session in page
    assert "Refund all that is left" in page
    form = urlencode({"back": "1", "payment_intent": intent, "amount": "100"}).encode()
    after = urlopen(f"{local.base_url}/_control/refund", form).read().decode()
    assert "Refund of 1 kr.: succeeded" in after
    with urlopen(local.base_url) as start:
        assert start.url.endswith("/_control/")


def test_runs_as_a_program_on_loopback_only(endpoint: Endpoint) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["-m", "sandbox.stripe", "--port", str(port), "--webhook-url", endpoint.url]
    program = subprocess.Popen(
        [sys.executable, *words, "--webhook-secret", SECRET],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        assert str(port) in program.stdout.readline()
        with urlopen(f"http://127.0.0.1:{port}/_control/state") as answer:
            assert json.load(answer)["webhook_url"] == endpoint.url
        outside = socket.create_connection(("127.0.0.1", port), timeout=1)
        outside.close()
        with pytest.raises(OSError):  # noqa: PT011 (refused or unreachable, by platform)
            socket.create_connection(("127.0.0.2", port), timeout=1)
    finally:
        program.terminate()
        program.wait(5)
        if program.stdout:
            program.stdout.close()
