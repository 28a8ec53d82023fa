"""A week of free times as it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from shop.booking.opening_models import Opening
from shop.danish import COPENHAGEN, clock, weekday

NOON = 12


@dataclass
class Day:
    """One day's free times before and after noon: the clock, and the time as it stands in links."""

    date: date
    name: str
    morning: list[tuple[str, str]] = field(default_factory=list)
    afternoon: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Week:
    """Monday to Sunday, days with free times only; `before` and `after` are Mondays or None."""

    monday: date
    days: list[Day]
    before: date | None
    after: date | None

    @property
    def number(self) -> int:
        """The number that Danes call the week by (ISO 8601)."""
        return self.monday.isocalendar().week


def monday_of(day: date) -> date:
    """The Monday of this day's week."""
    return day - timedelta(days=day.weekday())


def read_monday(typed: str, today: date, last: date) -> date | None:
    """The week that an address asks for by any of its days; None outside what can be booked."""
    try:
        monday = monday_of(date.fromisoformat(typed))
    except (ValueError, OverflowError):
        return None
    return monday if monday_of(today) <= monday <= last else None


def shown(openings: Iterable[Opening], monday: date, today: date, last: date) -> Week:
    """The openings of the week, sorted into days."""
    days: dict[date, Day] = {}
    end = monday + timedelta(days=7)
    for opening in openings:
        day, is_morning, words, link = _on_the_clock(opening.starts_at)
        if monday <= day < end:
            known = days.get(day)
            if known is None:
                known = days[day] = Day(day, _day_name(day))
            (known.morning if is_morning else known.afternoon).append((words, link))
    before, after = monday - timedelta(days=7), monday + timedelta(days=7)
    return Week(
        monday,
        [days[day] for day in sorted(days)],
        before if before >= monday_of(today) else None,
        after if after <= last else None,
    )


@lru_cache(maxsize=20_000)  # the same times are shown to everybody
def _on_the_clock(moment: datetime) -> tuple[date, bool, str, str]:
    local = moment.astimezone(COPENHAGEN)
    return local.date(), local.hour < NOON, clock(moment), in_link(moment)


@lru_cache(maxsize=1000)
def _day_name(day: date) -> str:
    return weekday(day).capitalize()


def in_link(moment: datetime) -> str:
    """The moment in ISO 8601 as it stands in an address: a + would be read as a blank."""
    return moment.astimezone(COPENHAGEN).isoformat().replace("+", "%2B")
