"""How often the commonest requests ask the database. A query more is a decision, not an accident.

The limits are what `make bench` measures the same requests against.
"""

from __future__ import annotations

import pytest

from bench.queries import counted
from tests.conftest import FIRST_LESSON, SOUND


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


def test_sound_takes_three_queries(app, reader):
    with counted(app) as statements:
        assert reader.get(SOUND, Range="bytes=0-262143").status == 206
    assert 0 < len(statements) <= 3, statements


def test_an_order_takes_six_queries(app, browser, shop):
    browser.get("/koeb")
    with counted(app) as statements:
        browser.submit("Køb med betalingspligt", email="ny@example.dk", name="Ny Køber", terms="y")
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
