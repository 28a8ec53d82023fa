"""Signing in by the mailed code, and what strangers learn by asking."""

from __future__ import annotations

import re
from datetime import timedelta

import sqlalchemy as sa
import time_machine

from shop.accounts.models import SignIn
from shop.db import db
from shop.web import now
from tests.conftest import code_in, link_in
from tests.stored import everything


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def guess(browser, code: str) -> int:
    browser.get("/log-ind/kode").submit("Log ind med koden", code=code)
    return browser.status


def test_the_code_signs_in_the_browser_that_asked(kirsten, browser, ask):
    code = code_in(ask(browser, kirsten))
    browser.follow().submit("Log ind med koden", code=f" {code[:3]} {code[3:]} ")
    assert (browser.status, browser.response.location) == (303, "/min-side")
    assert browser.follow().status == 200


def test_the_code_is_no_use_in_another_browser(kirsten, browser, new_browser, ask):
    code = code_in(ask(browser, kirsten))
    other = new_browser()
    assert other.get("/log-ind/kode").status == 303, "it has asked for nothing"
    other.get("/log-ind").submit("Send mig et link", email="fremmed@example.dk")
    assert guess(other, code) == 422


def test_a_code_works_once_and_takes_the_link_with_it(kirsten, browser, new_browser, ask):
    mail = ask(browser, kirsten)
    assert guess(browser, code_in(mail)) == 303
    assert new_browser().get(link_in(mail)).status == 410


def test_four_wrong_codes_are_forgiven(kirsten, browser, ask):
    code = code_in(ask(browser, kirsten))
    assert [guess(browser, wrong(code)) for _ in range(4)] == [422] * 4
    assert "Koden passer ikke" in browser.words()
    assert guess(browser, code) == 303


def test_five_wrong_codes_kill_it(kirsten, browser, ask):
    code = code_in(ask(browser, kirsten))
    assert [guess(browser, wrong(code)) for _ in range(5)] == [422] * 5
    assert guess(browser, code) == 422
    assert browser.get("/min-side").status == 303


def test_a_code_lasts_twenty_minutes(kirsten, browser, ask):
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        code = code_in(ask(browser, kirsten))
        clock.move_to(start + timedelta(minutes=20))
        assert guess(browser, code) == 422
        clock.move_to(start + timedelta(minutes=19, seconds=59))
        assert guess(browser, code) == 303


def test_junk_is_no_code(kirsten, browser, ask):
    ask(browser, kirsten)
    for junk in ("", "12345", "1234567", "abcdef", "１２３４５６x"):
        assert guess(browser, junk) == 422
    assert browser.get("/min-side").status == 303


def test_an_unknown_address_gets_the_same_answers_and_no_mail(
    app, kirsten, browser, new_browser, send_mail
):
    stranger = new_browser()
    answers = []
    for each, email in ((browser, kirsten), (stranger, "ukendt.person@example.dk")):
        each.get("/log-ind").submit("Send mig et link", email=email)
        first = (each.status, each.response.location)
        each.follow()
        shown = re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "", each.text)
        guessed = guess(each, "000000")
        answers.append((first, each.status, shown, guessed, each.words()))
    assert answers[0] == answers[1]
    assert [mail["to"] for mail in send_mail()] == [[kirsten]]


def test_an_unknown_address_is_not_kept(app, kirsten, browser):
    browser.get("/log-ind").submit("Send mig et link", email="ukendt.person@example.dk")
    assert "ukendt" not in everything(app)
    with app.app_context():
        [sign_in] = db.session.scalars(sa.select(SignIn)).all()
        assert sign_in.person_id is None


def test_a_mistyped_address_is_said_kindly(browser, kirsten):
    browser.get("/log-ind").submit("Send mig et link", email="kirsten@")
    assert browser.status == 422
    assert "Mailadressen ser ikke rigtig ud" in browser.words()
    assert 'value="kirsten@"' in browser.text
