"""iCalendar texts: valid by the grammar, and read back as they were meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from shop.booking import calendar
from shop.booking.calendar import Entry, Party
from tests.booking import rfc5545

NOW = datetime(2026, 11, 25, 19, 2, 3, 456, tzinfo=UTC)
ENTRY = Entry(
    uid="7c1e@smertevejleder.example",
    sequence=2,
    starts_at=datetime(2026, 12, 1, 8, 30, tzinfo=UTC),
    ends_at=datetime(2026, 12, 1, 9, 30, tzinfo=UTC),
    title="Konsultation",
    place="Nørregade 1, 6100 Haderslev",
    organizer=Party("Rasmus", "rh@example.dk"),
    attendee=Party("Åse Prøve", "aase@example.dk"),
    now=NOW,
)
# Anything a person or a database could hold; lone surrogates reach neither.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
moments = st.integers(1_577_836_800, 2_145_916_800).map(lambda s: datetime.fromtimestamp(s, UTC))
entries = st.builds(
    lambda title, place, names, starts_at, minutes, sequence: Entry(
        ENTRY.uid,
        sequence,
        starts_at,
        starts_at + timedelta(minutes=minutes),
        title,
        place,
        Party(names[0], "rh@example.dk"),
        Party(names[1], "aase@example.dk"),
        NOW,
    ),
    words,
    words,
    st.tuples(words, words),
    moments,
    st.integers(5, 600),
    st.integers(0, 10_000),
)


def one_line(text: str) -> str:
    """What of a text a calendar can show in one line: the words, without control characters."""
    line = " ".join(text.split())
    return "".join(letter for letter in line if not (ord(letter) < 32 or 127 <= ord(letter) < 160))


@example(
    replace(ENTRY, title="^n, ^' \\n \\, ;", attendee=Party("^n ^^ \\n", "aase@example.dk")),
    "request",
)
@given(entries, st.sampled_from(["request", "cancel"]))
def test_any_words_make_a_valid_file_that_says_them(entry, method):
    data = getattr(calendar, method)(entry)
    [event] = rfc5545.read(data).inner
    assert rfc5545.unescaped(event.one("SUMMARY").value) == one_line(entry.title)
    [read] = Calendar.from_ical(data).walk("VEVENT")
    assert str(read["SUMMARY"]) == one_line(entry.title)
    assert str(read.get("LOCATION", "")) == one_line(entry.place)
    assert read["DTSTART"].dt == entry.starts_at.replace(microsecond=0)
    assert read["DTEND"].dt == entry.ends_at.replace(microsecond=0)
    assert read["ATTENDEE"] == "mailto:aase@example.dk"
    name = one_line(entry.attendee.name).replace('"', "'").replace("\\", "/")
    assert read["ATTENDEE"].params.get("CN", "") == name
    assert read["SEQUENCE"] == entry.sequence


@pytest.mark.parametrize("name", ["\\", "Åse\\", 'Åse "Sol" Prøve', "a;b,c:d"])
def test_a_name_of_odd_signs_ends_where_it_ends(name):
    data = calendar.request(replace(ENTRY, attendee=Party(name, "aase@example.dk")))
    [event] = Calendar.from_ical(data).walk("VEVENT")
    assert event["ATTENDEE"].params["ROLE"] == "REQ-PARTICIPANT"
    assert event["ATTENDEE"].params["CN"] == name.replace("\\", "/").replace('"', "'")


def test_a_new_time_keeps_its_uid_and_says_request():
    [event] = rfc5545.read(calendar.request(ENTRY)).inner
    said = {name: event.one(name).value for name in ("UID", "SEQUENCE", "DTSTAMP", "STATUS")}
    assert said == {
        "UID": ENTRY.uid,
        "SEQUENCE": "2",
        "DTSTAMP": "20261125T190203Z",
        "STATUS": "CONFIRMED",
    }
    assert event.one("ORGANIZER").value == "mailto:rh@example.dk"
    assert event.one("ATTENDEE").parameters["CN"] == "Åse Prøve"


def test_a_cancellation_is_a_cancel_of_the_same_event():
    told = rfc5545.read(calendar.cancel(ENTRY))
    [event] = told.inner
    assert told.one("METHOD").value == "CANCEL"
    assert (event.one("UID").value, event.one("STATUS").value) == (ENTRY.uid, "CANCELLED")


@pytest.mark.parametrize(
    ("made", "media_type"),
    [(calendar.request, calendar.REQUEST_TYPE), (calendar.cancel, calendar.CANCEL_TYPE)],
)
def test_the_mails_type_names_the_method_of_the_body(made, media_type):
    method = rfc5545.read(made(ENTRY)).one("METHOD").value
    assert f"method={method};" in media_type


def test_a_feed_shows_the_times_and_no_patient():
    other = replace(ENTRY, uid="8d2f@smertevejleder.example")
    data = calendar.feed("Aftaler", [ENTRY, other])
    told = rfc5545.read(data)
    assert told.one("METHOD").value == "PUBLISH"
    assert told.one("REFRESH-INTERVAL").value == "PT30M"
    assert [event.one("SUMMARY").value for event in told.inner] == ["Konsultation"] * 2
    for secret in (b"aase", "Åse".encode(), b"Pr\xc3\xb8ve"):
        assert secret not in data


def test_a_file_to_fetch_tells_of_one_time_and_nobody():
    for cancelled, status in ((False, "CONFIRMED"), (True, "CANCELLED")):
        data = calendar.publish(ENTRY, cancelled)
        told = rfc5545.read(data)
        [event] = told.inner
        assert f"method={told.one('METHOD').value};" in calendar.PUBLISH_TYPE
        assert (event.one("STATUS").value, event.one("UID").value) == (status, ENTRY.uid)
        assert b"aase" not in data


def test_an_empty_feed_is_still_a_calendar():
    assert rfc5545.read(calendar.feed("Aftaler", [])).inner == []


def test_summer_time_and_winter_time_are_told_apart_by_utc():
    copenhagen = datetime.fromisoformat("2026-10-25T02:30+02:00")
    again = datetime.fromisoformat("2026-10-25T02:30+01:00")
    told = [
        rfc5545.read(
            calendar.request(replace(ENTRY, starts_at=at, ends_at=at + timedelta(minutes=30)))
        )
        .inner[0]
        .one("DTSTART")
        .value
        for at in (copenhagen, again)
    ]
    assert told == ["20261025T003000Z", "20261025T013000Z"]


@pytest.mark.parametrize(
    "broken",
    [
        b"BEGIN:VCALENDAR\nEND:VCALENDAR\n",
        calendar.request(ENTRY).replace(b"6100", "\u00e6".encode() * 60),
        calendar.request(ENTRY).replace(b"\\,", b","),
        calendar.request(ENTRY).replace(b"STATUS:CONFIRMED", b"STATUS:CANCELLED"),
        calendar.request(ENTRY).replace(b"DTSTAMP:20261125T190203Z\r\n", b""),
        calendar.request(ENTRY).replace(b"T083000Z", b"T083000"),
        calendar.request(ENTRY).replace(b"END:VEVENT\r\n", b""),
    ],
)
def test_the_reader_sees_what_is_broken(broken):
    with pytest.raises((AssertionError, ValueError, IndexError)):
        rfc5545.read(broken)
