"""When a mail is tried again, and which states it may pass through."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

MOVES = {
    "queued": frozenset({"sending", "expired"}),
    "sending": frozenset({"sent", "queued", "failed"}),
    "failed": frozenset({"queued"}),
    "sent": frozenset[str](),
    "expired": frozenset[str](),
}

LEASE = timedelta(minutes=5)  # longer than any SMTP conversation is allowed to take
GIVE_UP_AFTER = timedelta(hours=48)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)


@dataclass(frozen=True)
class Letter:
    """A mail as a value: what is said to whom. Sending is elsewhere."""

    to: str
    subject: str
    text: str
    reply_to: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def next_try(tries: int, queued_at: datetime, now: datetime) -> datetime | None:
    """When to try again after `tries` failures: 30 s, 1 min, 2 min … 6 h; None after 48 hours."""
    if now - queued_at >= GIVE_UP_AFTER:
        return None
    doublings = min(max(tries - 1, 0), 20)
    return now + min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def is_permanent(smtp_code: int | None) -> bool:
    """Whether an SMTP reply says that trying again is no use (RFC 5321 § 4.2.1: 5yz).

    535 and its kin are ours to mend, not the recipient's: a wrong password must not lose mail.
    """
    login_or_policy = {530, 534, 535, 538}
    return smtp_code is not None and smtp_code >= 500 and smtp_code not in login_or_policy
