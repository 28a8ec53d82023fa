"""Free times: every hour of three years against a slow reference, clock changes, holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.booking import rules
from shop.booking.rules import Hours, Terms, Window, free_slots

TZ = ZoneInfo("Europe/Copenhagen")
CELL = timedelta(minutes=5)
ALL_DAY = {weekday: (Window(0, 1440),) for weekday in range(7)}
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
ANY_TIME = timedelta(days=5000)


def terms(minutes=60, buffer=0, notice=timedelta(0), horizon=ANY_TIME) -> Terms:
    return Terms(timedelta(minutes=minutes), timedelta(minutes=buffer), notice, horizon)


@cache
def easter(year: int) -> date:
    """By the table of Gauss, on its own."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


@cache
def holidays(year: int) -> set[date]:
    """Danish public holidays since 2024, written out."""
    around = (-3, -2, 0, 1, 39, 49, 50)
    fixed = {date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)}
    return fixed | {easter(year) + timedelta(days=number) for number in around}


@lru_cache(maxsize=2000)  # a day is walked once for each of its windows
def wall(moment: datetime) -> tuple[date, int]:
    local = moment.astimezone(TZ)
    return local.date(), local.hour * 60 + local.minute


def slow(hours: Hours, busy, offer: Terms, now: datetime, day: date) -> list[datetime]:
    """The same times, found by looking at each five minutes of the day by themselves.

    A window is open from the first moment that its clock shows to the last one before its end, so
    it is found by walking, and never by adding to a local time.
    """
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=TZ).astimezone(UTC)
    walk = [noon + CELL * number for number in range(-12 * 14, 12 * 14)]
    if day in hours.exceptions:
        windows = hours.exceptions[day]
    elif day in holidays(day.year) or (day.month, day.day) in hours.closed_on:
        windows = ()
    else:
        windows = hours.weekly.get(day.weekday(), ())
    found = set()
    for window in windows:
        inside = [
            moment
            for moment in walk
            if wall(moment)[0] == day and window.from_minute <= wall(moment)[1] < window.to_minute
        ]
        if not inside:
            continue
        first, closes = inside[0], inside[-1] + CELL
        moment = first
        while moment + offer.length <= closes:
            blocked = any(
                start < moment + offer.length + offer.buffer and end > moment for start, end in busy
            )
            if not blocked and now + offer.notice <= moment <= now + offer.horizon:
                found.add(moment)
            moment += timedelta(minutes=30)
    return sorted(found)


def starts(hours: Hours, busy, offer: Terms, now: datetime, first: date, last: date):
    return [slot.starts_at for slot in free_slots(hours, busy, offer, now, first, last, TZ)]


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _hours_beyond_24(day: date) -> int:
    ends = [datetime(d.year, d.month, d.day, tzinfo=TZ) for d in (day, day + timedelta(days=1))]
    return (ends[1].astimezone(UTC) - ends[0].astimezone(UTC)) // timedelta(hours=1) - 24


CLOSED = frozenset({(5, 1), (6, 5), (12, 24), (12, 31)})
CLINIC = Hours(
    {weekday: (Window(540, 720), Window(750, 960)) for weekday in range(4)}
    | {4: (Window(540, 780),)},
    {},
    CLOSED,
)


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_every_hour_of_three_years_is_as_the_slow_way_finds_it(year):
    """Open around the clock: all hours, both clock changes, the leap day and the holidays."""
    around_the_clock, first, last = Hours(ALL_DAY, {}, CLOSED), date(year, 1, 1), date(year, 12, 31)
    expected = [
        moment
        for day in days(first, last)
        for moment in slow(around_the_clock, [], terms(), LONG_AGO, day)
    ]
    assert starts(around_the_clock, [], terms(), LONG_AGO, first, last) == expected
    open_days = [
        d for d in days(first, last) if d not in holidays(year) and (d.month, d.day) not in CLOSED
    ]
    # A day of 24 hours holds 47 starts of an hour, half an hour apart.
    longer = {-1: -2, 0: 0, 1: 2}
    assert len(expected) == sum(47 + longer[_hours_beyond_24(day)] for day in open_days)
    assert {wall(moment)[0] for moment in expected} == set(open_days)


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_office_hours_of_a_year_stand_at_the_same_clock_all_year(year):
    first, last = date(year, 1, 1), date(year, 12, 31)
    found = starts(CLINIC, [], terms(), LONG_AGO, first, last)
    assert found == [
        m for day in days(first, last) for m in slow(CLINIC, [], terms(), LONG_AGO, day)
    ]
    assert {wall(moment)[1] for moment in found} == set(range(540, 901, 30))


def test_the_night_in_march_has_no_half_past_two():
    found = starts(
        Hours(ALL_DAY, {}), [], terms(30), LONG_AGO, date(2026, 3, 29), date(2026, 3, 29)
    )
    clocks = [wall(moment)[1] for moment in found]
    assert 150 not in clocks
    assert 120 not in clocks
    assert clocks[2:6] == [60, 90, 180, 210]


