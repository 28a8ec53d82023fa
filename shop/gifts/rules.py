"""What a gift may be: how it reaches somebody, how its code is written, and until when it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from babel.dates import get_timezone

from shop.course.rules import access_until

MAIL, CARD = "mail", "card"  # we write to the recipient, or the buyer prints a card
VALID_MONTHS = 36  # three years: the general limitation period, forældelsesloven § 3
FARTHEST = timedelta(days=365)  # how far ahead a mail may be promised
COPENHAGEN = get_timezone("Europe/Copenhagen")
MORNING = time(8)
CARD_MAKER, CARD_FILE = "gift-card", "gave.pdf"  # how mails call the card that goes along

GROUPS, GROUP = 3, 4  # twelve letters and digits of thirty: nobody guesses one of 30^12
CODE_LENGTH = GROUPS * GROUP
BETWEEN = re.compile(r"[\s\-\u2010-\u2015.,_]+")
CODE = re.compile(rf"[2-9A-HJKMNP-TV-Z]{{{CODE_LENGTH}}}")


@dataclass(frozen=True)
class Wish:
    """What the buyer wants for somebody else.

    By mail `recipient` is where it goes and `send_on` the day; a card has neither.
    """

    way: str
    recipient: str = ""
    send_on: date | None = None


def read_code(typed: str) -> str | None:
    """A code as it is stored, however somebody wrote it off a card; None for what is no code."""
    code = BETWEEN.sub("", typed).upper()
    return code if CODE.fullmatch(code) else None


def shown_code(code: str) -> str:
    """The code in groups, as it stands on the card: "7KQ2-M4XA-9BCD"."""
    return "-".join(code[at : at + GROUP] for at in range(0, CODE_LENGTH, GROUP))


def leaves_at(send_on: date | None, now: datetime) -> datetime:
    """When the mail goes: at eight in the morning of that day in Denmark, or now if it is past."""
    if send_on is None:
        return now
    return max(datetime.combine(send_on, MORNING, COPENHAGEN), now)


def expires_at(opened_at: datetime) -> datetime:
    """Until when a gift that was paid at this moment can be taken into use."""
    return access_until(opened_at, VALID_MONTHS)


def state(
    is_open: bool,
    opened_at: datetime | None,
    redeemed_at: datetime | None,
    until: datetime | None,
    now: datetime,
) -> str:
    """Where a gift stands: "unpaid", "closed", "redeemed", "expired" or "ready".

    Closed is one whose money went back, redeemed or not: it is taken back with the purchase.
    """
    if opened_at is None or until is None:
        return "unpaid"
    if not is_open:
        return "closed"
    if redeemed_at is not None:
        return "redeemed"
    return "ready" if now < until else "expired"
