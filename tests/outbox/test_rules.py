"""When a mail is tried again: often at first, seldom later, for two days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.outbox import rules

QUEUED = datetime(2026, 11, 23, 8, tzinfo=UTC)
END = QUEUED + timedelta(hours=48)
AGES = st.timedeltas(timedelta(0), timedelta(days=4))


def test_the_ladder_has_these_steps():
    waits = [rules.next_try(tries, END, QUEUED) - QUEUED for tries in range(1, 13)]
    minutes = [wait.total_seconds() / 60 for wait in waits]
    assert minutes == [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]


@given(st.integers(0, 10**6), AGES)
def test_a_mail_waits_thirty_seconds_to_six_hours_or_no_more(tries, age):
    moment = QUEUED + age
    again = rules.next_try(tries, END, moment)
    if age >= timedelta(hours=48):
        assert again is None
    else:
        assert timedelta(seconds=30) <= again - moment <= timedelta(hours=6)


@given(st.integers(1, 100), AGES.filter(lambda age: age < timedelta(hours=48)))
def test_it_never_waits_shorter_the_more_often_it_failed(tries, age):
    moment = QUEUED + age
    assert rules.next_try(tries, END, moment) <= rules.next_try(tries + 1, END, moment)


@given(st.integers(0, 50))
def test_it_is_tried_to_the_end_of_the_second_day_and_not_for_ever(seconds_each_try_takes):
    moment, tries = QUEUED, 0
    while True:
        tries += 1
        failed_at = moment + timedelta(seconds=seconds_each_try_takes)
        again = rules.next_try(tries, END, failed_at)
        if again is None:
            break
        assert again > moment
        moment = again
    assert timedelta(hours=48) <= failed_at - QUEUED <= timedelta(hours=54, minutes=1)
    assert 15 <= tries <= 25


@pytest.mark.parametrize(
    ("code", "of_recipient", "kind", "final"),
    [
        (421, True, "temporary", False),
        (450, True, "temporary", False),
        (452, False, "temporary", False),
        (550, True, "permanent", True),
        (552, True, "permanent", True),
        (554, True, "permanent", True),
        (535, False, "technical", False),  # our own password is wrong: no fault of this mail
        (530, True, "technical", False),
        (550, False, "technical", False),  # they do not take our sender's address
    ],
)
def test_only_the_recipients_own_no_is_final(code, of_recipient, kind, final):
    failure = rules.refusal(code, "why", of_recipient)
    assert (failure.kind, failure.final) == (kind, final)


def test_settled_mails_move_no_more():
    for state in ("superseded", "expired"):
        assert rules.MOVES[state] == {"queued"}, "what was withheld may leave after all"
    assert rules.MOVES["sent"] == {"bounced"}, "it may come back"
    for state in rules.LOST:
        assert rules.MOVES[state] == {"queued"}, "somebody may try a lost mail again"
    assert {to for allowed in rules.MOVES.values() for to in allowed} <= set(rules.MOVES)


def test_the_alarm_rings_only_after_its_time():
    fine = rules.alarms(QUEUED, QUEUED - timedelta(minutes=15), QUEUED - timedelta(minutes=2))
    assert fine == []
    late = timedelta(seconds=1)
    assert rules.alarms(QUEUED, QUEUED - timedelta(minutes=15) - late, QUEUED) == ["mail_waits"]
    assert rules.alarms(QUEUED, None, QUEUED - timedelta(minutes=2) - late) == ["no_worker"]
    assert rules.alarms(QUEUED, None, None) == ["no_worker"]
