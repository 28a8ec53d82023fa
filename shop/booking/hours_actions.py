"""Writes about when a practitioner receives: every week, and on single days.

Nothing here commits. No appointment is ever moved or cancelled by it; who is left outside the
hours is shown to the clinician.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from shop.booking.hours import DayException, Practitioner, WeeklyRule
from shop.booking.rules import Window
from shop.db import db

MOST_DAYS = 120  # closed at once


class TooManyDays(Exception):
    """More days than anybody closes for at once, or none."""


def set_weekly(practitioner_id: int, hours: Mapping[int, Sequence[Window]]) -> None:
    """Makes these the hours of every week, by weekday (0 is Monday); each has its place."""
    _one_at_a_time(practitioner_id)
    mine = WeeklyRule.practitioner_id == practitioner_id
    db.session.execute(sa.delete(WeeklyRule).where(mine))
    db.session.add_all(
        WeeklyRule(
            practitioner_id=practitioner_id,
            place_id=window.place_id,
            weekday=weekday,
            from_minute=window.from_minute,
            to_minute=window.to_minute,
        )
        for weekday, windows in hours.items()
        for window in windows
    )


def set_day(practitioner_id: int, day: date, windows: Sequence[Window]) -> None:
    """Gives one day hours of its own, whatever its weekday; without any it is closed."""
    reset_day(practitioner_id, day)
    of: dict[str, Any] = {"practitioner_id": practitioner_id, "day": day}
    if not windows:
        db.session.add(DayException(**of))
    db.session.add_all(
        DayException(
            **of,
            place_id=window.place_id,
            from_minute=window.from_minute,
            to_minute=window.to_minute,
        )
        for window in windows
    )


def close_days(practitioner_id: int, first: date, last: date) -> None:
    """Closes every day from the first to the last, both included. Raises TooManyDays."""
    count = (last - first).days + 1
    if not 0 < count <= MOST_DAYS:
        raise TooManyDays
    for number in range(count):
        set_day(practitioner_id, first + timedelta(days=number), ())


def reset_day(practitioner_id: int, day: date) -> None:
    """Lets a day be like its weekday again."""
    _one_at_a_time(practitioner_id)
    which = DayException.practitioner_id == practitioner_id, DayException.day == day
    db.session.execute(sa.delete(DayException).where(*which))


def _one_at_a_time(practitioner_id: int) -> None:
    """Lets two who change the same hours wait for each other."""
    which = sa.select(Practitioner.id).where(Practitioner.id == practitioner_id)
    db.session.execute(which.with_for_update())
