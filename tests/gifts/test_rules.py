"""Codes as people write them, when the mail goes, and where a gift stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.gifts import rules
from shop.reference import ALPHABET

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CODES = st.text(ALPHABET, min_size=rules.CODE_LENGTH, max_size=rules.CODE_LENGTH)


@given(CODES, st.sampled_from(["-", " ", " - ", "–", ".", "", "\u2011", "\t"]), st.booleans())
def test_a_code_is_read_however_it_is_written(code, between, small):
    typed = rules.shown_code(code).replace("-", between)
    assert rules.read_code(f" {typed.lower() if small else typed} ") == code


@pytest.mark.parametrize(
    "typed", ["", "7KQ2-M4XA", "7KQ2-M4XA-9BC0", "7KQ2-M4XA-9BCDE", "ÆØÅ2-M4XA-9BCD", "../../etc"]
)
def test_what_is_no_code_is_none(typed):
    assert rules.read_code(typed) is None


def test_a_mail_goes_at_eight_on_its_day_and_at_once_when_that_is_past():
    assert rules.leaves_at(date(2026, 12, 24), NOW) == datetime(2026, 12, 24, 7, tzinfo=UTC)
    assert rules.leaves_at(date(2027, 7, 1), NOW) == datetime(2027, 7, 1, 6, tzinfo=UTC)
    assert rules.leaves_at(date(2026, 11, 25), NOW) == NOW
    assert rules.leaves_at(None, NOW) == NOW


def test_a_gift_holds_for_three_years():
    assert rules.expires_at(NOW) == datetime(2029, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("is_open", "opened", "redeemed", "later", "state"),
    [
        (False, False, False, timedelta(0), "unpaid"),
        (True, True, False, timedelta(0), "ready"),
        (True, True, False, timedelta(days=1095), "ready"),
        (True, True, False, timedelta(days=1096), "expired"),
        (True, True, True, timedelta(days=1096), "redeemed"),
        (False, True, False, timedelta(0), "closed"),
        (False, True, True, timedelta(0), "closed"),
    ],
)
def test_where_a_gift_stands(is_open, opened, redeemed, later, state):
    until = rules.expires_at(NOW) if opened else None
    facts = (is_open, NOW if opened else None, NOW if redeemed else None, until)
    assert rules.state(*facts, NOW + later) == state
