"""One connection books and holds as much as a family does, not as much as a robot."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.booking import views
from shop.booking.models import Appointment
from shop.db import db
from tests.booking.conftest import MONDAY, NOW
from tests.browser import Browser

ELSEWHERE = "203.0.113.9"


@pytest.fixture(autouse=True)
def noon(opened, at):
    at(NOW)


def count(app, state: str) -> int:
    with app.app_context():
        found = sa.select(sa.func.count()).where(Appointment.state == state)
        return db.session.scalar(found) or 0


def times(browser: Browser) -> list[str]:
    browser.get(f"/book/opfoelgende?uge={MONDAY}")
    return [link for link in browser.links_to() if "?starts_at=" in link]


def book(app, time: str, number: int, address: str = "127.0.0.1") -> Browser:
    browser = Browser(app, address).get(time)
    return browser.submit("Book tiden", name="Kirsten Prøve", email=f"k{number}@example.dk")


def test_so_many_an_hour_are_booked_from_one_connection(app, monkeypatch):
    monkeypatch.setattr("shop.booking.views.BOOKED_PER_CLIENT", "3 per hour")
    free = times(Browser(app))
    for number in range(3):
        assert book(app, free[number], number).status == 303
    refused = book(app, free[3], 3)
    assert refused.status == 422
    assert "Tiden er ikke booket endnu" in refused.words()
    assert refused.fields()["name"].get("value") == "Kirsten Prøve"
    assert book(app, free[4], 4, ELSEWHERE).status == 303
    assert count(app, "confirmed") == 4


def test_no_robot_keeps_a_week_from_everybody(app, monkeypatch):
    """With a new cookie each time it would not be stopped by two holds for each visitor."""
    assert views.HOLDS_PER_CLIENT == "30 per 10 minutes"
    monkeypatch.setattr(views, "HOLDS_PER_CLIENT", "5 per 10 minutes")
    statuses = [
        Browser(app).get(time).submit("Hold tiden i ti minutter").status
        for time in times(Browser(app))[:6]
    ]
    assert statuses == [200] * 5 + [429]
    assert count(app, "held") == 5
