"""What Stripe's facts mean: one pure function from facts to a payment's state."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from babel.dates import get_timezone

COPENHAGEN = get_timezone("Europe/Copenhagen")

SESSION_LIFE = timedelta(hours=23)  # Stripe allows 30 minutes to 24 hours
SHORTEST_SESSION = timedelta(minutes=31)

EVENTS_KEPT = timedelta(days=180)  # Stripe itself shows them for 30
UNPAID_KEPT = timedelta(days=180)  # after that no late payment can come of it
BOOKS_YEARS = 5  # bogføringsloven § 12, counted from the end of the financial year
LET_IN_FOR = timedelta(hours=48)  # how long after paying the landing page lets its browser in

ACCESS = frozenset({"paid", "partly_refunded"})
UNDER_WAY = ACCESS | {"processing", "review", "disputed"}  # nothing more is to be paid now
MATTERS = UNDER_WAY | {"refunded", "charged_back"}  # money was paid, whoever has it now
PAID = MATTERS - {"processing", "review"}  # by what was agreed
UNFINISHED = frozenset({"awaiting", "processing"})
UNSETTLED = frozenset({"processing", "review", "disputed"})  # somebody must still decide
NOTHING_PAID = frozenset({"awaiting", "failed", "expired"})

# The order stands where its best payment stands; earlier in this list is better.
ORDER_OF_STATES = (
    "paid",
    "partly_refunded",
    "disputed",
    "review",
    "processing",
    "charged_back",
    "refunded",
    "awaiting",
    "failed",
    "expired",
)

EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)

APPEALED = frozenset({"appeal_needs_response", "appeal_under_review"})
OPEN_DISPUTE = APPEALED | {"needs_response", "under_review"}
DECIDED = frozenset({"lost", "won"})
LOST = APPEALED | {"lost"}  # what an appeal is about stays lost until it is won
NO_REFUND = frozenset({"failed", "canceled"})


@dataclass(frozen=True)
class Expected:
    """What an attempt was made for; amounts in øre."""

    amount_ore: int
    currency: str
    livemode: bool
    reference: str


@dataclass(frozen=True)
class Event:
    """What an event of Stripe's points at; its content is not kept."""

    id: str
    type: str
    object_id: str
    intent_id: str | None
    reference: str | None
    livemode: bool
    created_at: datetime


@dataclass(frozen=True)
class PayRequest:
    """What Stripe is asked for; the same for an attempt each time, so that a retry is equal."""

    attempt_id: int
    reference: str
    email: str
    amount_ore: int
    expires_at: datetime


@dataclass(frozen=True)
class Refund:
    """Money on its way back, as Stripe tells of it; `key` when it was us who asked."""

    id: str
    amount_ore: int
    status: str
    key: str = ""


@dataclass(frozen=True)
class Dispute:
    """A payment that the buyer's bank questions; `reason` is Stripe's word for why."""

    id: str
    amount_ore: int
    status: str
    reason: str = ""


@dataclass(frozen=True)
class Facts:
    """What Stripe says of one Checkout Session and its payment; amounts in øre.

    `total_ore` is what there was to pay, `amount_subtotal` that before a discount.
    """

    session_id: str
    session_status: str
    payment_status: str
    amount_subtotal: int
    currency: str
    livemode: bool
    reference: str
    intent_id: str | None = None
    intent_status: str | None = None
    received_ore: int = 0
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    total_ore: int = 0
    discount_ore: int = 0

    @property
    def refunded_ore(self) -> int:
        return sum(each.amount_ore for each in self.refunds if each.status not in NO_REFUND)

    @property
    def lost_ore(self) -> int:
        return sum(each.amount_ore for each in self.disputes if each.status in LOST)

    @property
    def dispute_states(self) -> frozenset[str]:
        return frozenset(each.status for each in self.disputes)


def payment_state(facts: Facts, expected: Expected) -> str:
    """The state of one attempt to pay; the first rule that fits wins."""
    is_paid = (
        facts.payment_status == "paid"
        or facts.intent_status == "succeeded"
        # A free session says so from its birth; it is bought when it is completed.
        or (facts.payment_status == "no_payment_required" and facts.session_status == "complete")
    )
    found = Expected(facts.amount_subtotal, facts.currency, facts.livemode, facts.reference)
    rules = (
        ("review", found != expected),
        ("charged_back", "lost" in facts.dispute_states),
        ("disputed", bool(OPEN_DISPUTE & facts.dispute_states)),
        ("refunded", 0 < facts.received_ore <= facts.refunded_ore),
        ("partly_refunded", facts.refunded_ore > 0),
        ("paid", is_paid),
        ("processing", facts.session_status == "complete" and facts.intent_status == "processing"),
        ("failed", facts.session_status == "complete"),
        ("expired", facts.session_status == "expired"),
    )
    return next((state for state, fits in rules if fits), "awaiting")


def order_state(payment_states: Iterable[str]) -> str:
    """The order's state from all its attempts: any that gives access gives the order access."""
    return min(payment_states, key=ORDER_OF_STATES.index, default="awaiting")


def alerts(payment_states: Iterable[str]) -> frozenset[str]:
    """What the clinician must hear of, as kinds of mail; each is sent once per order."""
    states = list(payment_states)
    found = {"review"} & set(states)
    if sum(state in ACCESS for state in states) > 1:
        found.add("paid_twice")
    return frozenset(found)


def may_let_in(
    confirmed_at: datetime | None, signed_out_at: datetime | None, now: datetime
) -> bool:
    """Whether coming back from payment still lets the paying browser in.

    For two days, and not after the person has signed out everywhere.
    """
    if confirmed_at is None or now - confirmed_at > LET_IN_FOR:
        return False
    return signed_out_at is None or signed_out_at < confirmed_at


def is_reusable(session_id: str | None, expires_at: datetime, now: datetime) -> bool:
    """Whether an attempt's frozen parameters may be sent (again) or its session paid."""
    return expires_at - now > (timedelta(minutes=5) if session_id else SHORTEST_SESSION)


REFERENCE = re.compile(r"([2-9A-Z]{8})-([1-9][0-9]{0,4})")


def reference(number: str, attempt: int) -> str:
    """What Stripe carries for us: the order's number and which attempt at it."""
    return f"{number}-{attempt}"


def read_reference(text: object) -> tuple[str, int] | None:
    """Order number and attempt from a reference; None for what is not one of ours."""
    found = REFERENCE.fullmatch(text) if isinstance(text, str) else None
    return (found[1], int(found[2])) if found else None


def masked(email: str) -> str:
    """An address to recognise and not to write to: "ki…@example.dk". It may be a stranger's."""
    name, _, domain = email.rpartition("@")
    return f"{name[:2]}…@{domain}"


def paper(number: str) -> str:
    """The name of the file with the order's confirmation."""
    return f"ordrebekraeftelse-{number}.pdf"


def books_since(now: datetime) -> datetime:
    """When the oldest year began that the books must still be kept for; the year is Denmark's.

    What was booked last on 31 December 2026 is kept until 31 December 2031.
    """
    year = now.astimezone(COPENHAGEN).year
    return datetime(year - BOOKS_YEARS, 1, 1, tzinfo=COPENHAGEN).astimezone(UTC)
