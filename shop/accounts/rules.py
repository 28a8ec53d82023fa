"""How long sign-in lasts and what a browser may see."""

from __future__ import annotations

from datetime import datetime, timedelta

LINK_LIFE = timedelta(minutes=20)
SESSION_LIFE = timedelta(days=180)
CODE_TRIES = 5


def fold(email: str) -> str:
    """The form an address is compared and stored in: case does not tell people apart."""
    return email.strip().casefold()


def is_open(used_at: datetime | None, expires_at: datetime, now: datetime) -> bool:
    """Whether a sign-in link or code still works."""
    return used_at is None and now < expires_at


def is_trusted(order_id: int | None, verified_at: datetime | None) -> bool:
    """Whether a browser may see what the person has written and done.

    A browser that paid has shown that it paid, not that the address is its own: anybody can buy
    in another's name. Until the address is proved by mail, everything there came from that
    purchase, and the browser sees it. Afterwards it sees the course it paid for and no more.
    """
    return order_id is None or verified_at is None


def may_track(order_id: int | None, verified_at: datetime | None, signed_in_at: datetime) -> bool:
    """Whether a browser's reading counts as the person's: which lessons, and where in them.

    A buyer who later opens the mailed link on another device goes on in both. Where the address
    was proved before this browser paid, there was somebody here already, and it may be another.
    """
    return order_id is None or verified_at is None or verified_at >= signed_in_at
