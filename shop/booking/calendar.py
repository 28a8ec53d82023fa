"""Appointments as iCalendar text (RFC 5545), to be put in a calendar by mail (RFC 5546) or feed.

Times stand in UTC, so no reader needs to know our time zone's rules. No text here may tell of
health: calendars are shared, and mails pass many hands.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vCalAddress

PRODUCT = "-//SmerteVejleder//Booking//DA"
# RFC 6047 § 2.4: the method beside the type is the one in the body.
REQUEST_TYPE = "text/calendar; method=REQUEST; charset=utf-8"
CANCEL_TYPE = "text/calendar; method=CANCEL; charset=utf-8"
FEED_TYPE = "text/calendar; charset=utf-8"
PUBLISH_TYPE = "text/calendar; method=PUBLISH; charset=utf-8"
# RFC 5545 § 3.2: no quote inside quotes; and readers disagree on a backslash there.
QUOTABLE = str.maketrans('"\\', "'/")
# How often a calendar that follows the feed looks again (RFC 7986 § 5.7).
FEED_RENEWED = timedelta(minutes=30)


@dataclass(frozen=True)
class Party:
    """Somebody with a mail address, by the name that a calendar shows."""

    name: str
    email: str


@dataclass(frozen=True)
class Entry:
    """One appointment as a calendar is told of it.

    `uid` is the same for the appointment's whole life; `sequence` grows with each new time or
    place and with the cancellation (RFC 5546 § 2.1.4). `now` is when this is written (DTSTAMP).
    """

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    organizer: Party
    attendee: Party | None
    now: datetime


def request(entry: Entry) -> bytes:
    """A file that puts the appointment in a calendar, or moves it there (RFC 5546 § 3.2.2)."""
    return _calendar("REQUEST", [_event(entry, "CONFIRMED")])


def cancel(entry: Entry) -> bytes:
    """A file that takes the appointment out of a calendar again (RFC 5546 § 3.2.5)."""
    return _calendar("CANCEL", [_event(entry, "CANCELLED")])


def publish(entry: Entry, cancelled: bool = False) -> bytes:
    """A file for whoever fetches it: the appointment as it is, without a word of who comes."""
    event = _event(entry, "CANCELLED" if cancelled else "CONFIRMED", published=True)
    return _calendar("PUBLISH", [event])


def feed(name: str, entries: Iterable[Entry]) -> bytes:
    """A calendar to follow, with these appointments and no patient in them (RFC 5546 § 3.2.1)."""
    events = [_event(entry, "CONFIRMED", published=True) for entry in entries]
    return _calendar("PUBLISH", events, name)


def _calendar(method: str, events: list[Event], name: str = "") -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if name:
        calendar.add("name", _clean(name))
        calendar.add("x-wr-calname", _clean(name))  # what calendars read before RFC 7986
        calendar.add("refresh-interval", FEED_RENEWED, parameters={"VALUE": "DURATION"})
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical(sorted=False))


def _event(entry: Entry, status: str, published: bool = False) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _utc(entry.now))
    event.add("dtstart", _utc(entry.starts_at))
    event.add("dtend", _utc(entry.ends_at))
    event.add("summary", _clean(entry.title))
    if entry.place:
        event.add("location", _clean(entry.place))
    event.add("organizer", _address(entry.organizer), encode=False)
    if entry.attendee and not published:
        event.add("attendee", _attendee(entry.attendee, status), encode=False)
    event.add("status", status)
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")
    return event


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{party.email}")
    if name := _clean(party.name).translate(QUOTABLE):
        address.params["CN"] = name
    return address


def _attendee(party: Party, status: str) -> vCalAddress:
    address = _address(party)
    address.params["ROLE"] = "REQ-PARTICIPANT"
    if status != "CANCELLED":
        address.params["PARTSTAT"] = "ACCEPTED"  # who booked the time need not say yes to it
        address.params["RSVP"] = "FALSE"
    return address


def _clean(text: str) -> str:
    """One line without control characters, which TEXT may not hold (RFC 5545 § 3.3.11)."""
    line = " ".join(text.split())
    return "".join(letter for letter in line if unicodedata.category(letter) not in {"Cc", "Cs"})
