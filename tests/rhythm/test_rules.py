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
NEW = Person(True, True, JOINED, JOINED, None, None)


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
        (replace(NEW, finished_at=day(40), active_at=day(40)), day(60), None),
        (replace(NEW, finished_at=day(40), active_at=day(40)), day(130), "three months"),
        (replace(NEW, finished_at=day(40), active_at=day(40)), day(190), None),
        (replace(NEW, paused_until=day(8)), day(7), None),
        (replace(NEW, paused_until=day(8)), day(8), "next step"),
        (replace(NEW, wanted=False), day(7), None),
        (replace(NEW, open=False), day(7), None),
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
    st.integers(0, 365), st.sampled_from(["seen", "finished", "pause", "stop", "close"])
)


@settings(max_examples=60, deadline=None)
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
            person = replace(person, paused_until=now + rules.PAUSE)
        elif event == "stop":
            person = replace(person, wanted=False)
        elif event == "close":
            person = replace(person, open=False)
        for hour in (-3, 0, 6, 12):
            moment = now + timedelta(hours=hour)
            kind = rules.due(person, moment)
            if kind is None:
                continue
            assert person.wanted
            assert person.open
            assert person.paused_until is None or moment >= person.paused_until
            assert rules.is_morning(moment)
            assert person.last_sent_at is None or moment - person.last_sent_at >= rules.APART
            assert kind not in rules.ONCE or not person.got(kind)
            if kind in {"welcome back", "next step"}:
                assert not person.welcomed
            person = replace(person, sent=(*person.sent, (kind, moment)))
