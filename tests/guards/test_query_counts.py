"""How often the commonest requests ask the database. A query more is a decision, not an accident.

The limits are what `make bench` measures the same requests against.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from bench.queries import counted
from shop.accounts import actions
from shop.booking import files, offer_actions
from shop.db import transaction
from shop.settings import ROOT
from shop.web import now
from tests.browser import Browser
from tests.conftest import AGREED, BUYER, FIRST_LESSON, SOUND, let_in


@pytest.fixture
def reader(browser, shop):
    """A browser that has bought and has opened the lesson once."""
    shop.buy(browser)
    browser.get(FIRST_LESSON)
    return browser


@pytest.mark.parametrize("path", ["/", "/kursus", "/handelsbetingelser"])
def test_a_public_page_seen_before_asks_nothing(app, browser, path):
    browser.get(path)
    with counted(app) as statements:
        assert browser.get(path).status == 200
    assert statements == []


def test_a_lesson_seen_before_takes_four_queries(app, reader):
    with counted(app) as statements:
        assert reader.get(FIRST_LESSON).status == 200
    assert 0 < len(statements) <= 4, statements


@pytest.fixture
def writer(app, reader):
    """A reader whose answers are kept."""
    let_in(app, reader, BUYER).get(FIRST_LESSON).submit("Gem mine svar her", agree="1")
    reader.get(FIRST_LESSON).submit("Gem", haab="Ro", smerte="7", aktivitet_et="Haven")
    return reader


def test_a_lesson_with_answers_takes_four_queries(app, writer):
    writer.get(FIRST_LESSON)
    with counted(app) as statements:
        assert "Haven" in writer.get(FIRST_LESSON).text
    assert 0 < len(statements) <= 4, statements


def test_autosave_takes_four_queries(app, writer):
    data = {"pen": "a", "csrf_token": writer.get(FIRST_LESSON).csrf()}
    address = FIRST_LESSON.replace("/kursus/", "/kursus/svar/")
    for words in (
        {"haab": "Ro", "base.haab": "1"},
        {"vane": "x"},
        {"haab": "Ro og", "base.haab": "1"},
    ):
        with counted(app) as statements:
            writer.post(address, {**data, **words}, Accept="application/json")
        assert writer.status == 200
        assert 0 < len(statements) <= 4, statements


def test_sound_takes_three_queries(app, reader):
    with counted(app) as statements:
        assert reader.get(SOUND, Range="bytes=0-262143").status == 206
    assert 0 < len(statements) <= 3, statements


def test_an_order_takes_six_queries(app, browser, shop):
    browser.get("/koeb")
    with counted(app) as statements:
        browser.submit("Køb med betalingspligt", email="ny@example.dk", name="Ny Køber", **AGREED)
    assert browser.status == 303
    assert 0 < len(statements) <= 6, statements


def test_storing_an_event_takes_four_queries(app, shop):
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "customer.created",
        "created": 1_790_000_000,
        "livemode": False,
        "data": {"object": {"id": "cus_1", "object": "customer"}},
    }
    with counted(app) as statements:
        assert shop.deliver(event) == 200
    assert 0 < len(statements) <= 4, statements


def test_hearing_of_a_payment_takes_twenty_queries(app, browser, shop):
    """From the event to the open course, with access, invoice and mail."""
    shop.buy(Browser(app), "en.anden@example.dk")  # the year's first invoice asks for more
    session = shop.order(browser)
    heard = len(shop.stripe.events())
    shop.stripe.pay(session, "card")
    [event] = [e for e in shop.stripe.events()[heard:] if e["type"].endswith("completed")]
    with counted(app) as statements:
        assert shop.deliver(event) == 200
    assert 0 < len(statements) <= 20, statements


def test_a_week_of_times_takes_three_queries(app, browser):
    with app.app_context(), transaction():
        offer_actions.import_offer(files.read(ROOT / "content" / "booking.toml"))
    week = (now() + timedelta(days=7)).date()
    with counted(app) as statements:
        browser.get(f"/book/indledende?uge={week}", HX_Request="true")
    assert browser.status == 200
    assert 0 < len(statements) <= 3, statements


ENQUIRY = {
    "name": "Kirsten Prøve",
    "email": "kirsten@example.dk",
    "message": "Jeg vil gerne høre mere om forløbet.",
    "consent": "y",
}


def write(browser) -> str:
    """Sends an enquiry and returns where it is in the back office."""
    browser.get("/kontakt").submit("Send beskeden", **ENQUIRY)
    assert browser.status == 303
    return f"/klinik/henvendelser/{browser.response.location.partition('nr=')[2]}"


@pytest.fixture
def clinician(app, browser):
    """A browser that is signed in to the back office."""
    email = "behandler@example.dk"
    with app.app_context(), transaction():
        actions.set_clinician(email, True, now())
    return let_in(app, browser, email)


def test_an_enquiry_takes_six_queries(app, browser):
    write(browser)
    browser.get("/kontakt")
    with counted(app) as statements:
        browser.submit("Send beskeden", **{**ENQUIRY, "name": "En anden"})
    assert browser.status == 303
    assert 0 < len(statements) <= 6, statements


@pytest.mark.parametrize("state", ["open", "all", "suspected"])
def test_the_list_of_enquiries_takes_five_queries(app, clinician, state):
    for _ in range(3):
        write(Browser(app))
    with counted(app) as statements:
        assert clinician.get(f"/klinik/henvendelser?state={state}").status == 200
    assert 0 < len(statements) <= 5, statements


def test_one_enquiry_takes_four_queries(app, clinician):
    path = write(Browser(app))
    with counted(app) as statements:
        assert clinician.get(path).status == 200
    assert 0 < len(statements) <= 4, statements
