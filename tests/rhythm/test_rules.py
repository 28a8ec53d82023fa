"""Which mail goes out: by example, and as lives of a year in which anything may happen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.rhythm import rules
from shop.rhythm.rules import Person

JOINED = datetime(2026, 1, 5, 8, tzinfo=UTC)  # nine o'clock in Copenhagen
NEW = Person(JOINED, True, JOINED, JOINED)
DONE = replace(NEW, finished_at=JOINED + timedelta(40), active_at=JOINED + timedelta(40))


def day(number: int) -> datetime:
    return JOINED + timedelta(days=number)


@pytest.mark.parametrize(
    ("person", "now", "kind"),
    [
        (NEW, day(6), None),
        (NEW, day(7), "next step"),
        (NEW, day(14), "two weeks"),
        (replace(NEW, sent=(("two weeks", day(14)),)), day(20), None),
        (replace(NEW, sent=(("two weeks", day(14)),)), day(21), "welcome back"),
        (replace(NEW, sent=(("welcome back", day(28)),)), day(40), None),
        (replace(NEW, sent=(("welcome back", day(28)),), active_at=day(38)), day(40), "next step"),
        (replace(NEW, agreed_at=day(10), active_at=day(10)), day(16), None),
        (replace(NEW, agreed_at=day(10), active_at=day(10)), day(17), "two weeks"),
        (DONE, day(60), None),
        (DONE, day(130), None),
        (replace(DONE, measured_at=day(40)), day(129), None),
        (replace(DONE, measured_at=day(40)), day(130), "three months"),
        (replace(DONE, measured_at=day(40)), day(190), None),
        (replace(NEW, paused_until=day(8)), day(7), None),
        (replace(NEW, paused_until=day(8)), day(8), "next step"),
        (replace(NEW, agreed_at=None), day(7), None),
        (replace(NEW, open=False), day(7), None),
        (NEW, day(7) - timedelta(hours=1), "next step"),  # eight
        (NEW, day(7) + timedelta(hours=2), None),  # eleven: no longer morning
        (NEW, day(7) - timedelta(hours=2), None),
    ],
)
def test_one_mail_or_none(person, now, kind):
    assert rules.due(person, now) == kind


@pytest.mark.parametrize("moment", ["2026-07-01T06:00", "2026-01-01T07:00"])
def test_eight_is_eight_in_summer_and_winter(moment):
    eight = datetime.fromisoformat(f"{moment}+00:00")
    assert rules.is_morning(eight)
    assert not rules.is_morning(eight - timedelta(minutes=1))


EVENTS = st.dictionaries(
    st.integers(0, 365),
    st.sampled_from(["seen", "finished", "measured", "pause", "stop", "yes", "close"]),
)


@settings(max_examples=25, deadline=None)
@given(EVENTS)
def test_a_year_of_mails_keeps_every_promise(events):
    person = NEW
    for number in range(366):
        now, event = day(number), events.get(number)
        if event == "seen":
            person = replace(person, active_at=now)
        elif event == "finished":
            person = replace(person, active_at=now, finished_at=person.finished_at or now)
        elif event == "pause":
            person = replace(person, paused_until=rules.pause_end(now))
        elif event == "measured":
            person = replace(person, measured_at=now)
        elif event == "stop":
            person = replace(person, agreed_at=None)
        elif event == "yes":
            person = replace(person, agreed_at=now, active_at=now, paused_until=None)
        elif event == "close":
            person = replace(person, open=False)
        for hour in (-3, -1, 0, 1, 12):
            moment = now + timedelta(hours=hour)
            kind = rules.due(person, moment)
            if kind is None:
                continue
            assert person.agreed_at is not None
            assert moment - person.agreed_at > rules.APART - timedelta(hours=3)
            assert person.open
            assert person.paused_until is None or moment >= person.paused_until
            assert rules.is_morning(moment)
            weeks = [rules.week(at) for _, at in person.sent]
            assert rules.week(moment) not in weeks
            assert kind not in rules.ONCE or not person.got(kind)
            if kind in {"welcome back", "next step"}:
                assert not person.welcomed
            person = replace(person, sent=(*person.sent, (kind, moment)))
