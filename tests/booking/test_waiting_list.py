"""Asking to be told of a free time without having one: one offer at a time, by a mailed link."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.booking import (
    actions,
    erasure_actions,
    hours_actions,
    vacancy_actions,
    waiting,
    waiting_views,
)
from shop.booking.hours import Place
from shop.booking.models import Appointment, Waiting
from shop.booking.rules import Window
from shop.db import db
from shop.deadlock import settled
from shop.outbox.models import Mail
from tests.booking.conftest import MONDAY, NOW
from tests.browser import Browser

SUNDAY = MONDAY + timedelta(days=6)
LIST = "/book/opfoelgende/venteliste"
ANNA = {"name": "Anna Prøve", "email": "Anna@Example.dk", "phone": "20 12 34 56", "consent": "y"}
WEEK = [MONDAY + timedelta(days=number) for number in range(7)]


@pytest.fixture(autouse=True)
def full(clinic, practitioner, at):
    """A week in which everything is closed, so that nothing can be booked."""
    at(NOW)
    settled(lambda: [hours_actions.set_day(practitioner.id, day, ()) for day in WEEK])


@pytest.fixture
def place(clinic) -> int:
    return db.session.scalar(sa.select(Place.id))


@pytest.fixture
def open_monday(practitioner, place):
    """Opens half an hour on Monday; the worker then has its turn."""

    def do(now=NOW, clock: int = 600) -> None:
        windows = (Window(clock, clock + 30, place),)
        settled(lambda: hours_actions.set_day(practitioner.id, MONDAY, windows))
        turn(now)

    return do


def turn(now) -> None:
    settled(lambda: waiting.sweep(now))
    settled(lambda: vacancy_actions.seek(now))
    db.session.expire_all()


def ask(browser: Browser, **fields: str | None) -> Browser:
    browser.get(f"{LIST}?fra={MONDAY}&til={SUNDAY}")
    return browser.submit("Skriv mig på ventelisten", **ANNA | fields)


def links(mails, to: str = "anna@example.dk") -> list[str]:
    found = [
        re.search(r"(/aftale/venteliste/[\w-]{40,})", m["text"]) for m in mails if to in m["to"]
    ]
    return [each[1] for each in found if each]


def listed() -> list[Waiting]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Waiting).order_by(Waiting.id)))


def test_one_day_is_said_once(browser, send_mail):
    browser.get(f"/book/opfoelgende/venteliste?fra={MONDAY}&til={MONDAY}")
    assert "hvis en tid bliver ledig mandag den 30. november." in browser.words()
    browser.submit("Skriv mig på ventelisten", **ANNA)
    [path] = links(send_mail())
    assert "hvis en tid bliver ledig mandag den 30. november." in browser.get(path).words()
    [letter] = send_mail()
    assert "ledig\nmandag den 30. november,\nskriver vi" in letter["text"]
    assert "til mandag" not in letter["text"] + letter["html"]


def test_from_a_week_without_times_to_an_appointment(browser, send_mail, open_monday, clinic):
    browser.get(f"/book/opfoelgende?uge={MONDAY}")
    browser.get(browser.links()["Skriv til mig, hvis en tid bliver ledig"])
    assert "fra mandag den 30. november til søndag den 6. december" in browser.words()
    browser.submit("Skriv mig på ventelisten", **ANNA)
    assert browser.status == 303
    assert "Du står på ventelisten" in browser.follow().words()
    assert "/aftale/venteliste/" not in browser.text, "who typed an address may not be its owner"
    [path] = links(send_mail())
    assert "fra mandag den 30. november til søndag den 6. december" in browser.get(path).words()
    turn(NOW)
    assert len(send_mail()) == 1, "nothing is free, so nobody is told of anything"

    open_monday()
    told = send_mail()[-1]
    assert told["subject"] == "Der er en ledig tid til dig"
    assert "Mandag den 30. november 2026 kl. 10.00" in told["text"]
    assert clinic.free("opfoelgende") == [], "it is kept for her"
    assert [row.state for row in db.session.scalars(sa.select(Appointment))] == ["held"]
    browser.get(path).submit("Tag tiden")
    assert browser.status == 303
    booked = browser.response.location
    assert "Mandag den 30. november" in browser.get(booked).words()
    [made] = db.session.scalars(sa.select(Appointment))
    assert (made.state, made.email, made.phone) == ("confirmed", "anna@example.dk", "+4520123456")
    [row] = listed()
    assert (row.state, row.name, row.email, row.phone) == ("closed", "", "", "")
    assert booked in browser.get(path).links_to()
    form = {"csrf_token": browser.get(booked).csrf(), "answer": "take"}
    assert browser.post(path, form).response.location == booked, "pressed twice, it is one booking"
    assert {mail["to"][0] for mail in send_mail()[-2:]} == {"anna@example.dk", made_for(clinic)}


def made_for(clinic) -> str:
    return clinic.app.extensions["settings"].clinic_email


def test_one_at_a_time_in_order_and_nobody_twice(browser, send_mail, open_monday):
    for who in ("anna", "bent"):
        ask(browser, email=f"{who}@example.dk")
    anna, bent = (links(send_mail(), f"{who}@example.dk")[0] for who in ("anna", "bent"))
    open_monday()
    assert "Der er en ledig tid til dig" not in browser.get(bent).words()
    assert "Der er en ledig tid til dig" in browser.get(anna).words()
    browser.submit("Nej tak, jeg venter på en anden")
    assert "Du står på ventelisten" in browser.get(anna).words()
    assert "Der er en ledig tid til dig" in browser.get(bent).words()
    later = NOW + waiting.OFFER + timedelta(minutes=1)
    turn(later)  # nobody answered, and both were asked: the time is anybody's
    assert [row.state for row in listed()] == ["waiting", "waiting"]
    before = len(send_mail())
    turn(later)
    assert len(send_mail()) == before, "a time that was refused is not offered again"
    open_monday(later, clock=660)
    assert [row.state for row in listed()] == ["offered", "waiting"]
    browser.get(anna).submit("Slet mig fra ventelisten")
    assert "Du står ikke på ventelisten" in browser.get(anna).words()
    assert [(row.state, row.email) for row in listed()] == [
        ("closed", ""),
        ("offered", "bent@example.dk"),
    ]


def test_a_time_given_back_is_offered_in_the_order_of_both_lists(
    clinic, browser, practitioner, place
):
    hours = (Window(600, 690, place),)
    settled(lambda: hours_actions.set_day(practitioner.id, MONDAY, hours))
    first, *_, last = (opening.starts_at for opening in clinic.free("opfoelgende"))
    taken, mine = (clinic.book(at, who, "opfoelgende") for at, who in ((first, "a"), (last, "b")))
    ask(browser)
    settled(lambda: waiting.join(clinic.again(mine), NOW + timedelta(minutes=1)))
    settled(lambda: actions.cancel(clinic.again(taken), 0, "clinic", NOW))
    assert [row.state for row in listed()] == ["offered", "waiting"]


def test_an_address_is_asked_five_times_and_no_more(browser, send_mail, open_monday):
    ask(browser)
    [path] = links(send_mail())
    for number in range(waiting.OFFERS_AT_MOST):
        open_monday(clock=600 + 60 * number)
        is_last = number == waiting.OFFERS_AT_MOST - 1
        assert ("den femte tid, vi tilbyder dig" in browser.get(path).words()) == is_last
        browser.submit("Nej tak" if is_last else "Nej tak, jeg venter på en anden")
    [row] = listed()
    assert (row.state, row.offers, row.email) == ("closed", waiting.OFFERS_AT_MOST, "")


def test_what_is_wrong_is_said_and_nothing_is_kept(browser, app):
    for typed, said in (
        ({"consent": None}, "Sæt flueben"),
        ({"email": "anna"}, "Mailadressen ser ikke rigtig ud"),
        ({"email": "anna@gmial.com"}, "Mente du anna@gmail.com?"),
        ({"name": "010190-1234"}, "CPR"),
        ({"comment": "http://spam.example"}, "Der er noget, du skal rette"),
    ):
        assert ask(browser, **typed).status == 422
        assert said in browser.words()
        assert browser.fields()["phone"].get("value") == ANNA["phone"]
    assert listed() == []
    assert Browser(app).get("/book/ukendt/venteliste").status == 404
    assert Browser(app).get("/book/ukendt/venteliste/tak").status == 404
    assert Browser(app).get("/aftale/venteliste/x").status == 404
    assert app.test_client().post(LIST, data=ANNA).status_code == 400
    assert (
        app.test_client().post("/aftale/venteliste/x", data={"answer": "take"}).status_code == 400
    )


def test_the_same_address_waits_once_and_as_long_as_it_asked_for(browser, send_mail):
    for _ in range(2):
        ask(browser)
    browser.get(f"{LIST}?fra={SUNDAY}&til=nonsens").submit("Skriv mig på ventelisten", **ANNA)
    [row] = listed()
    assert (row.until_at - NOW).days >= 60
    assert len(links(send_mail())) == 1


def test_who_waited_for_days_that_are_over_is_forgotten_with_the_mails(browser, send_mail):
    ask(browser)
    send_mail()
    [row] = listed()
    settled(lambda: erasure_actions.purge(row.until_at + timedelta(days=1)))
    assert listed() != []
    settled(lambda: erasure_actions.purge(row.until_at + timedelta(days=2, seconds=1)))
    assert listed() == []
    assert db.session.scalars(sa.select(Mail)).all() == []


def test_nobody_fills_the_list_from_one_connection(browser, monkeypatch):
    assert waiting_views.ASKED_PER_CLIENT == "12 per hour"
    monkeypatch.setattr(waiting_views, "ASKED_PER_CLIENT", "3 per hour")
    answers = [ask(browser, email=f"p{number}@example.dk").status for number in range(4)]
    assert answers == [303] * 3 + [429]


def test_an_offer_that_came_to_nothing_meanwhile_books_nothing(browser, send_mail, open_monday):
    ask(browser)
    [path] = links(send_mail())
    open_monday()
    browser.get(path)
    settled(lambda: waiting.sweep(NOW + timedelta(days=1)))
    browser.submit("Tag tiden")
    assert browser.status == 409
    assert "Du står stadig på ventelisten" in browser.words()
    assert {row.state for row in db.session.scalars(sa.select(Appointment))} == {"expired"}
