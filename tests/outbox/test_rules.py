"""When a mail is tried again: often at first, seldom later, for two days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.outbox import rules

QUEUED = datetime(2026, 11, 23, 8, tzinfo=UTC)
AGES = st.timedeltas(timedelta(0), timedelta(days=4))


def test_the_ladder_has_these_steps():
    waits = [rules.next_try(tries, QUEUED, QUEUED) - QUEUED for tries in range(1, 13)]
    minutes = [wait.total_seconds() / 60 for wait in waits]
    assert minutes == [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]


@given(st.integers(0, 10**6), AGES)
def test_a_mail_waits_thirty_seconds_to_six_hours_or_no_more(tries, age):
    moment = QUEUED + age
    again = rules.next_try(tries, QUEUED, moment)
    if age >= timedelta(hours=48):
        assert again is None
    else:
        assert timedelta(seconds=30) <= again - moment <= timedelta(hours=6)


@given(st.integers(1, 100), AGES.filter(lambda age: age < timedelta(hours=48)))
def test_it_never_waits_shorter_the_more_often_it_failed(tries, age):
    moment = QUEUED + age
    assert rules.next_try(tries, QUEUED, moment) <= rules.next_try(tries + 1, QUEUED, moment)


@given(st.integers(0, 50))
def test_it_is_tried_to_the_end_of_the_second_day_and_not_for_ever(seconds_each_try_takes):
    moment, tries = QUEUED, 0
    while True:
        tries += 1
        failed_at = moment + timedelta(seconds=seconds_each_try_takes)
        again = rules.next_try(tries, QUEUED, failed_at)
        if again is None:
            break
        assert again > moment
        moment = again
    assert timedelta(hours=48) <= failed_at - QUEUED <= timedelta(hours=54, minutes=1)
    assert 15 <= tries <= 25


@pytest.mark.parametrize(
    ("code", "permanent"),
    [
        (None, False),
        (421, False),
        (450, False),
        (452, False),
        (535, False),  # our own password is wrong: no fault of this mail
        (530, False),
        (550, True),
        (552, True),
        (554, True),
    ],
)
def test_only_the_recipients_own_no_is_final(code, permanent):
    assert rules.is_permanent(code) is permanent


def test_settled_mails_move_no_more():
    assert rules.MOVES["sent"] == rules.MOVES["expired"] == frozenset()
    assert rules.MOVES["failed"] == {"queued"}, "somebody may try a failed mail again"
    assert {to for allowed in rules.MOVES.values() for to in allowed} <= set(rules.MOVES)