def test_the_night_in_october_has_half_past_two_twice():
    found = starts(
        Hours(ALL_DAY, {}), [], terms(30), LONG_AGO, date(2026, 10, 25), date(2026, 10, 25)
    )
    assert [wall(moment)[1] for moment in found].count(150) == 2
    assert len(found) == len(set(found)) == 50


@pytest.mark.parametrize(("until", "starts_on_offer"), [(120, 4), (150, 7), (180, 8)])
def test_hours_that_end_in_the_night_in_october(until, starts_on_offer):
    """Until 2.00 is until the clock shows it the first time; until 2.30, the second."""
    night = Hours({6: (Window(0, until),)}, {})
    found = starts(night, [], terms(30), LONG_AGO, date(2026, 10, 25), date(2026, 10, 25))
    assert len(found) == starts_on_offer
    assert found == slow(night, [], terms(30), LONG_AGO, date(2026, 10, 25))


def test_hours_that_begin_where_the_clock_jumps_begin_after_it():
    night = Hours({6: (Window(135, 300),)}, {})  # 2.15 to 5.00
    found = starts(night, [], terms(30), LONG_AGO, date(2026, 3, 29), date(2026, 3, 29))
    assert [wall(moment)[1] for moment in found] == [180, 210, 240, 270]
    gone = Hours({6: (Window(125, 175),)}, {})  # a window that never comes
    assert starts(gone, [], terms(5), LONG_AGO, date(2026, 3, 29), date(2026, 3, 29)) == []


def test_notice_is_counted_in_hours_that_pass():
    """A day's notice given at noon before the clock jumps ends at one o'clock, not at noon."""
    now = datetime(2026, 3, 28, 12, 0, tzinfo=TZ).astimezone(UTC)
    day = Hours({6: (Window(660, 900),)}, {})
    found = starts(
        day, [], terms(notice=timedelta(hours=24)), now, date(2026, 3, 29), date(2026, 3, 29)
    )
    assert wall(found[0])[1] == 13 * 60


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        ("2026-05-01", False),  # Friday, Store Bededag's weekday and 1 May: closed by setting
        ("2027-04-23", True),  # would have been Store Bededag
        ("2026-05-15", True),  # the day after Kristi himmelfartsdag
        ("2026-05-14", False),
        ("2026-06-05", False),
        ("2026-12-24", False),
        ("2028-02-29", True),
        ("2028-06-05", False),  # 2. pinsedag and Grundlovsdag
    ],
)
def test_holidays(day, is_open):
    day = date.fromisoformat(day)
    assert bool(starts(CLINIC, [], terms(), LONG_AGO, day, day)) is is_open
    assert (day in rules.public_holidays(day.year)) is (day in holidays(day.year))


def test_store_bededag_is_gone():
    fridays = [easter(year) + timedelta(days=26) for year in range(2024, 2035)]
    assert not [day for day in fridays if day in rules.public_holidays(day.year)]


def test_an_exception_goes_before_a_holiday_and_can_close_a_day():
    christmas, monday = date(2026, 12, 25), date(2026, 11, 30)
    hours = Hours(CLINIC.weekly, {christmas: (Window(600, 660),), monday: ()}, CLOSED)
    assert len(starts(hours, [], terms(), LONG_AGO, christmas, christmas)) == 1
    assert starts(hours, [], terms(), LONG_AGO, monday, monday) == []


MINUTES = st.integers(0, 287).map(lambda number: number * 5)


@st.composite
def some_hours(draw) -> tuple[Window, ...]:
    edges = sorted(draw(st.sets(MINUTES, min_size=2, max_size=6)))
    return tuple(Window(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False))


DAYS = st.one_of(
    st.sampled_from(
        [
            date(2026, 3, 29),
            date(2026, 10, 25),
            date(2027, 3, 28),
            date(2028, 10, 29),
            date(2028, 2, 29),
        ]
    ),
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
)


@given(
    day=DAYS,
    windows=some_hours(),
    busy=st.lists(st.tuples(st.integers(-300, 1700), st.integers(1, 400)), max_size=6),
    minutes=st.sampled_from([5, 30, 45, 60]),
    buffer=st.sampled_from([0, 5, 15]),
    notice=st.integers(0, 3000),
    ahead=st.integers(-2000, 3000),
)
def test_any_hours_and_any_busy_times_are_as_the_slow_way_finds_them(
    day, windows, busy, minutes, buffer, notice, ahead
):
    midnight = datetime(day.year, day.month, day.day, tzinfo=TZ).astimezone(UTC)
    taken = [
        (midnight + timedelta(minutes=start), midnight + timedelta(minutes=start + length))
        for start, length in busy
    ]
    now = midnight - timedelta(minutes=ahead)
    offer = terms(minutes, buffer, timedelta(minutes=notice), timedelta(days=2))
    hours = Hours({}, {day: windows})
    assert starts(hours, taken, offer, now, day, day) == slow(hours, taken, offer, now, day)
