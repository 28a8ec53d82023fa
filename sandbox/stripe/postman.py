"""Events as they may arrive: late, twice, in reverse, all at once."""

from __future__ import annotations

import copy

from sandbox.stripe.objects import Object, new_id
from sandbox.stripe.state import Ledger
from sandbox.stripe.webhooks import Courier


class Postman:
    """Acts on the queue of webhooks, and hands out events for tests to deliver themselves."""

    ledger: Ledger
    courier: Courier

    def events(self, type_: str | None = None) -> list[Object]:
        """Events so far, oldest first, as the dicts to serialise and sign."""
        with self.ledger.lock:
            found = self.ledger.of("event", **({"type": type_} if type_ else {}))
            return copy.deepcopy(found)

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
            self.courier.enqueue(copy.deepcopy(self.ledger.find("event", event)))

    def duplicate(
        self, times: int = 1, as_new: bool = False, parallel: int = 1
    ) -> list[int | None]:
        """POST every event `times` more at once, `parallel` at a time; returns HTTP statuses.

        With `as_new` each repetition has an event id of its own, as Stripe may do.
        """
        again = [event for event in self.events() for _ in range(times)]
        if as_new:
            with self.ledger.lock:
                again = [
                    copy.deepcopy(self.ledger.keep({**event, "id": new_id("event")}))
                    for event in again
                ]
        return self.courier.deliver_now(again, parallel)

    def wait_idle(self, seconds: float = 10.0) -> bool:
        """Wait until no webhook is queued or under way; False when time ran out."""
        return self.courier.wait_idle(seconds)
