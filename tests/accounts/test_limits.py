"""Nobody may flood a mailbox or try codes all day."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from shop.web import now
from tests.browser import Browser


def ask(browser: Browser, *emails: str) -> list[int]:
    """Asks for links from one open page; returns the HTTP statuses."""
    token = browser.get("/log-ind").page.find(".//*[@name='csrf_token']").get("value")
    return [
        browser.post("/log-ind", data={"csrf_token": token, "email": email}).status
        for email in emails
    ]


def test_an_address_gets_five_mails_in_a_quarter_of_an_hour(app, kirsten, send_mail):
    with time_machine.travel(now(), tick=False) as clock:
        for number in range(5):
            assert ask(Browser(app, f"10.0.0.{number}"), kirsten) == [303]
            assert len(send_mail()) == number + 1
        assert ask(Browser(app, "10.0.0.5"), kirsten) == [429]
        assert ask(Browser(app, "10.0.0.9"), kirsten.upper()) == [429], "in any case"
        assert len(send_mail()) == 5
        assert ask(Browser(app, "10.0.0.9"), "anden@example.dk") == [303]
        clock.shift(timedelta(minutes=15, seconds=1))
        assert ask(Browser(app, "10.0.0.1"), kirsten) == [303]


def test_a_client_asks_for_at_most_thirty_addresses_an_hour(app, browser):
    asking = ask(browser, *(f"nr{n}@example.dk" for n in range(31)))
    assert asking == [303] * 30 + [429]
    assert ask(Browser(app, "10.0.0.2"), "nr99@example.dk") == [303]


def test_the_limit_is_told_in_danish(app, kirsten, browser):
    ask(browser, *[kirsten] * 6)
    assert browser.status == 429
    assert "Vent et øjeblik" in browser.words()
    assert browser.get("/log-ind").status == 200, "looking is free"


def test_codes_are_not_tried_all_day(kirsten, browser):
    """A new code each time does not help: the browser's own guesses are counted."""
    ask(browser, kirsten)
    statuses = []
    browser.get("/log-ind/kode")
    for _ in range(21):
        browser.submit("Log ind med koden", code="000000")
        statuses.append(browser.status)
    assert statuses == [422] * 20 + [429]
