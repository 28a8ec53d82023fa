"""A local Stripe, the real library pointed at it, and an endpoint that hears its webhooks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from sandbox.stripe import LocalStripe

SECRET = "whsec_only_for_these_tests"
VERSION = "2026-10-28.endive"


class Endpoint:
    """Takes webhooks as a shop would: verified by the library, answered as told.

    `answers` are the HTTP statuses to give next; when they run out, 200.
    """

    def __init__(self) -> None:
        self.heard: list[stripe.Event] = []
        self.requests: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        self.delay = 0.0
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                signature = self.headers["Stripe-Signature"]
                event = stripe.Webhook.construct_event(raw, signature, SECRET)
                endpoint.heard.append(event)
                endpoint.requests.append((raw, signature))
                time.sleep(endpoint.delay)
                self.send_response(endpoint.answers.pop(0) if endpoint.answers else 200)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 64  # twenty deliveries may knock at once

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/stripe/webhook"

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.heard]

    def forget(self) -> None:
        self.heard.clear()
        self.requests.clear()
        self.answers.clear()
        self.delay = 0.0


@pytest.fixture(scope="session")
def started() -> Iterator[tuple[LocalStripe, Endpoint]]:
    stripe.enable_telemetry = False
    endpoint = Endpoint()
    with LocalStripe(
        webhook_url=endpoint.url, webhook_secret=SECRET, retry_delays=(0.02, 0.05)
    ) as local:
        yield local, endpoint
    endpoint.server.shutdown()


@pytest.fixture
def local(started: tuple[LocalStripe, Endpoint]) -> LocalStripe:
    """The local Stripe, empty."""
    started[0].reset()
    started[0].wait_idle()
    started[1].forget()
    started[0].webhook_url = started[1].url
    return started[0]


@pytest.fixture
def endpoint(local: LocalStripe, started: tuple[LocalStripe, Endpoint]) -> Endpoint:
    """Hears the webhooks of `local`."""
    return started[1]


@pytest.fixture
def new_client(local: LocalStripe) -> Callable[..., stripe.StripeClient]:
    """Makes a client of the real library; by default a test key and no retries."""

    def make(key: str = "sk_test_local", **options: Any) -> stripe.StripeClient:
        given: dict[str, Any] = {
            "stripe_version": VERSION,
            "max_network_retries": 0,
            "http_client": stripe.RequestsClient(timeout=5),
            **options,
        }
        return stripe.StripeClient(key, base_addresses={"api": local.base_url}, **given)

    return make


@pytest.fixture
def client(new_client: Callable[..., stripe.StripeClient]) -> stripe.StripeClient:
    return new_client()


@pytest.fixture
def order() -> dict[str, Any]:
    """Parameters of a session as the shop sends them: one course at 499 kr."""
    price = {
        "currency": "dkk",
        "unit_amount": 49900,
        "tax_behavior": "inclusive",
        "product_data": {"name": "E-forløb"},
    }
    return {
        "mode": "payment",
        "locale": "da",
        "line_items": [{"quantity": 1, "price_data": price}],
        "allowed_payment_method_types": ["card", "mobilepay"],
        "adaptive_pricing": {"enabled": False},
        "automatic_tax": {"enabled": False},
        "customer_email": "koeber@example.com",
        "client_reference_id": "A7",
        "metadata": {"order": "7"},
        "payment_intent_data": {"metadata": {"reference": "A7"}},
        "success_url": "http://shop.test/koeb/tak?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/koeb",
    }
