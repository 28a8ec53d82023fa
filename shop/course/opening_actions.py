"""Remembering who wants to be told when the course opens, telling them, and forgetting them."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from shop.accounts.rules import fold
from shop.course import emails, opening_models
from shop.course.opening_models import OpeningNotice
from shop.db import db, insert_once
from shop.outbox.actions import queue

KEPT = timedelta(days=365)
AT_ONCE = 100  # told in one transaction


def ask(email: str, consent_version: str, now: datetime) -> None:
    """Somebody wants to be told at this address; asking twice is asking once."""
    given = {"email": fold(email), "consent_version": consent_version, "asked_at": now}
    insert_once(OpeningNotice, **given)


def forget(email: str) -> None:
    """Deletes an address, if it is there."""
    db.session.execute(sa.delete(OpeningNotice).where(OpeningNotice.email == fold(email)))


def tell(now: datetime) -> int:
    """Queues the one mail to the next who wait, and forgets them; how many they were."""
    told = opening_models.waiting(AT_ONCE)
    for notice in told:
        queue(emails.opened(notice.email), "course-open", f"course-open:{notice.id}", now)
        db.session.delete(notice)
    return len(told)


def purge(now: datetime) -> None:
    """Deletes addresses that have waited for too long."""
    db.session.execute(sa.delete(OpeningNotice).where(OpeningNotice.asked_at < now - KEPT))
