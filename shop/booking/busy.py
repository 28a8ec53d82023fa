"""When somebody is busy, read from a calendar file (RFC 5545). What they are busy with is not kept.

The file comes from outside: whatever is in it, reading ends soon and with an answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

HOME = ZoneInfo("Europe/Copenhagen")  # where a time without a zone, and a whole day, are meant
PATIENCE = 10.0  # seconds of work; a calendar that takes longer is refused
MOST_EVENTS = 20_000
MOST_PER_DAY = 24  # times a rule may repeat within one day
LONGEST_EVENT = timedelta(days=366)
Interval = tuple[datetime, datetime]

# The rules of an event, and of a time zone, each on a line of its own once it is unfolded.
_RULE = re.compile(rb"^(?:RRULE|EXRULE)[^:\r\n]*:([^\r\n]*)\r?\n?", re.IGNORECASE | re.MULTILINE)
_FOLD = re.compile(rb"\r?\n[ \t]")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, OverflowError, AssertionError)


class Unreadable(Exception):
    """The file is no calendar, or too much of one; `reason` is a key of the clinic's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Busy:
    """Busy times in UTC, half open, in order, apart from each other; and what was left out.

    `unread` counts events, or their repetitions, that could not be read.
    """

    times: tuple[Interval, ...]
    unread: int


def read(data: bytes, since: datetime, until: datetime, own_domain: str = "") -> Busy:
    """The busy times between two moments. Raises Unreadable ("no_calendar", "too_much").

    Events that are cancelled or leave one free (RFC 5545 § 3.8.2.7) do not count, nor those whose
    UID is of `own_domain`: our own appointments come back by mail or feed, and are known already.
    """
    text, unread = _tamed(data)
    try:
        calendars: Any = Calendar.from_ical(text, multiple=True)
    except _BROKEN as error:
        raise Unreadable("no_calendar") from error
    if not calendars or any(each.name != "VCALENDAR" for each in calendars):
        raise Unreadable("no_calendar")
    found: list[Interval] = []
    events = [event for each in calendars for event in each.walk("VEVENT")]
    if len(events) > MOST_EVENTS:
        raise Unreadable("too_much")
    given_up_at = time.process_time() + PATIENCE
    for series in _series(events, own_domain):
        if time.process_time() > given_up_at:
            raise Unreadable("too_much")
        try:
            found += _times(series, since, until)
        except _BROKEN:
            unread += 1
    for each in calendars:
        found += _free_busy(each)
    return Busy(tuple(merged(found, since, until)), unread)


def merged(times: Iterable[Interval], since: datetime, until: datetime) -> Iterator[Interval]:
    """These times without overlaps, in order, as far as they lie between two moments."""
    begun: Interval | None = None
    for starts_at, ends_at in sorted(times):
        start, end = max(starts_at, since), min(ends_at, until)
        if start >= end:
            continue
        if begun and start <= begun[1]:
            begun = begun[0], max(begun[1], end)
        else:
            if begun:
                yield begun
            begun = start, end
    if begun:
        yield begun


def _tamed(data: bytes) -> tuple[bytes, int]:
    """The file without the rules that would take for ever, and how many those were."""
    dropped = 0

    def keep(found: re.Match[bytes]) -> bytes:
        nonlocal dropped
        if _is_tame(found[1].decode("ascii", "replace").upper()):
            return found[0]
        dropped += 1
        return b""

    return _RULE.sub(keep, _FOLD.sub(b"", data)), dropped


def _is_tame(rule: str) -> bool:
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    often = 1
    for part in ("BYHOUR", "BYMINUTE"):
        often *= parts.get(part, "").count(",") + 1
    return (
        parts.get("FREQ") in {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
        and parts.get("INTERVAL", "1").lstrip("0").isdecimal()
        and "BYSECOND" not in parts
        and often <= MOST_PER_DAY
        and _comes_at_all(parts)
    )


def _comes_at_all(parts: dict[str, str]) -> bool:
    """Whether a rule of months and days has a date; 30 February is looked for until year 9999."""
    if "BYMONTH" not in parts or "BYMONTHDAY" not in parts:
        return True
    try:
        months = [int(month) for month in parts["BYMONTH"].split(",")]
        days = [abs(int(day)) for day in parts["BYMONTHDAY"].split(",")]
    except ValueError:
        return False
    return any(
        1 <= month <= 12 and 1 <= day <= _LONGEST_MONTHS[month - 1]
        for month in months
        for day in days
    )


def _series(events: list[Any], own_domain: str) -> Iterator[list[Any]]:
    """Events that belong together: one with its changed repetitions (RFC 5545 § 3.8.4.4)."""

    def uid(event: Any) -> str:
        return str(event.get("UID", ""))

    for of, series in groupby(sorted(events, key=uid), uid):
        if not (own_domain and of.endswith(f"@{own_domain}")):
            # Without a UID they have nothing to do with each other.
            yield from [list(series)] if of else [[event] for event in series]


def _times(series: list[Any], since: datetime, until: datetime) -> Iterator[Interval]:
    if len(series) == 1 and not {"RRULE", "RDATE"} & set(series[0]):
        occurrences = series
    else:
        calendar = Calendar()
        calendar.subcomponents = list(series)
        window = since.astimezone(HOME), until.astimezone(HOME)
        occurrences = recurring_ical_events.of(calendar).between(*window)
    for event in occurrences:
        if not _leaves_free(event):
            yield _when(event)


def _leaves_free(event: Any) -> bool:
    return (
        str(event.get("STATUS", "")).upper() == "CANCELLED"
        or str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
        or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
    )


def _when(event: Any) -> Interval:
    start = event["DTSTART"].dt
    is_day = not isinstance(start, datetime)
    # RFC 5545 § 3.6.1: a date lasts its day, a time no while at all.
    length = event["DURATION"].dt if "DURATION" in event else timedelta(days=1 if is_day else 0)
    starts_at = _utc(start)
    if "DTEND" in event:
        ends_at = _utc(event["DTEND"].dt)
    elif length % timedelta(days=1):
        ends_at = starts_at + length
    else:  # whole days are counted on the calendar, where one has 23 hours and one 25
        ends_at = _utc(start + length)
    if is_day and ends_at == starts_at:  # as some programs write a day
        ends_at = _utc(start + timedelta(days=1))
    if ends_at < starts_at or ends_at - starts_at > LONGEST_EVENT:
        raise ValueError("an event that ends before it begins, or hardly ever")
    return starts_at, ends_at


def _utc(value: date | datetime) -> datetime:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=HOME)
    return (value if value.tzinfo else value.replace(tzinfo=HOME)).astimezone(UTC)


def _free_busy(calendar: Any) -> Iterator[Interval]:
    """The times of a calendar that tells no more than those (RFC 5545 § 3.6.4)."""
    for part in calendar.walk("VFREEBUSY"):
        told = part.get("FREEBUSY", [])
        for period in told if isinstance(told, list) else [told]:
            if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
                end = period.end if hasattr(period, "end") else period.dt[1]
                yield _utc(period.start), _utc(end)
