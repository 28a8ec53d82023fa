"""A local Stripe for development and tests: `python -m sandbox.stripe --port 5002 …`.

The real stripe library talks to it over HTTP; no money moves. It listens on 127.0.0.1 only,
keeps everything in memory and takes test keys only.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import logging
import threading

from flask import Flask, redirect
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.stripe import checkout, control
from sandbox.stripe.api import Api
from sandbox.stripe.gate import Gate, Trouble
from sandbox.stripe.objects import Object
from sandbox.stripe.operator import Operator
from sandbox.stripe.pages import PayPage
from sandbox.stripe.postman import Postman
from sandbox.stripe.state import Ledger
from sandbox.stripe.webhooks import Courier

HOST = "127.0.0.1"


class LocalStripe(Operator, Postman):
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
        self.courier.delivered = self.ledger.mark_delivered
        self.gate = Gate()
        self.api = Api(self.ledger, self.gate, self.courier)
        self.page = PayPage(self.ledger, self.courier, redirect_wait)
        self._port = port
        self._server: BaseWSGIServer | None = None

    def create_app(self) -> Flask:
        """The WSGI program: API, pay page, control plane."""
        app = Flask("sandbox.stripe", static_folder=None)
        app.register_blueprint(self.api.blueprint())
        app.register_blueprint(self.page.blueprint())
        app.register_blueprint(control.blueprint(self._actions(), self.state))
        app.add_url_rule("/", "start", lambda: redirect("/_control/"))
        return app

    def start(self) -> LocalStripe:
        """Listen and deliver in the background; `base_url` is known afterwards."""
        server = self._listen()
        threading.Thread(target=_serve, args=[server], name="local-stripe", daemon=True).start()
        return self

    def run(self) -> None:
        """Listen and deliver until interrupted; prints where once it does."""
        server = self._listen()
        print(f"Local Stripe: {self.base_url}/_control/", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            _serve(server)

    def _listen(self) -> BaseWSGIServer:
        app = self.create_app()
        server = make_server(HOST, self._port, app, threaded=True, request_handler=_Quiet)
        server.service_actions = self._pass_time  # type: ignore[method-assign]
        self._server = server
        self.ledger.base_url = self.base_url
        self.courier.start()
        return server

    def _pass_time(self) -> None:
        """Ten times a second: sessions expire also when nobody asks for them."""
        try:
            with self.ledger.lock:
                checkout.expire_due(self.ledger)
        except Exception:  # an exception here would end the whole server without a word
            logging.getLogger(__name__).exception("sessions could not be expired")

    def stop(self) -> None:
        """Stop listening and delivering."""
        self.courier.stop()
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def __enter__(self) -> LocalStripe:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

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

    def pay(self, session: str, how: str = "card") -> str | None:
        """Press a pay page button: "card", "mobilepay", "declined" or "delayed".

        Returns the address the buyer is sent to, None when declined; ApiError if not open.
        """
        return self.page.pay(session, how)

    def fail_next(
        self, count: int = 1, status: int | str = 500, drop: bool = False, done_first: bool = False
    ) -> None:
        """Spoil the next API calls: answer with an HTTP status, or drop the connection.

        With `done_first` the work is done and only the answer is lost. As at Stripe, a 500 is
        kept under the call's idempotency key; other statuses are not.
        """
        self.gate.fail_next(Trouble(count, None if drop else int(status), done_first))

    def recover(self) -> None:
        """No more trouble: calls are answered again."""
        self.gate.recover()

    def latency(self, seconds: float = 0.0) -> None:
        """Make every API call wait first."""
        self.gate.latency = seconds

    def state(self) -> Object:
        """All objects and deliveries."""
        with self.ledger.lock:
            objects = copy.deepcopy(self.ledger.objects)
        return {
            "webhook_url": self.courier.url,
            "held": self.courier.held,
            "sessions": list(objects["checkout.session"].values()),
            "payment_intents": list(objects["payment_intent"].values()),
            "charges": list(objects["charge"].values()),
            "refunds": list(objects["refund"].values()),
            "disputes": list(objects["dispute"].values()),
            "payouts": list(objects["payout"].values()),
            "balance_transactions": list(objects["balance_transaction"].values()),
            "promotion_codes": list(objects["promotion_code"].values()),
            "events": list(objects["event"].values()),
            "deliveries": {key: list(tries) for key, tries in dict(self.courier.attempts).items()},
        }

    def _actions(self) -> control.Actions:
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
            "code": self.use_code,
            "payout": self.pay_out,
            "payout/fail": self.fail_payout,
            "methods": self.methods,
            "resend": self.resend,
            "duplicate": self.duplicate,
            "reverse": self.reverse,
            "hold": self.hold,
            "release": self.release,
            "fail_next": self.fail_next,
            "recover": self.recover,
            "latency": self.latency,
            "reset": self.reset,
        }


def _serve(server: BaseWSGIServer) -> None:
    server.serve_forever(poll_interval=0.1)


class _Quiet(WSGIRequestHandler):
    """Says nothing of answered requests, and keeps connections for the next, as Stripe does."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep silent."""


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="sandbox.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=5002)
    parser.add_argument("--webhook-url", help="where events are POSTed")
    parser.add_argument("--webhook-secret", default="whsec_local")
    parser.add_argument("--redirect-wait", type=float, default=3.0, metavar="SECONDS")
    given = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    local = LocalStripe(given.port, given.webhook_url, given.webhook_secret, given.redirect_wait)
    local.run()
