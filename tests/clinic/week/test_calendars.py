"""Calendars elsewhere and the feed, as the clinician looks after them."""

from __future__ import annotations

import re

import pytest

from shop.booking import calendar_actions, calendar_models, renewal
from shop.db import transaction
from shop.web import now
from tests.booking.calendar_host import CalendarHost, calendar_file, event

PATH = "/klinik/kalendere"
PRIVATE = {"name": "Privat", "address": "https://kalender.example/secret.ics"}


def calendars(agenda):
    with agenda.clinic.app.app_context():
        return calendar_models.calendars_of(agenda.practitioner)


def test_a_calendar_is_added_read_and_removed(agenda):
    with CalendarHost() as host:
        lines = event("DTSTART:20261130T080000Z", "DURATION:PT2H")
        address = host.serve("/secret.ics", calendar_file(*lines))
        browser = agenda.browser.get(PATH).submit(
            "Tilføj kalenderen", name="Privat", address=address
        )
        assert browser.status == 303
        assert "bliver læst inden for et minut" in browser.follow().words()
        with agenda.clinic.app.app_context():
            assert renewal.renew() == 1
    assert agenda.free()[0] == "11.00"
    assert "læst 25. november 2026 kl. 10.00" in browser.get(PATH).words()
    browser.submit("Læs »Privat« nu")
    assert calendars(agenda)[0].tried_at is None
    browser.get(PATH).submit("Fjern »Privat«")
    assert (calendars(agenda), agenda.free()[0]) == ([], "09.00")


def test_its_secret_is_shown_to_nobody_again(agenda):
    browser = agenda.browser.get(PATH).submit("Tilføj kalenderen", **PRIVATE)
    assert "secret" not in browser.follow().text
    assert "kalender.example" in browser.words()
    assert browser.response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"name": ""}, "Giv kalenderen et navn"),
        ({"address": ""}, "Skriv kalenderens adresse."),
        ({"address": "kalender.example"}, "Den skal begynde med https:// eller webcal://."),
        ({"address": "file:///etc/passwd"}, "Den skal begynde med https:// eller webcal://."),
        ({"address": "https://a:b@kalender.example/"}, "Adressen kan ikke bruges."),
        ({"name": "x" * 61}, "Navnet er for langt."),
    ],
)
def test_what_is_no_calendar_is_refused_and_stays(agenda, typed, error):
    browser = agenda.browser.get(PATH).submit("Tilføj kalenderen", **PRIVATE | typed)
    assert browser.status == 422
    assert error in browser.words()
    assert browser.fields()["name"].get("value") == (PRIVATE | typed)["name"]
    assert calendars(agenda) == []


def test_one_that_cannot_be_read_says_why_and_when(agenda):
    calendar = agenda.busy()
    with agenda.clinic.app.app_context(), transaction():
        calendar_actions.keep_trouble(calendar, "too_big", now())
    agenda.clinic.clock.shift(60)
    with agenda.clinic.app.app_context(), transaction():
        calendar_actions.keep_trouble(calendar, "too_big", now())
    words = agenda.browser.get(PATH).words()
    assert "Kan ikke læses Kalenderen fylder mere end 2 MB." in words
    assert "gælder stadig. Sidst prøvet 25. november 2026 kl. 10.01." in words


def test_ten_are_enough(agenda):
    with agenda.clinic.app.app_context(), transaction():
        for number in range(10):
            address = f"https://kalender.example/{number}"
            calendar_actions.add_calendar(agenda.practitioner, "K", address)
    browser = agenda.browser.get(PATH).submit("Tilføj kalenderen", **PRIVATE)
    assert browser.status == 422
    assert "Du har allerede ti kalendere." in browser.words()


def test_the_feeds_address_is_shown_once_made_anew_and_closed(agenda, new_browser):
    browser = agenda.browser.get(PATH).submit("Lav en adresse")
    [first] = re.findall(r"http://127\.0\.0\.1:5000(/kalender/[\w-]{43}\.ics)", browser.words())
    assert browser.response.headers["Cache-Control"] == "no-store"
    agenda.book(agenda.at(9))
    program = new_browser()
    assert "SUMMARY:Konsultation" in program.get(first).text
    assert "/kalender/" not in browser.get(PATH).words()
    browser.submit("Lav en ny adresse")
    [second] = re.findall(r"(/kalender/[\w-]{43}\.ics)", browser.words())
    assert (program.get(first).status, program.get(second).status) == (404, 200)
    browser.submit("Luk adressen")
    assert (browser.path, browser.status) == ("/klinik/kalendere/adresse/luk", 303)
    assert program.get(second).status == 404


def test_other_calendars_are_not_found(agenda):
    calendar = agenda.busy()
    token = {"csrf_token": agenda.browser.get(PATH).csrf()}
    for path in (
        "/klinik/kalendere/2147483647/igen",
        "/klinik/kalendere/2147483647/slet",
        "/klinik/kalendere/2147483648/slet",
    ):
        assert agenda.browser.post(path, token).status == 404
    assert agenda.browser.get(f"{PATH}/{calendar}/slet").status == 405
    assert agenda.browser.post(f"{PATH}/{calendar}/slet", token).status == 303


def test_nothing_is_made_or_closed_by_following_a_link(agenda):
    for path in ("/klinik/kalendere/adresse", "/klinik/kalendere/adresse/luk"):
        assert agenda.browser.get(path).status == 405
        assert agenda.browser.post(path).status == 400, "without a token"
