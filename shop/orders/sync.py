"""Brings an order in line with what Stripe says: fetch outside, settle inside a transaction."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import sqlalchemy as sa

from shop.clock import last_seen
from shop.db import db, end_reading, transaction
from shop.orders import actions, gateway, inbox_actions, models
from shop.orders.gateway import StripeUnavailable
from shop.orders.models import Attempt, Order, StripeEvent
from shop.web import log, now

TRIES = 8
MOST_TRIES = 20  # of an event about something that Stripe says it does not know
LOOK_BACK = timedelta(hours=48)
OVERLAP = timedelta(minutes=30)
FARTHEST = timedelta(days=29)
CLOCK_NAME = "orders"  # under which the worker's clock remembers the last look


class Contended(Exception):
    """Others kept settling the same order; somebody did, and the next look will agree."""


def sync(attempt_id: int, patient: bool = True, session_id: str | None = None) -> str:
    """Fetches the truth about an attempt and settles its order; returns the order's state.

    Safe to call at any time, any number of times at once. `session_id` stands in while the
    attempt has not yet learned its own. Raises StripeUnavailable or Contended.
    """
    for turn in range(TRIES):
        version, known_session = db.session.execute(
            sa.select(Order.version, Attempt.session_id)
            .join(Attempt, Attempt.order_id == Order.id)
            .where(Attempt.id == attempt_id)
        ).one()
        end_reading()
        facts = gateway.fetch(known_session or session_id or "", patient)
        with transaction():
            state = actions.settle(attempt_id, version, facts, now())
        if state:
            return state
        time.sleep(0.01 * turn)
    raise Contended


def process(event_id: str, patient: bool = True) -> None:
    """Follows an event to the attempt it concerns and syncs that; failures leave it pending."""
    event = db.session.get_one(StripeEvent, event_id)
    tries = event.tries + 1
    if event.status in {"done", "ignored"}:
        return
    try:
        attempt = _attempt_of(event, patient)
        if attempt:
            is_session = event.type.startswith("checkout.session.")
            sync(attempt.id, patient, event.object_id if is_session else None)
        outcome = ("done", None) if attempt else ("ignored", "no order of ours")
    except (StripeUnavailable, Contended) as error:
        hopeless = isinstance(error, StripeUnavailable) and error.refused and tries >= MOST_TRIES
        outcome = ("failed" if hopeless else "pending", type(error).__name__)
    with transaction():
        inbox_actions.mark_event(event_id, *outcome)


def _attempt_of(event: StripeEvent, patient: bool) -> Attempt | None:
    """By session, by payment, by our reference on the object, and last by asking Stripe."""
    if event.type.startswith("checkout.session."):
        found = models.attempt_by_session(event.object_id)
    else:
        found = models.attempt_by_intent(event.intent_id) if event.intent_id else None
    if found is None and event.reference:
        found = models.attempt_by_reference(event.reference)
    if found is None and event.intent_id:
        reference = gateway.reference_of(event.intent_id, patient)
        found = models.attempt_by_reference(reference) if reference else None
    # Before its pay page is known to us an attempt has nothing to ask about, but a session event.
    has_session = found and (found.session_id or event.type.startswith("checkout.session."))
    return found if has_session else None


def reconcile() -> dict[str, int]:
    """Catches up with whatever was missed; returns counts. Raises StripeUnavailable.

    Lost webhooks: the API's own list of events. Lost browsers: attempts that never got an answer.
    """
    moment = now()
    events = 0
    for event in gateway.events_since(_since(moment)):
        with transaction():
            inbox_actions.receive(event, moment)
        events += 1
    pending = models.pending_events(moment)
    for event_id in pending:
        process(event_id)
    attempts = models.unfinished_attempts(moment - LOOK_BACK)
    for attempt_id in attempts:
        try:
            sync(attempt_id)
        except (Contended, StripeUnavailable) as error:
            log.warning("attempt not synced", attempt=attempt_id, error=str(error))
            if isinstance(error, StripeUnavailable) and not error.refused:
                raise  # Stripe is away for the others too
    return {"events seen": events, "events processed": len(pending), "attempts": len(attempts)}


def _since(moment: datetime) -> datetime:
    """Where the last look that came through left off, with overlap; Stripe reaches 30 days back."""
    last = last_seen(CLOCK_NAME)
    return max(last - OVERLAP if last else moment - LOOK_BACK, moment - FARTHEST)
