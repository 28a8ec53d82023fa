"""Opening hours as somebody types them, and written back: "9.00-12.00 og 13.00-16.00"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from itertools import pairwise

from holidays import country_holidays

from shop.booking.rules import Window

LONGEST_TEXT = 200  # characters
MOST_WINDOWS = 6  # in one day
_CLOCK = r"(\d{1,2})(?:[.:](\d{2}))?"
_SPAN = re.compile(rf"(?:kl\.?\s*)?{_CLOCK}\s*(?:-|–|—|til)\s*(?:kl\.?\s*)?{_CLOCK}")
_BETWEEN = re.compile(r"\s*(?:,|;|\+|&|og)\s*")


class BadHours(ValueError):
    """No hours can be read; `reason` is "unclear", "order", "overlap" or "step"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read(text: str, place_id: int | None = None) -> tuple[Window, ...]:
    """The hours in "9-12, 13.30-16", in order; none in "" and "lukket". Raises BadHours.

    They begin and end on five minutes, as appointments do.
    """
    text = " ".join(text.lower().split()).strip(" .")
    if text in {"", "lukket", "-"}:
        return ()
    if len(text) > LONGEST_TEXT:
        raise BadHours("unclear")
    windows: list[Window] = []
    at = 0
    while True:
        span = _SPAN.match(text, at)
        if span is None or len(windows) == MOST_WINDOWS:
            raise BadHours("unclear")
        windows.append(Window(_minute(span[1], span[2]), _minute(span[3], span[4]), place_id))
        at = span.end()
        if at == len(text):
            break
        between = _BETWEEN.match(text, at)
        if between is None:
            raise BadHours("unclear")
        at = between.end()
    return _checked(windows)


def _minute(hour: str, minute: str | None) -> int:
    found = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or found > 24 * 60:
        raise BadHours("unclear")
    return found


def _checked(windows: list[Window]) -> tuple[Window, ...]:
    windows.sort(key=lambda window: window.from_minute)
    if any(window.from_minute >= window.to_minute for window in windows):
        raise BadHours("order")
    if any(one.to_minute > later.from_minute for one, later in pairwise(windows)):
        raise BadHours("overlap")
    if any(window.from_minute % 5 or window.to_minute % 5 for window in windows):
        raise BadHours("step")
    return tuple(windows)


def shown(windows: Iterable[Window]) -> str:
    """As `read` understands it; "" when there are none."""
    spans = [f"{_clock(w.from_minute)}-{_clock(w.to_minute)}" for w in windows]
    return " og ".join(filter(None, (", ".join(spans[:-1]), "".join(spans[-1:]))))


def _clock(minute: int) -> str:
    return f"{minute // 60}.{minute % 60:02d}"


def holiday(day: date) -> str:
    """What the public holiday of this day is called in Danish; "" when it is none."""
    return _holidays(day.year).get(day, "")


@cache
def _holidays(year: int) -> dict[date, str]:
    return dict(country_holidays("DK", years=year, language="da"))
