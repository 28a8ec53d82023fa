"""Events from Stripe as they come in, and what became of each. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from shop.db import db, insert_once
from shop.orders import rules
from shop.orders.models import StripeEvent
from shop.orders.rules import Event
from shop.web import settings


def receive(event: Event, now: datetime) -> bool:
    """Remembers an event once, one of no concern as ignored; says whether it concerns us."""
    concerns_us = event.type in rules.EVENTS and event.livemode == settings().stripe_livemode
    insert_once(
        StripeEvent,
        id=event.id,
        type=event.type,
        object_id=event.object_id,
        intent_id=event.intent_id,
        reference=event.reference,
        status="pending" if concerns_us else "ignored",
        tries=0,
        created_at=event.created_at,
        received_at=now,
    )
    return concerns_us


def mark_event(event_id: str, status: str, error: str | None = None) -> None:
    """Says what became of an event; one that was done stays done."""
    db.session.execute(
        sa.update(StripeEvent)
        .where(StripeEvent.id == event_id, StripeEvent.status != "done")
        .values(status=status, error=error, tries=StripeEvent.tries + 1)
    )


def purge(now: datetime) -> None:
    """Deletes old events, but for those that nobody has followed yet."""
    old = StripeEvent.received_at < now - rules.EVENTS_KEPT
    db.session.execute(sa.delete(StripeEvent).where(old, StripeEvent.status != "pending"))
