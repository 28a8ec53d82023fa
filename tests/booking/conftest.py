"""A small clinic with one practitioner and three services, and days to book in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from shop.booking import actions, hours, models
from shop.booking import opening_models as openings
from shop.booking.models import Appointment
from shop.booking.opening_models import Offered, Opening
from shop.booking.rules import Patient
from shop.db import db
from shop.deadlock import settled
from tests.booking.opening import open_clinic

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)  # a Wednesday
MONDAY = date(2026, 11, 30)


@dataclass
class Clinic:
    """The clinic without its web pages: what is free, and who comes."""

    app: Flask

    def offered(self, slug: str = "indledende") -> Offered:
        return openings.offered(slug)

    def free(self, slug: str = "indledende", day: date = MONDAY, days: int = 0) -> list[Opening]:
        return openings.free(self.offered(slug), day, day + timedelta(days=days), NOW)

    def first(self, slug: str = "indledende", day: date = MONDAY) -> datetime:
        return self.free(slug, day)[0].starts_at

    def book(
        self, starts_at: datetime, who: str = "kirsten", slug: str = "indledende", now=NOW, **more
    ) -> Appointment:
        patient = Patient(f"{who.title()} Prøve", f"{who}@example.dk", **more)
        key = f"{who}:{slug}:{starts_at.timestamp()}"
        return settled(lambda: actions.book(self.offered(slug), starts_at, patient, key, now))

    def again(self, appointment: Appointment) -> Appointment:
        """The appointment as it is in the database now."""
        db.session.expire_all()
        return db.session.get_one(Appointment, appointment.id)

    def claims(self) -> list[tuple[int, int, int]]:
        """practitioner, five minutes, appointment: everything that is taken."""
        table = models.SlotClaim.__table__
        return [tuple(row) for row in db.session.execute(sa.select(table).order_by(table.c.cell))]


@pytest.fixture
def opened(app: Flask) -> Flask:
    """The app with the clinic's own example of services and hours."""
    with app.app_context():
        open_clinic()
    return app


@pytest.fixture
def clinic(opened: Flask):
    with opened.app_context():
        yield Clinic(opened)
        db.session.rollback()


@pytest.fixture
def at(time_machine) -> Callable[[datetime], None]:
    """Sets the clock; it goes on from there."""
    return lambda moment: time_machine.move_to(moment)


@pytest.fixture
def practitioner(clinic: Clinic) -> hours.Practitioner:
    return db.session.scalars(sa.select(hours.Practitioner)).one()
