"""Which times are free, what an appointment may become, and until when it can be changed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from typing import NamedTuple

from holidays import country_holidays

CELL = 300  # seconds; everything starts and ends on a multiple of it
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=30)  # between two times on offer: few enough to choose among
HOLD = timedelta(minutes=10)
HOLDS_AT_MOST = 2  # live ones of one visitor
LONGEST_HOLD = timedelta(hours=1)  # however often it is extended
COMING_AT_MOST = 10  # appointments ahead of one mail address, booked by the patient

TAKEN = ("held", "confirmed", "completed", "no_show")  # their cells are claimed
MOVES = {
    "held": frozenset({"confirmed", "expired", "cancelled"}),
    "confirmed": frozenset({"confirmed", "cancelled", "completed", "no_show"}),
    "completed": frozenset({"confirmed", "no_show"}),
    "no_show": frozenset({"confirmed", "completed"}),
    "cancelled": frozenset[str](),
    "expired": frozenset[str](),
}
WAITING_MOVES = {
    "waiting": frozenset({"offered", "closed"}),
    "offered": frozenset({"waiting", "closed"}),
    "closed": frozenset({"waiting"}),
}

# GDPR article 5(1)(e): a hold that came to nothing, and an appointment after its day.
UNFINISHED_KEPT = timedelta(days=2)
KEPT = timedelta(days=365)


class Window(NamedTuple):
    """Open from one minute after midnight to another, on a clock in Denmark, at a place."""

    from_minute: int
    to_minute: int
    place_id: int | None = None


class Slot(NamedTuple):
    """A time on offer: half open, in UTC."""

    starts_at: datetime
    ends_at: datetime
    place_id: int | None = None


@dataclass(frozen=True)
class Terms:
    """What a service says of its times. `buffer` follows the visit; nobody else comes in it."""

    length: timedelta
    buffer: timedelta
    notice: timedelta
    horizon: timedelta


Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Patient:
    """Who comes, as typed and checked; `phone` is E.164 or "". `answers` hold label and answer."""

    name: str
    email: str
    phone: str = ""
    note: str = ""
    answers: tuple[dict[str, str], ...] = ()
    remind_short: bool = False


@dataclass(frozen=True)
class Hours:
    """When a practitioner receives: by weekday (0 is Monday), and on days unlike their weekday.

    `exceptions` replace a day's hours, public holiday or not; an empty one closes it. `closed_on`
    holds further closed days as (month, day).
    """

    weekly: Mapping[int, Sequence[Window]]
    exceptions: Mapping[date, Sequence[Window]]
    closed_on: frozenset[tuple[int, int]] = frozenset()


@cache
def public_holidays(year: int) -> frozenset[date]:
    """Danish public holidays; Store Bededag is none since 2024 (lov nr. 214 af 06/03/2023)."""
    return frozenset(country_holidays("DK", years=year))


def windows(hours: Hours, day: date) -> Sequence[Window]:
    """The hours of one day, in the order they are written."""
    if day in hours.exceptions:
        return hours.exceptions[day]
    if (day.month, day.day) in hours.closed_on or day in public_holidays(day.year):
        return ()
    return hours.weekly.get(day.weekday(), ())


def free_slots(
    hours: Hours,
    busy: Iterable[Interval],
    terms: Terms,
    now: datetime,
    from_date: date,
    to_date: date,
    tz: tzinfo,
) -> list[Slot]:
    """The times that can be booked on the days from `from_date` to `to_date`, both included.

    `busy` are half-open intervals in UTC. Everything is counted in UTC: added to a local time an
    hour is one by the clock on the wall, which jumps twice a year.
    """
    earliest, latest = now + terms.notice, now + terms.horizon
    taken = _merged(busy)
    ends = [end for _, end in taken]
    found: dict[datetime, Slot] = {}
    for number in range((to_date - from_date).days + 1):
        day = from_date + timedelta(days=number)
        for window in windows(hours, day):
            opens = moment(day, window.from_minute, tz)
            closes = closing(day, window.to_minute, tz)
            for starts_at in _steps(opens, closes - terms.length):
                if earliest <= starts_at <= latest:
                    at = bisect_right(ends, starts_at)
                    until = starts_at + terms.length
                    if at == len(taken) or taken[at][0] >= until + terms.buffer:
                        found.setdefault(starts_at, Slot(starts_at, until, window.place_id))
    return [found[starts_at] for starts_at in sorted(found)]


@lru_cache(maxsize=4096)  # a week is asked for again and again
def closing(day: date, minute: int, tz: tzinfo) -> datetime:
    """When hours until this minute of the day end, in UTC: as the last minute before it has passed.

    In October hours until 2.30 end the second time the clock shows it, hours until 2.00 the first.
    """
    last_minute = moment(day, minute - 1, tz, last=True)
    return min(last_minute + timedelta(minutes=1), moment(day, minute, tz, last=True))


@lru_cache(maxsize=4096)
def moment(day: date, minute: int, tz: tzinfo, last: bool = False) -> datetime:
    """The moment in UTC when the clock shows this minute of the day.

    Of two such moments, in October, the first unless the `last` is asked for. One that the clock
    skips, in March, is the moment it skips at.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)  # naive, so without jumps
    local = wall.replace(tzinfo=tz, fold=int(last))
    found = local.astimezone(UTC)
    if found.astimezone(tz).replace(tzinfo=None, fold=0) == wall:
        return found
    skipped = min(found, local.replace(fold=1 - local.fold).astimezone(UTC))
    before = skipped.astimezone(tz).utcoffset()
    while skipped.astimezone(tz).utcoffset() == before:
        skipped += timedelta(seconds=CELL)
    return cell_start(cell(skipped))


def _steps(opens: datetime, last: datetime) -> Iterator[datetime]:
    starts_at = cell_start(-(-int(opens.timestamp()) // CELL))
    while starts_at <= last:
        yield starts_at
        starts_at += STEP


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def cell(moment: datetime) -> int:
    """The number of the five minutes that a moment lies in, counted since 1970."""
    return int(moment.timestamp()) // CELL


def cell_start(number: int) -> datetime:
    """When the five minutes of this number begin, in UTC."""
    return EPOCH + timedelta(seconds=number * CELL)


def cells(starts_at: datetime, until: datetime) -> range:
    """Every five minutes that [starts_at, until) touches, in order."""
    return range(cell(starts_at), -(-int(until.timestamp()) // CELL))


def may_change(starts_at: datetime, limit: timedelta, now: datetime) -> bool:
    """Whether the patient may still move or cancel by themselves; later they telephone."""
    return now <= starts_at - limit


def last_day(until_at: datetime, tz: tzinfo) -> date:
    """The last day, as the clock there has it, with a moment before `until_at`."""
    return (until_at - timedelta(seconds=1)).astimezone(tz).date()


def purge_at(ends_at: datetime, state: str, now: datetime) -> datetime:
    """When an appointment in this state is deleted."""
    return now + UNFINISHED_KEPT if state in {"held", "expired"} else ends_at + KEPT


class SlotTaken(Exception):
    """Somebody else has the time, or it is not on offer any more."""


class TooLate(Exception):
    """So shortly before the visit, a patient changes it by telephone."""


class Changed(Exception):
    """The appointment was moved, cancelled or ended since it was read."""


class TooMany(Exception):
    """This mail address has as many coming appointments as one books without asking."""
