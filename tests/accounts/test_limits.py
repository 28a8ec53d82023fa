"""Nobody may flood a mailbox or try codes all day."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from shop.web import now
from tests.browser import Browser
from tests.conftest import code_in, link_in


def ask(browser: Browser, *emails: str) -> list[int]:
    """Asks for links from one open page; returns the HTTP statuses."""
    token = browser.get("/log-ind").page.find(".//*[@name='csrf_token']").get("value")
    return [
        browser.post("/log-ind", data={"csrf_token": token, "email": email}).status
        for email in emails
    ]


def test_a_client_gets_an_address_five_mails_in_a_quarter_of_an_hour(app, kirsten, send_mail):
    with time_machine.travel(now(), tick=False) as clock:
        for number in range(5):
            assert ask(Browser(app, "10.0.0.1"), kirsten) == [303]
            assert len(send_mail()) == number + 1
        assert ask(Browser(app, "10.0.0.1"), kirsten.upper()) == [429], "in any case"
        assert len(send_mail()) == 5
        assert ask(Browser(app, "10.0.0.1"), "anden@example.dk") == [303]
        clock.shift(timedelta(minutes=15, seconds=1))
        assert ask(Browser(app, "10.0.0.1"), kirsten) == [303]


def test_a_stranger_keeps_nobody_out(app, kirsten, browser, send_mail):
    ask(Browser(app, "10.0.0.1"), *[kirsten] * 30)
    assert ask(browser, kirsten) == [303]
    browser.get("/log-ind/kode").submit("Log ind med koden", code=code_in(send_mail()[-1]))
    assert browser.status == 303


def test_who_must_wait_for_a_mail_still_has_a_link_and_a_code(app, kirsten, browser, send_mail):
    """Many strangers together use up what one address is sent; each mail holds a way in."""
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        ask(browser, kirsten)
        code = code_in(send_mail()[-1])
        for number in range(9):
            assert ask(Browser(app, f"10.0.1.{number}"), kirsten) == [303]
            send_mail()
        link = link_in(send_mail()[-1])
        clock.move_to(start + timedelta(minutes=14))
        assert ask(browser, kirsten) == [429]
        assert "ligger der et link i den nyeste mail" in browser.words()
        assert browser.fields()["email"].get("value") == kirsten
        assert ask(Browser(app, "10.0.1.9"), *["ukendt@example.dk"] * 6)[-1] == 429
        assert len(send_mail()) == 10
        phone = Browser(app, "10.0.2.1").get(link).submit("Log ind")
        assert phone.status == 303
        browser.get("/log-ind/kode").submit("Log ind med koden", code=code)
        assert browser.status == 303
        clock.move_to(start + timedelta(minutes=15, seconds=1))
        assert ask(Browser(app, "10.0.1.1"), kirsten) == [303]


def test_after_twenty_codes_a_day_they_are_too_long_to_guess(app, kirsten, send_mail):
    with time_machine.travel(now(), tick=False) as clock:
        for number in range(21):
            ask(Browser(app, f"10.0.1.{number}"), kirsten)
            clock.shift(timedelta(minutes=2))
            send_mail()
    assert [len(code_in(mail)) for mail in send_mail()] == [6] * 20 + [11]


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
