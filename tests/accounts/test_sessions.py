"""What being signed in is: a cookie that can be revoked, and where it leads."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from shop.accounts import actions
from shop.accounts.models import Person
from shop.db import db, transaction
from shop.web import now, own_path
from tests.conftest import BUYER, link_in, sign_in


@pytest.fixture
def signed_in(kirsten, browser, send_mail):
    sign_in(browser, send_mail, kirsten)
    return browser


def is_in(browser) -> bool:
    return browser.get("/min-side").status == 200


def cookie(browser) -> str:
    return browser.client.get_cookie("session").value


def with_cookie(browser, value: str):
    browser.client.set_cookie("session", value)
    return browser


def test_the_cookie_is_for_us_alone(kirsten, browser, ask):
    browser.get(link_in(ask(browser, kirsten))).submit("Log ind")
    flags = browser.response.headers["Set-Cookie"]
    assert "HttpOnly" in flags
    assert "SameSite=Lax" in flags
    assert "Path=/" in flags
    assert "Domain" not in flags


def test_signing_out_ends_the_session_and_not_just_the_cookie(signed_in, new_browser):
    old = cookie(signed_in)
    signed_in.get("/min-side").submit("Log ud")
    assert not is_in(signed_in)
    assert not is_in(with_cookie(new_browser(), old)), "a copy of the cookie is no use either"


def test_signing_out_everywhere_ends_all(kirsten, signed_in, new_browser, send_mail):
    phone = new_browser()
    sign_in(phone, send_mail, kirsten)
    assert "Du er logget ind 2 steder" in phone.get("/min-side").words()
    phone.submit("Log ud alle steder")
    assert not is_in(phone)
    assert not is_in(signed_in)


def test_signing_out_here_leaves_the_others(kirsten, signed_in, new_browser, send_mail):
    phone = new_browser()
    sign_in(phone, send_mail, kirsten)
    phone.get("/min-side").submit("Log ud")
    assert not is_in(phone)
    assert is_in(signed_in)


def test_signing_out_needs_the_form(signed_in):
    assert signed_in.post("/log-ud").status == 400
    assert is_in(signed_in)
    assert signed_in.get("/log-ud").status == 405


def test_a_cookie_planted_beforehand_gains_nothing(kirsten, browser, new_browser, ask):
    """Session fixation (CWE-384): who knows the cookie from before does not know the session."""
    mail = ask(browser, kirsten)
    planted = cookie(browser)
    browser.get(link_in(mail)).submit("Log ind")
    assert cookie(browser) != planted
    assert not is_in(with_cookie(new_browser(), planted))


def test_signing_in_again_replaces_the_session(kirsten, signed_in, new_browser, ask):
    old = cookie(signed_in)
    link = link_in(ask(new_browser(), kirsten))
    signed_in.get(link).submit("Log ind")
    assert is_in(signed_in)
    assert not is_in(with_cookie(new_browser(), old))


def test_a_forged_cookie_is_nobodys(signed_in, new_browser):
    value = cookie(signed_in)
    forged = value[:-2] + ("AA" if value[-2:] != "AA" else "BB")
    assert not is_in(with_cookie(new_browser(), forged))


def test_a_session_lasts_half_a_year(signed_in):
    with time_machine.travel(now() + timedelta(days=179), tick=False):
        assert is_in(signed_in)
    with time_machine.travel(now() + timedelta(days=181), tick=False):
        assert not is_in(signed_in)


def test_a_session_that_ran_out_is_over_on_our_side_too(app, signed_in):
    with signed_in.client.session_transaction() as session:
        session.permanent = False  # a cookie that does not know its age
    with time_machine.travel(now() + timedelta(days=181), tick=False):
        assert not is_in(signed_in)


ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "https://evil.example",
    "http:evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    "evil.example",
    "",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_path_elsewhere_is_not_our_own(target):
    assert own_path(target) is None


@pytest.mark.parametrize("target", ["/", "/kursus?fortsaet=1", "/kursus/æ?x=//y", "/a//b"])
def test_a_path_of_ours_is(target):
    assert own_path(target) == target


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "\\\\evil.example"])
def test_signing_in_leads_nowhere_else(kirsten, browser, send_mail, target):
    browser.get(f"/log-ind?next={target}")
    browser.submit("Send mig et link", email=kirsten, next=target)
    browser.get(link_in(send_mail()[-1])).submit("Log ind")
    assert (browser.status, browser.response.location) == (303, "/min-side")


def test_signing_in_leads_back_to_the_page_one_came_from(kirsten, browser, send_mail):
    browser.get("/kursus/velkommen-paa-koereskolen").follow()
    browser.submit("Send mig et link", email=kirsten)
    browser.get(link_in(send_mail()[-1])).submit("Log ind")
    assert browser.response.location == "/kursus/velkommen-paa-koereskolen"


def test_who_is_signed_in_may_sign_in_with_another_address(signed_in):
    signed_in.get("/log-ind?next=/kursus")
    assert signed_in.status == 200
    assert "Send mig et link" in signed_in.buttons()


def test_two_at_once_make_one_person(app):
    together = threading.Barrier(6)

    def add() -> None:
        with app.app_context():
            together.wait()
            with transaction():
                actions.find_or_add(BUYER.upper(), "Kirsten", now())

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert db.session.scalars(sa.select(Person.email)).all() == [BUYER]


def test_what_ran_out_is_deleted_and_what_lives_is_not(app, signed_in):
    with app.app_context():
        with transaction():
            actions.purge(now() + timedelta(days=179))
        assert is_in(signed_in)
        with transaction():
            actions.purge(now() + timedelta(days=181))
    assert not is_in(signed_in)


def test_my_page_is_left_on_no_screen(signed_in):
    """Who sits down here next must not find it with the Back button, or on the disk."""
    for path in ("/min-side", "/min-side/slet"):
        assert signed_in.get(path).status == 200
        assert signed_in.response.headers["Cache-Control"] == "private, no-store"
    assert signed_in.get("/log-ind").response.headers["Cache-Control"] == "private, no-cache"
