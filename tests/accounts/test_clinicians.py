"""Who may enter the back office is said on the command line and nowhere else."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from shop.accounts.models import Person
from shop.db import db
from tests.browser import Browser
from tests.conftest import BUYER, code_in, sign_in

LIST = "/klinik/henvendelser"


@pytest.fixture
def flask(app):
    """Runs `flask clinician …` and returns what came of it."""
    return lambda *words: app.test_cli_runner().invoke(args=["clinician", *words])


def clinicians(app) -> list[str]:
    with app.app_context():
        query = sa.select(Person.email).where(Person.is_clinician).order_by(Person.email)
        return list(db.session.scalars(query))


def test_an_added_clinician_signs_in_by_the_mailed_link(app, flask, browser, send_mail):
    added = flask("add", "behandler@example.dk")
    assert added.exit_code == 0
    assert "behandler@example.dk may enter http://127.0.0.1:5000/klinik" in added.output
    sign_in(browser, send_mail, "behandler@example.dk")
    assert browser.get(LIST).status == 200


def test_a_clinicians_code_has_ten_digits_and_is_typed_in_groups(app, flask, browser, ask):
    """Six can be guessed at all year, and the clinic's address is known to everybody."""
    flask("add", "behandler@example.dk")
    code = code_in(ask(browser, "behandler@example.dk"))
    assert re.fullmatch(r"\d{5} \d{5}", code)
    page = browser.follow().text
    browser.submit("Log ind med koden", code=code.replace(" ", "")[:6])
    assert browser.status == 422
    browser.submit("Log ind med koden", code=code)
    assert browser.get(LIST).status == 200
    stranger = Browser(app).get("/log-ind").submit("Send mig et link", email="ukendt@example.dk")
    assert plain(stranger.follow().text) == plain(page), "nobody learns who is a clinician"


def plain(page: str) -> str:
    return re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "", page)


def test_adding_twice_is_said_and_makes_one_person(app, flask):
    flask("add", "behandler@example.dk")
    again = flask("add", "Behandler@Example.dk")
    assert again.exit_code == 0
    assert "could already enter" in again.output
    assert clinicians(app) == ["behandler@example.dk"]


def test_a_known_person_keeps_name_and_sessions(app, kirsten, flask, browser, send_mail):
    sign_in(browser, send_mail, kirsten)
    assert browser.get(LIST).status == 403
    assert flask("add", BUYER.upper()).exit_code == 0
    assert browser.get(LIST).status == 200, "at once"
    assert "Kirsten Prøve" in browser.get("/min-side").words()
    assert clinicians(app) == [BUYER]


def test_an_address_abroad_is_written_as_mail_servers_write_it(app, flask):
    assert flask("add", "behandler@smærte.example").exit_code == 0
    assert clinicians(app) == ["behandler@xn--smrte-tra.example"]


@pytest.mark.parametrize("email", ["behandler", "@example.dk", "a b@example.dk", ""])
def test_what_is_no_address_is_refused(app, flask, email):
    refused = flask("add", email)
    assert refused.exit_code == 1
    assert "is no mail address" in refused.output
    assert clinicians(app) == []


def test_removing_closes_at_once_and_leaves_the_rest(app, kirsten, flask, browser, send_mail):
    flask("add", kirsten)
    sign_in(browser, send_mail, kirsten)
    assert browser.get(LIST).status == 200
    removed = flask("remove", BUYER.upper())
    assert removed.exit_code == 0
    assert browser.get(LIST).status == 403
    assert browser.get("/min-side").status == 200
    assert clinicians(app) == []


@pytest.mark.parametrize("email", [BUYER, "ukendt@example.dk", "nonsense"])
def test_removing_nobody_is_said(app, kirsten, flask, email):
    refused = flask("remove", email)
    assert refused.exit_code == 1
    assert "could not enter anyway" in refused.output
