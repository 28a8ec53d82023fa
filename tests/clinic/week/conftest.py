"""A clinician's browser in the middle of a known week, with the clinic's own services and hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from shop.booking import actions, calendar_actions, week_models
from shop.booking import opening_models as openings
from shop.booking.hours import Practitioner
from shop.booking.models import Appointment
from shop.booking.rules import Patient
from shop.db import db, transaction
from shop.web import now
from tests.booking.opening import open_clinic
from tests.browser import Browser
from tests.clinic.conftest import Clinic

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)  # a Wednesday
MONDAY = date(2026, 11, 30)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@dataclass
class Agenda:
    """The clinic's week from the clinician's side."""

    clinic: Clinic
    practitioner: int

    @property
    def browser(self) -> Browser:
        return self.clinic.browser

    def week(self, day: date = MONDAY) -> Browser:
        return self.browser.get(f"/klinik/aftaler?uge={day}")

    def at(self, hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
        """A moment on a day in Denmark's winter."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return midnight + timedelta(hours=hour - 1, minutes=minute)

    def book(
        self, starts_at: datetime, who: str = "kirsten", slug: str = "indledende", **more: Any
    ):
        """A patient books on the site; returns the appointment's id."""
        patient = Patient(f"{who.title()} Prøve", f"{who}@example.dk", **more)
        with self.clinic.app.app_context(), transaction():
            offered = openings.offered(slug)
            return actions.book(offered, starts_at, patient, f"{who} {starts_at}", now()).id

    def busy(self, *times: tuple[datetime, datetime], name: str = "Privat") -> int:
        """A calendar elsewhere with these times in it; returns its id."""
        with self.clinic.app.app_context(), transaction():
            address = f"https://kalender.example/{name}"
            calendar = calendar_actions.add_calendar(self.practitioner, name, address)
            calendar_actions.keep_busy(calendar, times, None, now())
            return calendar

    def row(self, appointment_id: int) -> Appointment:
        with self.clinic.app.app_context():
            return db.session.get_one(Appointment, appointment_id)

    def rows(self) -> list[Appointment]:
        with self.clinic.app.app_context():
            return list(db.session.scalars(sa.select(Appointment).order_by(Appointment.id)))

    def free(self, day: date = MONDAY, slug: str = "indledende") -> list[str]:
        """The times that a patient is offered on a day, in Denmark."""
        with self.clinic.app.app_context():
            found = openings.free(openings.offered(slug), day, day, now())
            return [f"{o.starts_at + timedelta(hours=1):%H.%M}" for o in found]

    def hours(self, day: date = MONDAY) -> Any:
        with self.clinic.app.app_context():
            practitioner = db.session.get_one(Practitioner, self.practitioner)
            return week_models.hours_of(practitioner, day, day)


@pytest.fixture
def agenda(app, clinic) -> Agenda:
    with app.app_context():
        open_clinic()
        practitioner = week_models.practitioners()[0].id
    return Agenda(clinic, practitioner)
