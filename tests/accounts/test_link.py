"""Signing in by the mailed link."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from shop.accounts.models import Browser as SignedIn
from shop.accounts.models import Person
from shop.db import db
from shop.web import now
from tests.conftest import BUYER, code_in, link_in
from tests.stored import everything


def is_in(browser) -> bool:
    return browser.get("/min-side").status == 200


def test_the_link_signs_in_where_it_is_opened(kirsten, browser, new_browser, ask):
    mail = ask(browser, kirsten)
    phone = new_browser()
    phone.get(link_in(mail)).submit("Log ind")
    assert (phone.status, phone.response.location) == (303, "/min-side")
    assert is_in(phone)
    assert kirsten in phone.words()
    assert not is_in(browser), "only the browser that used the link is signed in"


def test_opening_the_link_signs_nobody_in_and_does_not_use_it_up(kirsten, browser, ask):
    link = link_in(ask(browser, kirsten))
    for method in ("GET", "HEAD", "GET"):
        browser._open(method, link)
        assert browser.status == 200
        assert browser.get("/min-side").status == 303
    browser.get(link).submit("Log ind")
    assert is_in(browser)


def test_a_link_without_its_form_signs_nobody_in(kirsten, browser, ask):
    link = link_in(ask(browser, kirsten))
    assert browser.post(link).status == 400, "no CSRF token"
    assert not is_in(browser)


def test_a_link_works_once(kirsten, browser, new_browser, ask):
    link = link_in(ask(browser, kirsten))
    second = new_browser().get(link)
    browser.get(link).submit("Log ind")
    second.submit("Log ind")
    assert second.status == 410
    assert not is_in(second)
    assert second.get(link).status == 410
    assert is_in(browser)


def test_a_link_lasts_twenty_minutes(kirsten, browser, new_browser, ask):
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        link = link_in(ask(browser, kirsten))
        early, late = new_browser().get(link), new_browser().get(link)
        clock.move_to(start + timedelta(minutes=20))
        late.submit("Log ind")
        assert late.status == 410
        assert late.get(link).status == 410
        assert not is_in(late)
        clock.move_to(start + timedelta(minutes=19, seconds=59))
        early.submit("Log ind")
        assert is_in(early)


def test_an_expired_link_offers_a_new_one_to_the_same_address_only(
    kirsten, browser, ask, send_mail, mailbox
):
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        link = link_in(ask(browser, kirsten, "/log-ind?next=/kursus"))
        clock.move_to(start + timedelta(hours=3))
        page = browser.get(link)
        assert page.status == 410
        assert "Linket virker ikke længere" in page.words()
        page.submit("Send mig et nyt link", email="fremmed@example.dk")
        assert page.status == 303
        mails = send_mail()
        assert [mail["to"] for mail in mails] == [[kirsten], [kirsten]]
        browser.get(link_in(mails[-1])).submit("Log ind")
        assert browser.response.location == "/kursus"
        assert is_in(browser)


def test_the_code_of_a_renewed_link_works_in_the_browser_that_asked(
    kirsten, browser, ask, send_mail
):
    link = link_in(ask(browser, kirsten))
    browser.get(link).submit("Log ind")
    browser.post("/log-ud")
    browser.get(link).submit("Send mig et nyt link")
    browser.follow().submit("Log ind med koden", code=code_in(send_mail()[-1]))
    assert is_in(browser)


def test_an_invented_link_is_met_kindly_and_mails_nobody(app, browser, mailbox, send_mail):
    browser.get("/log-ind/" + "x" * 43)
    assert browser.status == 410
    assert "Få et nyt link" in browser.links()
    token = browser.get("/log-ind").page.find(".//*[@name='csrf_token']").get("value")
    browser.post("/log-ind/" + "x" * 43 + "/nyt-link", data={"csrf_token": token})
    assert (browser.status, browser.response.location) == (303, "/log-ind")
    assert send_mail() == []


def test_of_ten_at_once_one_gets_in(app, kirsten, browser, new_browser, ask):
    link = link_in(ask(browser, kirsten))
    browsers = [new_browser().get(link) for _ in range(10)]
    together = threading.Barrier(len(browsers))

    def press(each) -> None:
        together.wait()
        each.submit("Log ind")

    threads = [threading.Thread(target=press, args=[each]) for each in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.status for each in browsers) == [303] + [410] * 9
    assert [is_in(each) for each in browsers].count(True) == 1
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SignedIn)) == 1


def test_the_database_gives_away_neither_link_nor_code_nor_session(app, kirsten, browser, ask):
    mail = ask(browser, kirsten)
    token, code = link_in(mail).rsplit("/", 1)[1], code_in(mail)
    stored = everything(app)
    assert kirsten in stored, "the dump shows what is there"
    assert token not in stored
    assert f"'{code}'" not in stored
    browser.get(link_in(mail)).submit("Log ind")
    with browser.client.session_transaction() as session:
        assert session["_user_id"] not in everything(app)


@pytest.mark.parametrize("written", ["KIRSTEN@Example.DK", "  kirsten@example.dk "])
def test_an_address_is_one_person_however_it_is_written(app, kirsten, browser, ask, written):
    mail = ask(browser, written)
    assert mail["to"] == [BUYER]
    browser.get(link_in(mail)).submit("Log ind")
    assert is_in(browser)
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 1


def test_signing_in_proves_the_address(app, kirsten, browser, ask):
    with app.app_context():
        assert db.session.scalar(sa.select(Person.verified_at)) is None
    browser.get(link_in(ask(browser, kirsten))).submit("Log ind")
    with app.app_context():
        assert db.session.scalar(sa.select(Person.verified_at)) is not None
