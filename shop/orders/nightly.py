"""Compares everything at Stripe with everything here, mends what can be, and tells of the rest.

All that Stripe says is fetched first: when it falls silent midway, nothing has been done.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from shop.db import end_reading, transaction
from shop.orders import comparison_models, emails, listing_gateway, models
from shop.orders.comparison_rules import Theirs, differences
from shop.orders.gateway import SessionUnknown
from shop.orders.sync import Contended, sync
from shop.outbox.actions import queue
from shop.web import now

LOOK_BACK = timedelta(days=8)
PATIENCE = timedelta(minutes=5)
# A session is paid up to a day after its attempt was made.
PAYING_TAKES = timedelta(days=2)


def compare(since: datetime | None) -> dict[str, int]:
    """Holds Stripe's completed sessions, refunds and disputes since then against our rows.

    Without a moment as far back as Stripe has. Returns counts. Raises StripeUnavailable.
    """
    end_reading()
    theirs, touched = listing_gateway.completed_since(since)
    mended = _mend(theirs) + _follow(touched)
    left = _differences(theirs) | _without_payment(theirs, since)
    for number in comparison_models.open_without_order():
        left.add(("access_without_payment", number))
    with transaction():
        told = sum(_tell(kind, what, now()) for kind, what in sorted(left))
    return {
        "sessions compared": len(theirs),
        "orders mended": mended,
        "differences left": len(left),
        "told of": told,
    }


def compare_lately() -> dict[str, int]:
    """What the worker does every night."""
    return compare(now() - LOOK_BACK)


def _mend(theirs: list[Theirs]) -> int:
    """Brings every order that differs in line with Stripe; returns how many differed."""
    ours = comparison_models.ours([each.session_id for each in theirs])
    mended = 0
    for each in theirs:
        known = ours.get(each.session_id)
        if not differences(each, known):
            continue
        attempt = None if known else models.attempt_by_reference(each.reference)
        attempt_id = known.attempt_id if known else attempt.id if attempt else None
        if attempt_id is not None:
            mended += _synced(attempt_id, each.session_id)
    return mended


def _follow(intents: set[str]) -> int:
    """Refunds and disputes of payments older than what was listed."""
    return sum(map(_synced, comparison_models.attempts_by_intents(sorted(intents))))


def _synced(attempt_id: int, session_id: str | None = None) -> bool:
    with suppress(Contended, SessionUnknown):
        sync(attempt_id, session_id=session_id)
        return True
    return False


def _differences(theirs: list[Theirs]) -> set[tuple[str, str]]:
    ours = comparison_models.ours([each.session_id for each in theirs])
    found = set()
    for each in theirs:
        known = ours.get(each.session_id)
        what = known.order_number if known else each.session_id
        found |= {(kind, what) for kind in differences(each, known)}
    return found


def _without_payment(theirs: list[Theirs], since: datetime | None) -> set[tuple[str, str]]:
    """Orders that we believe are paid, by a session that Stripe did not list as completed."""
    listed = {each.session_id for each in theirs}
    believed = comparison_models.with_access(since and since + PAYING_TAKES)
    found = set()
    for session_id, ours in believed.items():
        if session_id in listed:
            continue
        _synced(ours.attempt_id)
        again = comparison_models.ours([session_id])[session_id]
        if again.has_access and not again.pays_otherwise:
            found.add(("access_without_payment", again.order_number))
    return found


def _tell(kind: str, what: str, moment: datetime) -> bool:
    """Tells the clinician, once of each; says whether it was news."""
    letter = emails.difference(kind, what)
    return queue(letter, "reconcile-alert", f"difference:{kind}:{what}", moment)


def watch_inbox() -> None:
    """Tells when an event from Stripe has waited too long to be followed."""
    moment = now()
    waiting = comparison_models.oldest_waiting(moment, PATIENCE)
    if waiting:
        with transaction():
            _tell("inbox_waits", waiting, moment)
