"""How much may be paid back, and what becomes of money on its way back; amounts in øre."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

# From the intention to what Stripe says. A refund that has arrived may still bounce.
MOVES = {
    "requested": frozenset({"sent"}),
    "sent": frozenset({"pending", "succeeded", "failed", "refused"}),
    "pending": frozenset({"succeeded", "failed"}),
    "succeeded": frozenset({"failed"}),
    "failed": frozenset[str](),
    "refused": frozenset[str](),
}
OPEN = frozenset({"requested", "sent"})  # Stripe has not told of it yet
MAY_WAIT = timedelta(days=1)  # then somebody hears that Stripe has not answered
REASONS = ("withdrawal", "dissatisfied", "mistake", "duplicate", "goodwill")
OF_STRIPE = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}
HELD_BY_BANK = frozenset({"disputed", "charged_back"})  # Stripe refuses to pay these back
BANK_HOLDS_IT, ALREADY_BACK = "charge_disputed", "charge_already_refunded"  # Stripe's codes


@dataclass(frozen=True)
class Sending:
    """What Stripe is asked to pay back; equal each time, but for the key after a lost answer."""

    request_id: int
    attempt_id: int
    intent_id: str
    amount_ore: int
    key: str
    sends: int
    reason: str
    is_new: bool

    @property
    def idempotency_key(self) -> str:
        """Stripe answers one key once and for ever, with an error too."""
        return f"{self.key}:{self.sends}" if self.sends else self.key


def left(state: str, received_ore: int, refunded_ore: int, asked_ore: int) -> int:
    """What may still be paid back of one payment; `asked_ore` is what Stripe has not seen yet."""
    if state in HELD_BY_BANK:
        return 0
    return max(received_ore - refunded_ore - asked_ore, 0)


def shares(wanted_ore: int, lefts: Sequence[int]) -> list[int]:
    """How an amount is taken from several payments: the fullest first, from as few as it goes."""
    taken = [0] * len(lefts)
    for index in sorted(range(len(lefts)), key=lambda index: (-lefts[index], index)):
        taken[index] = min(wanted_ore, lefts[index])
        wanted_ore -= taken[index]
    return taken


def may_ask_again(earlier: Iterable[tuple[str, str | None]]) -> bool:
    """Whether money that is owed is asked for without a human: not after Stripe said no to it.

    `earlier` are state and error of each request for the payment. One that was refused because
    the bank held the money is no answer for ever.
    """
    return not any(
        state == "failed" or (state == "refused" and error != BANK_HOLDS_IT)
        for state, error in earlier
    )


def dispute_alert(status: str) -> str:
    """What kind of mail the clinician gets of a dispute that stands like this."""
    if status == "lost":
        return "charged_back"
    if status in {"won", "prevented"}:
        return "dispute_won"
    if status.startswith("appeal_"):
        return "appealed"
    if status == "warning_closed":
        return "inquiry_closed"
    return "inquiry" if status.startswith("warning_") else "disputed"
