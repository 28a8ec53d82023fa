"""Never two on one time: whatever patients and the clinic do, a brute-force model agrees."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from shop.booking import actions, holding, models, rules, waiting
from shop.booking import opening_models as openings
from shop.booking.models import Appointment, SlotClaim
from shop.booking.rules import Changed, Patient, SlotTaken, TooLate, TooMany
from shop.db import Base, db, transaction
from shop.deadlock import settled
from tests.booking.conftest import MONDAY, NOW

SLUGS = ["indledende", "opfoelgende", "superviseret"]
HALF_HOURS = [
    datetime(2026, 11, 30, 8, tzinfo=NOW.tzinfo) + timedelta(minutes=30 * number)
    for number in range(14)
]
LENGTHS = {"indledende": (60, 0), "opfoelgende": (30, 0), "superviseret": (45, 15)}


class Diary(RuleBasedStateMachine):
    """The model: a list of what is taken, by whom and until when a hold lasts."""

    booked = Bundle("booked")

    def __init__(self) -> None:
        super().__init__()
        with transaction():
            for table in ("mail", "slot_claim", "waiting_list", "appointment"):
                db.session.execute(sa.delete(Base.metadata.tables[table]))
        self.now = NOW
        self.taken: dict[int, tuple[datetime, datetime, datetime | None, str]] = {}
        self.number = 0

    def _span(self, slug: str, starts_at: datetime) -> tuple[datetime, datetime]:
        return starts_at, starts_at + timedelta(minutes=sum(LENGTHS[slug]))

    def _is_free(self, slug: str, starts_at: datetime, holder: str = "", but: int = 0) -> bool:
        """Inside the hours, and nothing that lives overlaps it; one's own hold does not count."""
        length = timedelta(minutes=LENGTHS[slug][0])
        opens = [(8, 0, 11, 0), (11, 30, 15, 0)]  # UTC in November
        day = datetime(2026, 11, 30, tzinfo=NOW.tzinfo)
        inside = False
        for hour, minute, until, past in opens:
            first = day + timedelta(hours=hour, minutes=minute)
            if first <= starts_at and starts_at + length <= day + timedelta(
                hours=until, minutes=past
            ):
                inside = (starts_at - first) % timedelta(minutes=30) == timedelta(0)
        start, end = self._span(slug, starts_at)
        return inside and not any(
            start < other_end and end > other_start
            for number, (other_start, other_end, until, whose) in self.taken.items()
            if number != but and (until is None or (until > self.now and whose != holder))
        )

    def _forget_over(self, start: datetime, end: datetime, holder: str) -> None:
        for number, (other, until, hold, whose) in list(self.taken.items()):
            over = other < end and until > start
            if over and hold is not None and (hold <= self.now or whose == holder):
                del self.taken[number]

    @rule(
        target=booked,
        slug=st.sampled_from(SLUGS),
        starts_at=st.sampled_from(HALF_HOURS),
        who=st.sampled_from("abc"),
    )
    def book(self, slug, starts_at, who):
        offered, holder = openings.offered(slug), f"visitor-{who}"
        self.number += 1
        patient = Patient(f"{who} Prøve", f"{self.number}@example.dk")
        may = self._is_free(slug, starts_at, holder)
        try:
            made = settled(
                lambda: actions.book(
                    offered, starts_at, patient, str(self.number), self.now, holder
                )
            )
        except SlotTaken:
            assert not may
            return None
        assert may
        span = self._span(slug, starts_at)
        self._forget_over(*span, holder)
        self.taken[made.id] = (*span, None, "")
        return made.id

    @rule(
        slug=st.sampled_from(SLUGS),
        starts_at=st.sampled_from(HALF_HOURS),
        who=st.sampled_from("abc"),
    )
    def hold(self, slug, starts_at, who):
        offered, holder = openings.offered(slug), f"visitor-{who}"
        same = models.hold(offered.service.id, starts_at, holder, self.now)
        may = same is not None or self._is_free(slug, starts_at, holder)
        mine = models.holds(holder, self.now)
        try:
            made = settled(lambda: holding.hold(offered, starts_at, holder, self.now))
        except SlotTaken:
            assert not may
            return
        assert may
        span = self._span(slug, starts_at)
        if same is None:
            for oldest in mine[:-1]:
                self.taken.pop(oldest.id, None)
            self._forget_over(*span, holder)
        self.taken[made.id] = (
            *span,
            db.session.get_one(Appointment, made.id).hold_expires_at,
            holder,
        )
        assert len(models.holds(holder, self.now)) <= rules.HOLDS_AT_MOST

    @rule(
        number=booked,
        starts_at=st.sampled_from(HALF_HOURS),
        by=st.sampled_from(["patient", "clinic"]),
    )
    def move(self, number, starts_at, by):
        if number not in self.taken:
            return
        found = db.session.get_one(Appointment, number, populate_existing=True)
        offered = openings.offered_by_id(found.service_id)
        may = self._is_free(offered.service.slug, starts_at, but=number)
        try:
            settled(lambda: actions.reschedule(found, starts_at, found.version, by, self.now))
        except SlotTaken:
            assert not may
            return
        except TooLate:
            assert by == "patient"
            return
        assert may
        self._forget_over(*self._span(offered.service.slug, starts_at), "nobody")
        self.taken[number] = (*self._span(offered.service.slug, starts_at), None, "")

    @rule(number=booked)
    def cancel(self, number):
        if number not in self.taken:
            return
        found = db.session.get_one(Appointment, number, populate_existing=True)
        settled(lambda: actions.cancel(found, found.version, "clinic", self.now))
        del self.taken[number]

    @rule(starts_at=st.sampled_from(HALF_HOURS), slug=st.sampled_from(SLUGS))
    def book_for_a_caller_outside_the_hours(self, starts_at, slug):
        offered = openings.offered(slug)
        whom = next(iter(offered.practitioners))
        at = starts_at + timedelta(minutes=5)
        start, end = self._span(slug, at)
        may = not any(
            start < other_end and end > other_start
            for other_start, other_end, until, _ in self.taken.values()
            if until is None or until > self.now
        )
        patient = Patient("Ringer", "")
        try:
            made = settled(
                lambda: actions.book_for_caller(offered, whom, at, patient, self.now, anywhen=True)
            )
        except SlotTaken:
            assert not may
            return
        assert may
        self._forget_over(start, end, "nobody")
        self.taken[made.id] = (start, end, None, "")

    @rule(minutes=st.sampled_from([1, 5, 11]))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule()
    def worker_sweeps(self):
        settled(lambda: waiting.sweep(self.now))
        self.taken = {
            number: entry
            for number, entry in self.taken.items()
            if entry[2] is None or entry[2] > self.now
        }

    @invariant()
    def no_two_overlap_and_claims_are_what_is_taken(self):
        db.session.rollback()
        live = db.session.execute(
            sa.select(Appointment.id, Appointment.starts_at, Appointment.blocked_until)
            .where(Appointment.state.in_(rules.TAKEN))
            .order_by(Appointment.starts_at)
        ).all()
        assert {row.id for row in live} == set(self.taken)
        for (_, _, end), (_, start, _) in pairwise(live):
            assert end <= start
        claims = db.session.execute(sa.select(SlotClaim.cell, SlotClaim.appointment_id)).all()
        assert set(claims) == {
            (cell, row.id) for row in live for cell in rules.cells(row.starts_at, row.blocked_until)
        }


