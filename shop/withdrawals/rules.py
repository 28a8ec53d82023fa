"""Until when a purchase may be withdrawn from, and how a statement is read."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import cache

from babel.dates import get_timezone
from holidays import country_holidays

COPENHAGEN = get_timezone("Europe/Copenhagen")
DAYS = 14  # forbrugeraftaleloven § 19; the day of the contract itself does not count
KEPT = timedelta(days=1095)  # a claim for money lapses after three years (forældelsesloven § 3)
# Forbrugeraftaleloven § 5 beside weekends and holidays.
NO_WORKING_DAYS = frozenset({(6, 5), (12, 24), (12, 31)})
FLAGGED = frozenset({"unmatched", "late"})  # a human must look
CHANNELS = ("form", "letter", "mail")
NUMBER_LENGTH = 8  # of an order, reference.LENGTH
_WORDS = re.compile(r"^(?:ordrenummer|ordrenr|ordre|nummer|nr)", re.IGNORECASE)


@cache
def _holidays(year: int) -> frozenset[date]:
    """Store Bededag until 2023 only: the library knows when it went."""
    return frozenset(country_holidays("DK", years=year))


def is_working_day(day: date) -> bool:
    """Whether a time limit may end on this day in Denmark."""
    is_closed = (day.month, day.day) in NO_WORKING_DAYS or day in _holidays(day.year)
    return day.weekday() < 5 and not is_closed


def agreed_on(created_at: datetime, confirmed_at: datetime | None) -> date:
    """The day in Denmark from which the days count: of the later of order and confirmation."""
    return max(created_at, confirmed_at or created_at).astimezone(COPENHAGEN).date()


def last_day(ordered_on: date) -> date:
    """The last day on which a purchase made that day may be withdrawn from, Danish dates."""
    day = ordered_on + timedelta(days=DAYS)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def verdict(is_matched: bool, is_withdrawn: bool, last: date | None, sent_on: date) -> str:
    """What a statement comes to: it is in time when it was sent in time (§ 20, stk. 2)."""
    if not is_matched or last is None:
        return "unmatched"
    if is_withdrawn:
        return "again"
    return "in_time" if sent_on <= last else "late"


def read_number(typed: str) -> str:
    """An order's number as it is stored, however it is typed: "ordre 7kq2-m4xa"."""
    letters = "".join(letter for letter in typed if letter.isalnum()).upper()
    # A number may itself begin with NR.
    return letters if len(letters) <= NUMBER_LENGTH else _WORDS.sub("", letters)
