"""A local Stripe for development and tests: `python -m sandbox.stripe --port 5002 …`.

The real stripe library talks to it over HTTP; no money moves. It listens on 127.0.0.1 only,
keeps everything in memory and takes test keys only.
"""

from __future__ import annotations

import argparse
import copy
import logging
import threading
from typing import Any

import stripe
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox import stripe_checkout, stripe_control, stripe_reversals
from sandbox.stripe_api import Api
from sandbox.stripe_gate import Gate, Trouble
from sandbox.stripe_objects import Object, new_id
from sandbox.stripe_pages import PayPage
from sandbox.stripe_state import Ledger
from sandbox.stripe_webhooks import Courier

HOST = "127.0.0.1"


class LocalStripe:
    """The whole stand-in: start it, point a `stripe.StripeClient` at `base_url`, press buttons.

    `redirect_wait` is how long (seconds) paying waits for the webhook's answer;
    `retry_delays` the seconds before each further webhook try.
    """

    def __init__(
        self,
        port: int = 0,
        webhook_url: str | None = None,
        webhook_secret: str = "whsec_local",  # noqa: S107 (signs nothing but pretended events)
        redirect_wait: float = 3.0,
        retry_delays: tuple[float, ...] = (0.2, 1.0),
    ) -> None:
        self.courier = Courier(webhook_url, webhook_secret, retry_delays)
        self.ledger = Ledger(self.courier.enqueue)
        self.courier.delivered = self._delivered
        self.gate = Gate()
        self.api = Api(self.ledger, self.gate, self.courier)
        self.page = PayPage(self.ledger, self.courier, redirect_wait)
        self._port = port
        self._server: BaseWSGIServer | None = None

    # Running ------------------------------------------------------------------------------

    def create_app(self) -> Flask:
        """The WSGI program."""
        app = Flask("sandbox.stripe", static_folder=None)
        app.register_blueprint(self.api.blueprint())
        app.register_blueprint(self.page.blueprint())
        app.register_blueprint(stripe_control.blueprint(self._actions(), self.state))
        return app

    def start(self) -> LocalStripe:
        """Listen and deliver in the background; `base_url` is known afterwards."""
        self._listen()
        threading.Thread(target=self._serve, name="local-stripe", daemon=True).start()
        return self

    def run(self) -> None:
        """Listen and deliver until interrupted."""
        self._listen()
        self._serve()

    def _listen(self) -> None:
        self._server = make_server(
            HOST, self._port, self.create_app(), threaded=True, request_handler=_Quiet
        )
        self.ledger.base_url = self.base_url
        self.courier.start()

    def _serve(self) -> None:
        if self._server:
            self._server.serve_forever()

    def stop(self) -> None:
        """Stop listening and delivering."""
        self.courier.stop()
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    @property
    def base_url(self) -> str:
        """Where the API and the pages are: http://127.0.0.1:PORT, no slash at the end."""
        return f"http://{HOST}:{self._server.server_port if self._server else self._port}"

    @property
    def webhook_url(self) -> str | None:
        """The endpoint events are sent to; None sends nothing. Can be set at any time."""
        return self.courier.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self.courier.url = url

    def reset(self) -> None:
        """Forget all objects, keys, deliveries and arranged trouble."""
        with self.ledger.lock:
            self.courier.clear()
            self.gate.clear()
            self.ledger.clear()
            self.ledger.account_methods = ["card", "mobilepay"]
            self.ledger.refund_outcome = "succeeded"

    # Buyers -------------------------------------------------------------------------------

    def pay(self, session: str, how: str = "card") -> str | None:
        """Press a pay page button: "card", "mobilepay", "declined" or "delayed".

        Returns the address the buyer is sent to, None when declined; ApiError if not open.
        """
        return self.page.pay(session, how)

    # Operators, banks ---------------------------------------------------------------------

    def settle(self, session: str, outcome: str = "succeeded") -> Object:
        """The late answer to a delayed payment: "succeeded" or "failed"."""
        with self.ledger.lock:
            found = self.ledger.find("checkout.session", session)
            return _copy(stripe_checkout.settle(self.ledger, found, outcome))

    def expire(self, session: str) -> Object:
        """Expire an open session as time would."""
        with self.ledger.lock:
            found = self.ledger.find("checkout.session", session)
            return _copy(stripe_checkout.expire(self.ledger, found))

    def refund(
        self, payment_intent: str, amount: int | None = None, outcome: str = "succeeded"
    ) -> Object:
        """Refund from the Dashboard; outcome "succeeded", "pending" or "failed"."""
        given: Object = {"payment_intent": payment_intent}
        if amount is not None:
            given["amount"] = amount
        with self.ledger.lock:
            return _copy(stripe_reversals.refund(self.ledger, given, outcome))

    def settle_refund(self, refund: str) -> Object:
        """A pending refund succeeds."""
        with self.ledger.lock:
            found = self.ledger.find("refund", refund)
            return _copy(stripe_reversals.settle_refund(self.ledger, found))

    def fail_refund(self, refund: str) -> Object:
        """A pending or succeeded refund bounces."""
        with self.ledger.lock:
            found = self.ledger.find("refund", refund)
            return _copy(stripe_reversals.fail_refund(self.ledger, found))

    def refund_outcome(self, outcome: str) -> None:
        """What becomes of refunds made through the API from now on."""
        self.ledger.refund_outcome = outcome

    def open_dispute(
        self, payment_intent: str, status: str = "needs_response", reason: str = "fraudulent"
    ) -> Object:
        """The buyer's bank objects; "warning_needs_response" is an inquiry only."""
        with self.ledger.lock:
            charge = stripe_reversals.charge_of(self.ledger, {"payment_intent": payment_intent})
            return _copy(stripe_reversals.open_dispute(self.ledger, charge, status, reason))

    def update_dispute(self, dispute: str, status: str) -> Object:
        """Move a dispute on: under_review, needs_response, appeal_…"""
        with self.ledger.lock:
            found = self.ledger.find("dispute", dispute)
            return _copy(stripe_reversals.update_dispute(self.ledger, found, status))

    def close_dispute(self, dispute: str, status: str = "lost") -> Object:
        """End a dispute: won, lost, warning_closed or prevented."""
        with self.ledger.lock:
            found = self.ledger.find("dispute", dispute)
            return _copy(stripe_reversals.close_dispute(self.ledger, found, status))

    def coupon(self, code: str, percent: int) -> None:
        """Make a coupon that `discounts` can name; 100 percent means nothing is to pay."""
        with self.ledger.lock:
            self.ledger.coupons[code] = percent

    def methods(self, *names: str) -> None:
        """The payment methods the account has switched on."""
        self.ledger.account_methods = list(names)

    # Webhooks -----------------------------------------------------------------------------

    def events(self, type_: str | None = None) -> list[Object]:
        """Events so far, oldest first, as the dicts to serialise and sign."""
        with self.ledger.lock:
            found = self.ledger.of("event", **({"type": type_} if type_ else {}))
            return [_copy(event) for event in found]

    def sign(self, payload: bytes) -> str:
        """The Stripe-Signature header for a body, as of now."""
        return self.courier.sign(payload)

    def hold(self) -> None:
        """Keep webhooks back."""
        self.courier.hold()

    def release(self, order: str = "queued") -> None:
        """Let held webhooks go, "queued" or "reversed"."""
        self.courier.release(order)

    def reverse(self) -> None:
        """Release what is held in reverse; with nothing held, send all again in reverse."""
        if self.courier.held:
            self.courier.release("reversed")
            return
        for event in reversed(self.events()):
            self.courier.enqueue(event)

    def resend(self, event: str) -> None:
        """Queue one event once more."""
        with self.ledger.lock:
            self.courier.enqueue(_copy(self.ledger.find("event", event)))

    def duplicate(self, times: int = 1, as_new: bool = False, parallel: int = 1) -> list[Any]:
        """POST every event `times` more at once, `parallel` at a time; returns HTTP statuses.

        With `as_new` each repetition has an event id of its own, as Stripe may do.
        """
        again = [event for event in self.events() for _ in range(times)]
        if as_new:
            with self.ledger.lock:
                again = [
                    _copy(self.ledger.keep({**event, "id": new_id("event")})) for event in again
                ]
        return self.courier.deliver_now(again, parallel)

    def wait_idle(self, seconds: float = 10.0) -> bool:
        """Wait until no webhook is queued or under way."""
        return self.courier.wait_idle(seconds)

    def _delivered(self, event_id: str) -> None:
        event = self.ledger.objects["event"].get(event_id)
        if event:
            event["pending_webhooks"] = 0

    # Trouble ------------------------------------------------------------------------------

    def fail_next(
        self, count: int = 1, status_code: int = 500, drop: bool = False, done_first: bool = False
    ) -> None:
        """Spoil the next API calls: answer `status_code`, or drop the connection.

        With `done_first` the work is done and only the answer is lost.
        """
        self.gate.fail_next(Trouble(count, None if drop else status_code, done_first))

    def latency(self, seconds: float = 0.0) -> None:
        """Make every API call wait first."""
        self.gate.latency = seconds

    def state(self) -> Object:
        """All objects and deliveries."""
        with self.ledger.lock:
            objects = _copy(self.ledger.objects)
        return {
            "webhook_url": self.courier.url,
            "held": self.courier.held,
            "sessions": list(objects["checkout.session"].values()),
            "payment_intents": list(objects["payment_intent"].values()),
            "charges": list(objects["charge"].values()),
            "refunds": list(objects["refund"].values()),
            "disputes": list(objects["dispute"].values()),
            "events": list(objects["event"].values()),
            "deliveries": {key: list(tries) for key, tries in dict(self.courier.attempts).items()},
        }

    def _actions(self) -> stripe_control.Actions:
        return {
            "pay": self.pay,
            "refund": self.refund,
            "refund/settle": self.settle_refund,
            "refund/fail": self.fail_refund,
            "refund/outcome": self.refund_outcome,
            "dispute/open": self.open_dispute,
            "dispute/update": self.update_dispute,
            "dispute/close": self.close_dispute,
            "async": self.settle,
            "expire": self.expire,
            "coupon": self.coupon,
            "resend": self.resend,
            "duplicate": self.duplicate,
            "reverse": self.reverse,
            "hold": self.hold,
            "release": self.release,
            "fail_next": self.fail_next,
            "latency": self.latency,
            "reset": self.reset,
        }


class _Quiet(WSGIRequestHandler):
    """Says nothing of answered requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep silent."""


def _copy(value: Any) -> Any:
    return copy.deepcopy(value)


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="sandbox.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=5002)
    parser.add_argument("--webhook-url", help="where events are POSTed")
    parser.add_argument("--webhook-secret", default="whsec_local")
    parser.add_argument("--redirect-wait", type=float, default=3.0, metavar="SECONDS")
    given = parser.parse_args()
    stripe.enable_telemetry = False
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    local = LocalStripe(given.port, given.webhook_url, given.webhook_secret, given.redirect_wait)
    print(f"Local Stripe on {HOST}:{given.port}, control plane at /_control/", flush=True)
    local.run()


if __name__ == "__main__":
    main()
