"""Busy times out of calendar files: as people's calendars write them, and as nobody should."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.booking import busy
from tests.booking.calendar_host import calendar_file, event

SINCE = datetime(2026, 10, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=120)
OURS = "smertevejleder.example"


def read(*lines: str) -> busy.Busy:
    return busy.read(calendar_file(*lines), SINCE, UNTIL, OURS)


def told(*lines: str) -> list[str]:
    """The busy times as "12-01 08:00/09:00", in UTC."""
    return [f"{start:%m-%d %H:%M}/{end:%H:%M}" for start, end in read(*lines).times]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART:20261201T080000Z", "DTEND:20261201T090000Z"], ["12-01 08:00/09:00"]),
        (["DTSTART:20261201T080000Z", "DURATION:PT45M"], ["12-01 08:00/08:45"]),
        (["DTSTART:20261201T080000Z"], []),
        (["DTSTART;VALUE=DATE:20261224"], ["12-23 23:00/23:00"]),
        (["DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261224"], ["12-23 23:00/23:00"]),
        (["DTSTART;VALUE=DATE:20261025", "DURATION:P1D"], ["10-24 22:00/23:00"]),
        (["DTSTART:20261201T090000", "DTEND:20261201T100000"], ["12-01 08:00/09:00"]),
        (
            ["DTSTART;TZID=America/New_York:20261201T090000", "DURATION:PT1H"],
            ["12-01 14:00/15:00"],
        ),
        (
            ["DTSTART;TZID=Romance Standard Time:20261201T090000", "DURATION:PT1H"],
            ["12-01 08:00/09:00"],
        ),
        (
            ["DTSTART;TZID=Europe/Copenhagen:20261025T013000", "DURATION:PT2H"],
            ["10-24 23:30/01:30"],
        ),
        (["DTSTART:20260901T080000Z", "DTEND:20260901T090000Z"], []),
        (["DTSTART:20261201T080000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT"], []),
        (["DTSTART:20261201T080000Z", "DURATION:PT1H", "STATUS:CANCELLED"], []),
        (["DTSTART:20261201T080000Z", "DURATION:PT1H", "STATUS:TENTATIVE"], ["12-01 08:00/09:00"]),
        (["DTSTART:20261201T080000Z", "DURATION:PT1H", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"], []),
    ],
)
def test_one_event(lines, expected):
    assert told(*event(*lines)) == expected


WEEKLY = [
    "DTSTART;TZID=Europe/Copenhagen:20261013T090000",
    "DTEND;TZID=Europe/Copenhagen:20261013T100000",
    "RRULE:FREQ=WEEKLY;COUNT=4",
]


def test_a_weekly_hour_keeps_its_place_on_the_wall_over_the_change_of_clocks():
    expected = ["10-13 07:00/08:00", "10-20 07:00/08:00", "10-27 08:00/09:00", "11-03 08:00/09:00"]
    assert told(*event(*WEEKLY)) == expected


def test_repetitions_are_left_out_moved_and_cancelled_one_by_one():
    moved = [
        "RECURRENCE-ID;TZID=Europe/Copenhagen:20261020T090000",
        "DTSTART;TZID=Europe/Copenhagen:20261021T120000",
        "DTEND;TZID=Europe/Copenhagen:20261021T130000",
    ]
    cancelled = [
        "RECURRENCE-ID;TZID=Europe/Copenhagen:20261027T090000",
        "DTSTART;TZID=Europe/Copenhagen:20261027T090000",
        "STATUS:CANCELLED",
    ]
    first = event(*WEEKLY, "EXDATE;TZID=Europe/Copenhagen:20261103T090000")
    expected = ["10-13 07:00/08:00", "10-21 10:00/11:00"]
    assert told(*first, *event(*moved), *event(*cancelled)) == expected
    assert told(*event(*cancelled), *event(*moved), *first) == expected


def test_a_rule_from_long_ago_without_an_end_is_read_within_the_window_alone():
    lines = ["DTSTART:19700101T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"]
    found = read(*event(*lines))
    assert len(found.times) == 120
    assert all(SINCE <= start < end <= UNTIL for start, end in found.times)


def test_times_that_meet_become_one():
    lines = [
        *event("DTSTART:20261201T080000Z", "DURATION:PT1H", uid="1"),
        *event("DTSTART:20261201T083000Z", "DURATION:PT1H", uid="2"),
        *event("DTSTART:20261201T093000Z", "DURATION:PT1H", uid="3"),
        *event("DTSTART:20261201T110000Z", "DURATION:PT1H", uid="4"),
    ]
    assert told(*lines) == ["12-01 08:00/10:30", "12-01 11:00/12:00"]


def test_our_own_appointments_that_come_back_do_not_count():
    times = ["DTSTART:20261201T080000Z", "DURATION:PT1H"]
    assert told(*event(*times, uid=f"7c1e@{OURS}")) == []
    assert told(*event(*times, uid=f"7c1e@not-{OURS}")) == ["12-01 08:00/09:00"]


def test_a_calendar_that_tells_only_when_somebody_is_busy():
    lines = [
        "BEGIN:VFREEBUSY",
        "UID:9",
        "FREEBUSY:20261201T080000Z/PT1H,20261202T080000Z/20261202T100000Z",
        "FREEBUSY;FBTYPE=FREE:20261203T080000Z/PT1H",
        "END:VFREEBUSY",
    ]
    assert told(*lines) == ["12-01 08:00/09:00", "12-02 08:00/10:00"]


GOOD = event("DTSTART:20261201T080000Z", "DURATION:PT1H", uid="good")


@pytest.mark.parametrize(
    "lines",
    [
        ["DTEND:20261201T090000Z"],
        ["DTSTART:2026-12-01", "DURATION:PT1H"],
        ["DTSTART:20261202T080000Z", "DTEND:20261201T080000Z"],
        ["DTSTART:20261202T080000Z", "DTEND:99991201T080000Z"],
        ["DTSTART:20261202T080000Z", "RRULE:FREQ=NEVER"],
        ["DTSTART;TZID=Nowhere:nonsense", "DURATION:x"],
    ],
)
def test_what_cannot_be_read_is_counted_and_hides_nothing_else(lines):
    found = read(*event(*lines), *GOOD)
    assert found.unread == 1
    assert (
        datetime(2026, 12, 1, 8, tzinfo=UTC),
        datetime(2026, 12, 1, 9, tzinfo=UTC),
    ) in found.times


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=1",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYSECOND=1,2,3",
        "FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=x;BYMONTHDAY=30",
        "FREQ=SECONDLY;\r\n BYHOUR=1",
    ],
)
@pytest.mark.parametrize("where", ["event", "zone"])
def test_a_rule_that_would_take_for_ever_takes_no_time(rule, where):
    began = time.process_time()
    if where == "event":
        found = read(*event("DTSTART:19700101T000000Z", "DURATION:PT1H", f"RRULE:{rule}"), *GOOD)
    else:
        zone = [
            *["BEGIN:VTIMEZONE", "TZID:Mine", "BEGIN:STANDARD", "DTSTART:19700101T000000"],
            *["TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", f"RRULE:{rule}"],
            *["END:STANDARD", "END:VTIMEZONE"],
        ]
        mine = event("DTSTART;TZID=Mine:20261202T080000", "DURATION:PT1H")
        found = read(*zone, *mine, *GOOD)
    assert (found.unread, "12-01 08:00/09:00" in told(*GOOD)) == (1, True)
    assert time.process_time() - began < 1


def test_a_calendar_of_many_endless_searches_is_given_up(monkeypatch):
    monkeypatch.setattr(busy, "PATIENCE", 0.05)
    lines = ["DTSTART:20200107T080000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=TU"]
    many = [line for number in range(60) for line in event(*lines, uid=str(number))]
    with pytest.raises(busy.Unreadable, match="too_much"):
        read(*many)


def test_more_events_than_anybody_has_are_refused(monkeypatch):
    monkeypatch.setattr(busy, "MOST_EVENTS", 1)
    with pytest.raises(busy.Unreadable, match="too_much"):
        read(*GOOD, *event("DTSTART:20261201T080000Z", uid="2"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html><title>Log ind</title>",
        b"\xff\xfe\x00",
        b"BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n",
        calendar_file(*GOOD)[:-40],
        calendar_file(*GOOD).replace(b"END:VEVENT\r\n", b""),
    ],
)
def test_what_is_no_calendar_is_said_so(data):
    with pytest.raises(busy.Unreadable, match="no_calendar"):
        busy.read(data, SINCE, UNTIL)


minutes = st.integers(-3000, 120 * 24 * 60 + 3000)
spans = st.tuples(minutes, st.integers(0, 2000)).map(
    lambda pair: (
        SINCE + timedelta(minutes=pair[0]),
        SINCE + timedelta(minutes=pair[0] + pair[1]),
    )
)


@given(st.lists(spans, max_size=12), st.lists(minutes, max_size=8))
def test_merged_times_cover_the_same_moments_in_order_and_apart(times, tried):
    found = list(busy.merged(times, SINCE, UNTIL))
    edges = [edge for span in found for edge in span]
    assert edges == sorted(set(edges))
    for moment in (SINCE + timedelta(minutes=minute) for minute in tried):
        meant = SINCE <= moment < UNTIL and any(start <= moment < end for start, end in times)
        assert any(start <= moment < end for start, end in found) == meant


PIECES = [
    *("BEGIN:VEVENT", "END:VEVENT", "UID:1", "UID:2", "DTSTART:20261201T080000Z", "DTSTART:2026"),
    *("DTSTART;VALUE=DATE:20261201", "DTEND:20261201T090000", "DURATION:PT1H", "DURATION:-P99999W"),
    *("RRULE:FREQ=WEEKLY", "RRULE:FREQ=YEARLY;UNTIL=20270101", "RRULE:COUNT=-1", "RRULE:"),
    *("EXDATE:20261208T080000Z", "RDATE;VALUE=PERIOD:20261209T080000Z/PT1H", "RDATE:x"),
    *("RECURRENCE-ID:20261208T080000Z", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261208", "SEQUENCE:x"),
    *("BEGIN:VFREEBUSY", "END:VFREEBUSY", "FREEBUSY:x", "FREEBUSY:20261201T080000Z/PT1H"),
    *("BEGIN:VTIMEZONE", "END:VTIMEZONE", "TZID:Mine", "DTSTART;TZID=Mine:20261201T080000", ""),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=25))
def test_any_lines_come_to_an_answer(lines):
    with suppress(busy.Unreadable):
        found = busy.read(calendar_file("BEGIN:VEVENT", *lines, "END:VEVENT"), SINCE, UNTIL)
        assert all(SINCE <= start < end <= UNTIL for start, end in found.times)