@pytest.mark.parametrize(
    ("stories", "length"),
    [
        pytest.param(4, 16, id="short"),
        pytest.param(60, 60, id="long", marks=pytest.mark.endurance),
    ],
)
def test_no_story_ends_with_two_on_one_time(clinic, stories, length):
    run_state_machine_as_test(
        Diary,
        settings=settings(
            max_examples=stories,
            stateful_step_count=length,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_stale_move_is_refused(clinic):
    times = [opening.starts_at for opening in clinic.free(day=MONDAY)]
    made = clinic.book(times[0])
    version = made.version
    settled(lambda: actions.reschedule(clinic.again(made), times[3], version, "clinic", NOW))
    with pytest.raises(Changed):
        settled(lambda: actions.reschedule(clinic.again(made), times[5], version, "clinic", NOW))
    assert clinic.again(made).starts_at == times[3]


def test_a_failed_move_leaves_everything_as_it_was(clinic):
    times = [opening.starts_at for opening in clinic.free(day=MONDAY)]
    mine, other = clinic.book(times[0]), clinic.book(times[5], "anden")
    before = clinic.claims()
    with pytest.raises(SlotTaken):
        settled(
            lambda: actions.reschedule(
                clinic.again(mine), other.starts_at, mine.version, "clinic", NOW
            )
        )
    assert clinic.claims() == before
    assert clinic.again(mine).starts_at == times[0]


def test_one_address_books_ten_times_ahead_and_no_more(clinic):
    times = [opening.starts_at for opening in clinic.free("opfoelgende", MONDAY, days=1)]
    for number in range(rules.COMING_AT_MOST):
        clinic.book(times[number], slug="opfoelgende")
    with pytest.raises(TooMany):
        clinic.book(times[-1], slug="opfoelgende")
