"""The last day to withdraw, for every day of years with and without a leap day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.easter import easter
from hypothesis import given
from hypothesis import strategies as st

from shop.withdrawals import rules

DAYS = st.dates(date(2024, 1, 1), date(2060, 1, 1))


def closed(year: int) -> set[date]:
    """The days that are none to work on, worked out from Easter alone."""
    moved = [easter(year) + timedelta(days=days) for days in (-3, -2, 0, 1, 39, 49, 50)]
    fixed = [(1, 1), (6, 5), (12, 24), (12, 25), (12, 26), (12, 31)]
    return {*moved, *(date(year, *day) for day in fixed)}


@pytest.mark.parametrize("year", [2025, 2026, 2027, 2028])
def test_the_limit_for_every_order_date_of_a_year(year):
    off = closed(year) | closed(year + 1)
    day, moved = date(year, 1, 1), 0
    while day.year == year:
        last = rules.last_day(day)
        plain = day + timedelta(days=14)
        skipped = [plain + timedelta(days=n) for n in range((last - plain).days)]
        assert last >= plain
        assert last.weekday() < 5
        assert last not in off
        assert all(each.weekday() > 4 or each in off for each in skipped), day
        moved += bool(skipped)
        day += timedelta(days=1)
    assert 104 < moved < 125


@pytest.mark.parametrize(
    ("ordered", "last"),
    [
        ((2026, 3, 2), (2026, 3, 16)),
        ((2026, 3, 1), (2026, 3, 16)),  # the 15th is a Sunday
        ((2026, 3, 19), (2026, 4, 7)),  # Maundy Thursday to Easter Monday
        ((2026, 5, 22), (2026, 6, 8)),  # 5 June is a Friday
        ((2026, 12, 10), (2026, 12, 28)),  # Christmas and a weekend
        ((2026, 12, 17), (2027, 1, 4)),  # New Year's Eve, New Year, and a weekend
        ((2026, 4, 17), (2026, 5, 1)),  # Store Bededag is a day like others since 2024
        ((2028, 2, 15), (2028, 2, 29)),
        ((2025, 5, 15), (2025, 5, 30)),  # Ascension Day
    ],
)
def test_days_that_are_easily_got_wrong(ordered, last):
    assert rules.last_day(date(*ordered)) == date(*last)


@pytest.mark.parametrize(
    ("moment", "last"),
    [  # half an hour before and after midnight in Denmark, in winter and in summer
        ((2026, 3, 19, 22, 30), (2026, 4, 7)),  # and the clock goes forward in between
        ((2026, 3, 17, 22, 30), (2026, 3, 31)),
        ((2026, 3, 17, 23, 30), (2026, 4, 1)),
        ((2026, 10, 20, 21, 30), (2026, 11, 3)),  # the clock goes back in between
        ((2026, 10, 20, 22, 30), (2026, 11, 4)),
    ],
)
def test_days_are_denmarks_whatever_the_clock_does_meanwhile(moment, last):
    ordered = datetime(*moment, tzinfo=UTC)
    assert rules.last_day(rules.agreed_on(ordered, None)) == date(*last)
    assert rules.agreed_on(ordered, ordered + timedelta(days=1)) > rules.agreed_on(ordered, None)


def test_store_bededag_counted_until_2023():
    assert not rules.is_working_day(date(2023, 5, 5))
    assert rules.is_working_day(date(2024, 4, 26))


@given(DAYS)
def test_later_orders_never_have_to_be_withdrawn_from_earlier(day):
    assert rules.last_day(day) <= rules.last_day(day + timedelta(days=1))
    assert (rules.last_day(day) - day).days <= 14 + 6


@given(DAYS, st.integers(0, 40), st.booleans(), st.booleans())
def test_a_verdict_says_in_time_only_for_what_is(day, after, matched, withdrawn):
    last, sent = rules.last_day(day), day + timedelta(days=after)
    verdict = rules.verdict(matched, withdrawn, last, sent)
    assert (verdict == "in_time") == (matched and not withdrawn and sent <= last)
    assert (verdict == "unmatched") == (not matched)


@pytest.mark.parametrize(
    "typed", ["7KQ2M4XA", "7kq2m4xa", " 7KQ2-M4XA ", "Ordre 7KQ2M4XA", "ordrenummer: 7kq2 m4xa"]
)
def test_a_number_is_read_however_it_is_typed(typed):
    assert rules.read_number(typed) == "7KQ2M4XA"


@pytest.mark.parametrize("typed", ["NR7KQ2M4", "nr7k-q2m4", "nr. NR7KQ2M4", "Ordrenr. nr7kq2m4"])
def test_a_number_may_begin_as_a_word_does(typed):
    assert rules.read_number(typed) == "NR7KQ2M4"
