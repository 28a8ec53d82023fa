"""Delivers events to the endpoint: signed at each try, retried, and misdelivered on request."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import stripe

from sandbox.stripe.objects import Object


@dataclass
class Delivery:
    """One event on its way: the bytes to send and the tries made so far.

    `era` counts the resets, so that nothing of before comes back.
    """

    event_id: str
    payload: bytes
    era: int
    tries: int = 0
    due_at: float = field(default_factory=time.monotonic)


def payload_of(event: Object) -> bytes:
    """The body Stripe would POST."""
    return json.dumps(event, indent=2, ensure_ascii=False).encode()


class Courier:
    """A thread that POSTs events in the order they came, until told otherwise.

    `delays` are the seconds before the second, third, … try; a try counts as good only on 2xx
    (a redirect fails, as at Stripe). While held, nothing leaves.
    """

    def __init__(self, url: str | None, secret: str, delays: tuple[float, ...] = (0.2, 1.0)):
        self.url = url
        self.secret = secret
        self.delays = delays
        self.timeout = 10.0
        self.held = False
        self.attempts: dict[str, list[Object]] = {}
        self.delivered: Callable[[str], None] | None = None
        self._waiting: list[Delivery] = []
        self._busy = 0
        self._stopped = False
        self._era = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to deliver."""
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="stripe-webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the try under way."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join(timeout=self.timeout)

    def clear(self) -> None:
        """Forget what waits and what was tried, and let go of a hold."""
        with self._changed:
            self._era += 1
            self._waiting.clear()
            self.attempts.clear()
            self.held = False
            self._changed.notify_all()

    def sign(self, payload: bytes) -> str:
        """The Stripe-Signature header for a body, as of now."""
        header: str = stripe.WebhookSignature.generate_signature_header(
            payload.decode(), self.secret
        )
        return header

    def enqueue(self, event: Object) -> None:
        """Put an event last in the queue; without an endpoint nothing is sent."""
        if self.url is None:
            return
        with self._changed:
            self._waiting.append(Delivery(event["id"], payload_of(event), self._era))
            self._changed.notify_all()

    def hold(self) -> None:
        """Keep everything back until released."""
        with self._changed:
            self.held = True

    def release(self, order: str = "queued") -> None:
        """Let the queue go, "queued" or "reversed"."""
        with self._changed:
            if order == "reversed":
                self._waiting.reverse()
            self.held = False
            self._changed.notify_all()

    def pending(self, event_id: str) -> bool:
        """Whether the event still waits for a (further) try."""
        with self._changed:
            return any(delivery.event_id == event_id for delivery in self._waiting)

    def succeeded(self, event_id: str) -> bool:
        """Whether the endpoint has taken the event."""
        return any(attempt["ok"] for attempt in list(self.attempts.get(event_id, ())))

    def wait_tried(self, event_id: str, seconds: float) -> bool:
        """Wait until the event was tried once; False when it was not, or is held back."""
        if self.url is None:
            return False
        with self._changed:
            return self._changed.wait_for(
                lambda: self.held or bool(self.attempts.get(event_id)), seconds
            )

    def wait_idle(self, seconds: float = 10.0) -> bool:
        """Wait until nothing is queued or under way; False when time ran out."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, seconds)

    def deliver_now(self, payloads: list[Object], parallel: int = 1) -> list[int | None]:
        """POST these events at once, past queue and hold; returns the HTTP statuses."""
        if self.url is None:
            return []
        with ThreadPoolExecutor(max_workers=max(parallel, 1)) as pool:
            return list(pool.map(lambda e: self._post(e["id"], payload_of(e))["status"], payloads))

    def _run(self) -> None:
        while True:
            with self._changed:
                delivery = self._take()
                if delivery is None:
                    return
            attempt = self._post(delivery.event_id, delivery.payload)
            with self._changed:
                self._busy -= 1
                again = delivery.tries < len(self.delays) and delivery.era == self._era
                if not attempt["ok"] and again:
                    delivery.due_at = time.monotonic() + self.delays[delivery.tries]
                    delivery.tries += 1
                    self._waiting.append(delivery)
                self._changed.notify_all()

    def _take(self) -> Delivery | None:
        """The first delivery that is due; waits for one, None when stopped."""
        while not self._stopped:
            now = time.monotonic()
            if not self.held:
                for delivery in self._waiting:
                    if delivery.due_at <= now:
                        self._waiting.remove(delivery)
                        self._busy += 1
                        return delivery
            waits = [d.due_at - now for d in self._waiting] if not self.held else []
            self._changed.wait(min(waits) if waits else None)
        return None

    def _post(self, event_id: str, payload: bytes) -> dict[str, Any]:
        started = time.time()
        status, error = None, None
        try:
            status = self._send(payload)
        except (OSError, http.client.HTTPException) as failure:
            error = f"{type(failure).__name__}: {failure}"
        attempt = {
            "at": started,
            "seconds": round(time.time() - started, 3),
            "status": status,
            "error": error,
            "ok": status is not None and 200 <= status < 300,
        }
        with self._changed:
            self.attempts.setdefault(event_id, []).append(attempt)
            self._changed.notify_all()
        if attempt["ok"] and self.delivered:
            self.delivered(event_id)
        return attempt

    def _send(self, payload: bytes) -> int:
        url = urlsplit(self.url or "")
        secure = url.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = connect(url.hostname or "", url.port, timeout=self.timeout)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": self.sign(payload),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        path = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        try:
            connection.request("POST", path, payload, headers)
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()
