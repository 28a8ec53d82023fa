"""The clinician's feed: times and nothing about anybody, for whoever knows the address."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine

from shop.booking import calendar_actions as actions
from shop.booking.hours import Place, Practitioner, Service
from shop.booking.models import Appointment
from shop.db import db, transaction
from shop.web import now
from tests.booking import rfc5545


@pytest.fixture
def clock():
    with time_machine.travel(now().replace(minute=0, second=0, microsecond=0), tick=False) as clock:
        yield clock


@pytest.fixture
def clinic(app, clock) -> SimpleNamespace:
    """Somebody who receives patients, where, for what, and who follows them."""
    with app.app_context(), transaction():
        rows = [
            Practitioner(slug="rasmus", name="Rasmus", email="rh@example.dk"),
            Practitioner(slug="anden", name="En anden", email="anden@example.dk"),
            Place(slug="haderslev", name="Klinikken", address="Nørregade 1"),
            Service(slug="foerste", name="Indledende", minutes=60, horizon_days=60),
        ]
        db.session.add_all(rows)
        db.session.flush()
        ids = [row.id for row in rows]
        token = actions.make_feed(ids[0], now())
    return SimpleNamespace(token=token, me=ids[0], other=ids[1], place=ids[2], service=ids[3])


def appoint(app, clinic, hours: int, state: str = "confirmed", whom: str = "me") -> None:
    """An appointment so many hours from now; an ended one holds no time."""
    starts_at = now() + timedelta(hours=hours)
    with app.app_context(), transaction():
        number = f"{hours} {state} {whom}"
        values = {
            "uid": f"{number.replace(' ', '-')}@127.0.0.1",
            "practitioner_id": getattr(clinic, whom),
            "service_id": clinic.service,
            "place_id": clinic.place,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=1),
            "blocked_until": starts_at + timedelta(hours=1),
            "state": state,
            "token_hash": number,
            "token": number,
            "name": "Kirsten Prøve",
            "email": "kirsten@example.dk",
            "phone": "+4520123456",
            "note": "Ondt i lænden",
            "created_at": now(),
            "changed_at": now(),
            "told_at": now(),
            "purge_at": now(),
        }
        known = Appointment.__table__.columns
        db.session.add(Appointment(**{k: v for k, v in values.items() if k in known}))


def starts(browser, token: str) -> list[str]:
    assert browser.get(f"/kalender/{token}.ics").status == 200
    told = rfc5545.read(browser.response.data)
    return [event.one("DTSTART").value for event in told.inner]


def written(hours: int) -> str:
    return f"{now() + timedelta(hours=hours):%Y%m%dT%H%M%SZ}"


def test_it_shows_the_times_that_somebody_has(app, browser, clinic):
    for hours, state in ((24, "confirmed"), (-24, "completed"), (-48, "no_show")):
        appoint(app, clinic, hours, state)
    for hours, state in ((30, "held"), (32, "cancelled"), (34, "expired")):
        appoint(app, clinic, hours, state)
    appoint(app, clinic, -24 * 40, "completed")
    appoint(app, clinic, 26, "confirmed", "other")
    assert starts(browser, clinic.token) == [written(-48), written(-24), written(24)]


def test_it_tells_nothing_about_anybody(app, browser, clinic):
    appoint(app, clinic, 24)
    browser.get(f"/kalender/{clinic.token}.ics")
    assert browser.response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    for word in ("Kirsten", "kirsten", "lænden", "20123456", "Indledende"):
        assert word not in browser.text
    assert "SUMMARY:Konsultation" in browser.text
    assert "private" in browser.response.headers["Cache-Control"]
    assert browser.response.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in browser.response.headers


def test_what_has_not_changed_is_not_sent_again(app, browser, clinic, clock):
    appoint(app, clinic, 24)
    tag = browser.get(f"/kalender/{clinic.token}.ics").response.headers["ETag"]
    clock.shift(timedelta(minutes=30))
    assert browser.get(f"/kalender/{clinic.token}.ics", If_None_Match=tag).status == 304
    appoint(app, clinic, 26)
    assert browser.get(f"/kalender/{clinic.token}.ics", If_None_Match=tag).status == 200


def test_a_new_address_ends_the_old_one_and_none_ends_both(app, browser, clinic):
    with app.app_context(), transaction():
        new = actions.make_feed(clinic.me, now())
        elsewhere = actions.make_feed(clinic.other, now())
    assert browser.get(f"/kalender/{clinic.token}.ics").status == 404
    assert starts(browser, new) == []
    with app.app_context(), transaction():
        actions.revoke_feed(clinic.me, now())
    assert browser.get(f"/kalender/{new}.ics").status == 404
    assert starts(browser, elsewhere) == [], "a colleague's address is a colleague's"


@pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "a%20b", "x" * 4000])
def test_other_addresses_lead_nowhere(browser, clinic, token):
    assert browser.get(f"/kalender/{token}.ics").status in {400, 404}


def test_nobody_asks_for_ever(browser, clinic):
    answers = {browser.get(f"/kalender/{number}.ics").status for number in range(41)}
    assert answers == {404, 429}
