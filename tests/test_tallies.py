"""Counting for the limits: right at every moment, and tidied up now and then."""

from __future__ import annotations

import threading

import pytest
import time_machine
from limits import parse
from limits.strategies import FixedWindowRateLimiter

from shop.tallies import Tallies
from shop.web import limiter

LIMIT = parse("2 per minute")


@pytest.fixture
def started(monkeypatch):
    """The threads that are started from now on."""
    found = []
    start = threading.Thread.start
    monkeypatch.setattr(
        threading.Thread, "start", lambda thread: (found.append(thread), start(thread))[1]
    )
    return found


def test_the_program_counts_here(app):
    assert isinstance(limiter.storage, Tallies)


def test_it_counts_and_forgets_in_time():
    with time_machine.travel("2026-11-25T12:00Z", tick=False) as clock:
        counting = FixedWindowRateLimiter(Tallies())
        assert [counting.hit(LIMIT, "kirsten") for _ in range(3)] == [True, True, False]
        assert counting.hit(LIMIT, "bent")
        clock.shift(61)
        assert counting.hit(LIMIT, "kirsten")


def test_a_request_starts_no_thread_and_a_minute_starts_one(started):
    counting = FixedWindowRateLimiter(Tallies())
    storage = counting.storage
    storage.timer.join()
    started.clear()
    for number in range(500):
        counting.hit(LIMIT, f"client {number}")
    assert started == []
    with time_machine.travel("2027-01-01T12:00Z"):
        storage._sweep_at = 0.0
        counting.hit(LIMIT, "the next")
        assert len(started) == 1
        started[0].join()
    assert len(storage.storage) == 1, "what had run out is gone"
