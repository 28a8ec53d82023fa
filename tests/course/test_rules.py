"""Where a reader goes on, and until when: for any course and any way through it."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.course import rules
from shop.course.rules import Step

START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 10**6).map(lambda minutes: START + timedelta(minutes=minutes))

HOURS = st.integers(0, 70 * 365 * 24).map(lambda hours: START + timedelta(hours=hours))


@st.composite
def outlines(draw, smallest: int = 0) -> list[Step]:
    """A course of up to eight lessons; each one unseen, seen or done, at different moments."""
    count = draw(st.integers(smallest, 8))
    moments = draw(st.lists(MOMENTS, min_size=count, max_size=count, unique=True))
    states = draw(
        st.lists(st.sampled_from(["new", "seen", "done"]), min_size=count, max_size=count)
    )
    return [
        Step(
            slug=f"lektion-{n}",
            title=f"Lektion {n}",
            module=1,
            position=n,
            minutes=5,
            preview=False,
            seen_at=None if state == "new" else moment,
            completed_at=moment if state == "done" else None,
        )
        for n, (moment, state) in enumerate(zip(moments, states, strict=True), 1)
    ]


@given(outlines(smallest=1))
def test_a_reader_resumes_in_a_lesson_of_the_course(outline):
    assert rules.resume(outline) in outline


def test_an_empty_course_has_nowhere_to_resume():
    assert rules.resume([]) is None
    assert rules.last_seen([]) is None


@given(outlines(smallest=1))
def test_who_has_read_nothing_begins_at_the_beginning(outline):
    if not any(step.seen_at for step in outline):
        assert rules.resume(outline) == outline[0]


@given(outlines())
def test_a_lesson_begun_last_and_not_done_is_where_one_resumes(outline):
    last = rules.last_seen(outline)
    seen = [step.seen_at for step in outline if step.seen_at]
    assert (last.seen_at if last else None) == max(seen, default=None)
    if last and not last.done:
        assert rules.resume(outline) == last


@given(outlines())
def test_after_a_lesson_that_is_done_comes_the_next_that_is_not(outline):
    last = rules.last_seen(outline)
    if last and last.done:
        found = rules.resume(outline)
        ahead = [step for step in outline if step.position > last.position]
        if all(step.done for step in ahead):
            assert found == last
        else:
            assert not found.done
            between = [step for step in ahead if step.position < found.position]
            assert all(step.done for step in between)


@given(outlines(smallest=1), st.data())
def test_next_and_previous_are_each_others_reverse(outline, data):
    here = data.draw(st.sampled_from(outline))
    previous, following = rules.neighbours(outline, here.slug)
    assert (previous is None) == (here is outline[0])
    assert (following is None) == (here is outline[-1])
    if following:
        assert rules.neighbours(outline, following.slug)[0] == here
    if previous:
        assert rules.neighbours(outline, previous.slug)[1] == here


@given(
    st.integers(0, 70 * 365 * 24).map(lambda hours: START + timedelta(hours=hours)),
    st.integers(0, 120),
)
def test_access_lasts_whole_calendar_months(start, months):
    until = rules.access_until(start, months)
    passed = (until.year - start.year) * 12 + until.month - start.month
    assert passed == months
    assert until.timetz() == start.timetz()
    assert until.day == min(start.day, monthrange(until.year, until.month)[1])


@pytest.mark.parametrize(
    ("start", "months", "until"),
    [
        ("2026-01-31T10:00+00:00", 1, "2026-02-28T10:00+00:00"),
        ("2027-08-31T10:00+00:00", 6, "2028-02-29T10:00+00:00"),
        ("2026-12-15T23:59+00:00", 24, "2028-12-15T23:59+00:00"),
    ],
)
def test_a_month_that_is_too_short_ends_on_its_last_day(start, months, until):
    found = rules.access_until(datetime.fromisoformat(start), months)
    assert found == datetime.fromisoformat(until)
