"""How long sign-in lasts and what a browser may see."""

from __future__ import annotations

from datetime import datetime, timedelta

LINK_LIFE = timedelta(minutes=20)
SESSION_LIFE = timedelta(days=180)
PERSON_KEPT = timedelta(days=180)  # without anything that leads to them
CODE_TRIES = 5
SHORT_CODE = 6  # digits; whoever guesses all day finds one in ten thousand days
LONG_CODE = 10  # digits, beyond guessing: for the back office, and when many codes are asked for
CLINIC_LIFE = timedelta(days=7)  # the back office asks more often: it shows other people's lives


def fold(email: str) -> str:
    """The form an address is compared and stored in: case does not tell people apart."""
    # Not casefold: it turns ß into ss, and straße.de is not strasse.de.
    return email.strip().lower()


def is_open(used_at: datetime | None, expires_at: datetime, now: datetime) -> bool:
    """Whether a sign-in link or code still works."""
    return used_at is None and now < expires_at


def is_trusted(order_id: int | None, is_first: bool, verified_at: datetime | None) -> bool:
    """Whether a browser may see and add to what the person has written and done.

    A browser that paid has shown that it paid, not that the address is its own: anybody can buy
    in another's name. Where that purchase is how we came to know the person, and nobody has
    proved the address by mail yet, all there is came from this browser, and it goes on with it.
    Otherwise it reaches the course it paid for and no more. What comes from elsewhere under the
    same address (appointments, other orders) and what is to be kept about somebody's health asks
    for more: that the browser `has_proved` the address.
    """
    return has_proved(order_id) or (is_first and verified_at is None)


def has_proved(order_id: int | None) -> bool:
    """Whether a browser came in by the mail, and so is its address's owner's: not by paying."""
    return order_id is None


def clinic_access(
    is_clinician: bool, order_id: int | None, signed_in_at: datetime, now: datetime
) -> str:
    """Whether a browser may enter the back office: "open", "sign_in" (again), or "closed".

    A browser that paid has not shown whose it is. A second factor will be asked for here.
    """
    if not is_clinician:
        return "closed"
    is_recent = has_proved(order_id) and now - signed_in_at < CLINIC_LIFE
    return "open" if is_recent else "sign_in"
