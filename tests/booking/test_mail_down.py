"""A mail server that comes and goes: what leaves when it is back is true, and only that."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes
from itertools import product
from typing import Any

import pytest

from sandbox.mailbox import LocalMailbox
from shop.booking import actions
from shop.booking.models import Appointment
from shop.danish import appointed
from shop.deadlock import settled
from shop.outbox.delivery import deliver_due
from tests.booking import rfc5545
from tests.booking.conftest import MONDAY, NOW, Clinic

PATIENT = "kirsten@example.dk"


class Weather:
    """A booking under a mail server that is there or not, minute by minute."""

    def __init__(self, clinic: Clinic, mailbox: LocalMailbox, at: Any) -> None:
        self.clinic, self.mailbox, self._at = clinic, mailbox, at
        self.now = NOW
        self.times = [opening.starts_at for opening in clinic.free(day=MONDAY)]
        self.appointment: Appointment = None  # type: ignore[assignment]
        at(NOW)

    def do(self, what: str, server_is_there: bool) -> list[dict[str, Any]]:
        """One thing happens, then the worker has its turn; returns the mails that came through."""
        self.now += timedelta(minutes=10)
        self._at(self.now)
        getattr(self, f"_{what}")()
        return self.deliver(server_is_there)

    def deliver(self, server_is_there: bool) -> list[dict[str, Any]]:
        before = len(self.mailbox.messages)
        if not server_is_there:
            self.mailbox.stop()
        try:
            deliver_due()
        finally:
            if not server_is_there:
                self.mailbox.start()
        return self.mailbox.messages[before:]

    def _book(self) -> None:
        self.appointment = self.clinic.book(self.times[0], now=self.now)

    def _move(self) -> None:
        found = self.clinic.again(self.appointment)
        wanted = self.times[self.times.index(found.starts_at) + 2]
        settled(
            lambda: actions.reschedule(self._fresh(), wanted, found.version, "patient", self.now)
        )

    def _cancel(self) -> None:
        version = self.clinic.again(self.appointment).version
        settled(lambda: actions.cancel(self._fresh(), version, "patient", self.now))

    def _wait(self) -> None:
        self.now += timedelta(hours=2)
        self._at(self.now)

    def _fresh(self) -> Appointment:
        return self.clinic.again(self.appointment)


def told(mail: dict[str, Any], mailbox: LocalMailbox) -> rfc5545.Component | None:
    """The calendar file that came with a mail, read strictly."""
    [received] = [each for each in mailbox.received() if each.id == mail["id"]]
    parts = message_from_bytes(received.raw).walk()
    files = [part for part in parts if part.get_content_type() == "text/calendar"]
    if not files:
        return None
    [file] = files
    read = rfc5545.read(file.get_payload(decode=True))
    assert file.get_param("method") == read.one("METHOD").value
    return read


@pytest.fixture
def weather(clinic, mailbox, at) -> Weather:
    return Weather(clinic, mailbox, at)


def says(mail: dict[str, Any], state: str, starts_at: datetime) -> bool:
    cancelled = "aflyst" in mail["subject"].lower()
    return appointed(starts_at) in mail["subject"] and cancelled == (state == "cancelled")


CHANGES = [
    ("cancel",),
    pytest.param(("move", "cancel"), marks=pytest.mark.endurance),
    pytest.param(("move", "move", "cancel"), marks=pytest.mark.endurance),
    pytest.param(("move", "move"), marks=pytest.mark.endurance),
]


@pytest.mark.parametrize("changes", CHANGES, ids="-".join)
def test_whatever_the_weather_each_mail_is_true_when_it_arrives_and_the_last_one_stays(
    weather, changes
):
    for there in product([True, False], repeat=len(changes) + 1):
        weather.mailbox.clear()
        heard: dict[str, list[dict[str, Any]]] = {}
        steps = [*zip(("book", *changes), there, strict=True), ("wait", True)]
        for what, server_is_there in steps:
            for mail in weather.do(what, server_is_there):
                now_is = weather.clinic.again(weather.appointment)
                assert says(mail, now_is.state, now_is.starts_at), (there, what, mail["subject"])
                heard.setdefault(mail["to"][0], []).append(mail)
        final = weather.clinic.again(weather.appointment)
        assert len(heard) == 2, "the patient and the practitioner"
        for mails in heard.values():
            assert says(mails[-1], final.state, final.starts_at)
            _expect_one_story(mails, weather.mailbox, final)
        if final.state != "cancelled":
            weather.do("cancel", True)


def _expect_one_story(
    mails: list[dict[str, Any]], mailbox: LocalMailbox, final: Appointment
) -> None:
    """The calendar files tell of one event, each newer than the one before."""
    files = [told(mail, mailbox) for mail in mails]
    events = [file.inner[0] for file in files if file]
    assert {event.one("UID").value for event in events} <= {final.uid}
    numbers = [int(event.one("SEQUENCE").value) for event in events]
    assert numbers == sorted(set(numbers))
    methods = [file.one("METHOD").value for file in files if file]
    if final.state == "cancelled":
        assert methods == ["REQUEST"] * (len(mails) - 1) + ["CANCEL"] * (len(mails) > 1)
    else:
        assert methods == ["REQUEST"] * len(mails)


def test_a_server_that_is_off_all_day_lets_one_mail_through_that_night(weather):
    for what in ("book", "move", "move"):
        assert weather.do(what, False) == []
    arrived = [mail for mail in weather.do("wait", True) if mail["to"] == [PATIENT]]
    [mail] = arrived
    final = weather.clinic.again(weather.appointment)
    assert says(mail, "confirmed", final.starts_at)
    [event] = told(mail, weather.mailbox).inner
    assert (event.one("UID").value, event.one("SEQUENCE").value) == (final.uid, "2")
    assert event.one("DTSTART").value == f"{final.starts_at:%Y%m%dT%H%M%SZ}"


def test_what_was_never_told_of_is_cancelled_without_a_file(weather):
    for what in ("book", "move", "cancel"):
        weather.do(what, False)
    arrived = weather.do("wait", True)
    assert sorted(mail["to"][0] for mail in arrived) == [PATIENT, "rh@kirohaderslev.dk"]
    for mail in arrived:
        assert "aflyst" in mail["subject"].lower()
        assert told(mail, weather.mailbox) is None
