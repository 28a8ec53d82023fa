"""Booking through the pages, as a browser without JavaScript does it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote

import pytest
import sqlalchemy as sa

from shop.booking import hours_actions
from shop.booking.models import Appointment
from shop.booking.rules import Window
from shop.danish import appointed, clock
from shop.db import db
from shop.deadlock import settled
from tests.booking.conftest import MONDAY, NOW
from tests.browser import Browser

HOUR = timedelta(hours=1)
FORM = {"name": "Kirsten Prøve", "email": "kirsten@example.dk", "phone": "20 12 34 56"}


@pytest.fixture(autouse=True)
def noon(opened, at):
    at(NOW)


def offered_times(browser: Browser) -> list[str]:
    return [link for link in browser.links_to() if "?starts_at=" in link]


def open_form(browser: Browser, service: str = "indledende", number: int = 0) -> str:
    """Goes to the form of one of the times on offer; returns its address."""
    times = offered_times(browser.get(f"/book/{service}?uge={MONDAY}"))
    browser.get(times[number])
    assert browser.status == 200, browser.text
    return times[number]


def book(browser: Browser, **fields: str) -> str:
    """Books the first time on offer; returns the address of the appointment."""
    open_form(browser)
    browser.submit("Book tiden", **{**FORM, **fields})
    assert browser.status == 303, browser.words()
    return browser.response.location


def test_services_are_shown_to_anybody_without_a_cookie(browser):
    assert browser.get("/book").status == 200
    assert "Indledende samtale" in browser.words()
    assert "Set-Cookie" not in browser.response.headers
    assert "public" in browser.response.headers["Cache-Control"]


def test_booking_shows_the_appointment_and_tells_both(browser, send_mail):
    path = book(browser, note="Jeg kommer med min søster.")
    assert re.fullmatch(r"/aftale/[\w-]{40,}", path)
    browser.get(path)
    assert "Din tid er booket" in browser.words()
    assert "Mandag den 30. november" in browser.words()
    assert "kl. 9.00 til 10.00" in browser.words()
    mails = {mail["to"][0]: mail for mail in send_mail()}
    assert set(mails) == {"kirsten@example.dk", "rh@kirohaderslev.dk"}
    for mail in mails.values():
        assert [file["type"].split(";")[0] for file in mail["attachments"]] == ["text/calendar"]
        assert "søster" not in mail["text"] + mail["html"]
    assert path in mails["kirsten@example.dk"]["text"]
    assert "Kirsten Prøve" in mails["rh@kirohaderslev.dk"]["text"]


def test_what_is_missing_is_said_beside_the_field_and_nothing_is_lost(browser):
    open_form(browser)
    browser.submit("Book tiden", **{**FORM, "email": "kirsten", "note": "Noget"})
    assert browser.status == 422
    assert "Mailadressen ser ikke rigtig ud" in browser.text
    assert browser.fields()["name"].get("value") == "Kirsten Prøve"
    assert "Noget</textarea>" in browser.text


def test_a_time_somebody_took_meanwhile_is_kindly_refused(app, browser):
    path = open_form(browser)
    other = Browser(app)
    other.get(path).submit("Book tiden", **{**FORM, "email": "anden@example.dk"})
    assert other.status == 303
    browser.submit("Book tiden", **FORM, note="Mine ord")
    assert browser.status == 409
    assert "Tiden er desværre lige taget" in browser.words()
    assert "Mine ord" in browser.text
    near = offered_times(browser)
    assert 0 < len(near) <= 4
    assert path not in near
    assert browser.get(near[0]).status == 200


def test_the_nearest_time_takes_along_what_was_typed(app, browser):
    path = open_form(browser)
    Browser(app).get(path).submit("Book tiden", **{**FORM, "email": "anden@example.dk"})
    browser.submit("Book tiden", **FORM)
    button = next(name for name in browser.buttons() if name.startswith("Book den i stedet"))
    browser.submit(button, **FORM)
    assert browser.status == 303
    assert browser.get(browser.response.location).status == 200


def test_a_double_click_books_once(browser, send_mail):
    open_form(browser)
    page = browser.page
    browser.submit("Book tiden", **FORM)
    first = browser.response.location
    browser.page = page
    browser.submit("Book tiden", **FORM)
    assert browser.response.location == first
    assert len(send_mail()) == 2


def test_a_hold_keeps_others_away_and_its_owner_in(app, browser, at):
    path = open_form(browser)
    browser.submit("Hold tiden i ti minutter", **FORM)
    assert browser.status == 200
    assert "Tiden er din til kl. 10.10" in browser.words()
    assert browser.fields()["name"].get("value") == "Kirsten Prøve"
    other = Browser(app)
    assert other.get(path).status == 409
    assert path not in offered_times(other.get(f"/book/indledende?uge={MONDAY}"))
    browser.submit("Hold den i ti minutter fra nu", **FORM)
    browser.submit("Book tiden", **FORM)
    assert browser.status == 303


def test_a_hold_is_made_longer_until_its_hour_is_up(browser, at):
    open_form(browser)
    browser.submit("Hold tiden i ti minutter", **FORM)
    for minutes in range(9, 54, 9):
        at(NOW + timedelta(minutes=minutes))
        browser.submit("Hold den i ti minutter fra nu", **FORM)
    assert "Hold den i ti minutter fra nu" in browser.buttons()
    at(NOW + timedelta(minutes=54))
    browser.submit("Hold den i ti minutter fra nu", **FORM)
    assert "Tiden er din til kl. 11.00" in browser.words()
    assert "Hold den i ti minutter fra nu" not in browser.buttons(), browser.words()


def test_a_hold_that_has_run_out_is_anybodys(app, browser, at):
    path = open_form(browser)
    browser.submit("Hold tiden i ti minutter", **FORM)
    at(NOW + timedelta(minutes=11))
    other = Browser(app)
    other.get(path).submit("Book tiden", **{**FORM, "email": "anden@example.dk"})
    assert other.status == 303
    browser.submit("Book tiden", **FORM)
    assert browser.status == 409


def test_htmx_gets_the_hold_alone_and_can_ask_how_long_it_lasts(browser):
    path = open_form(browser)
    token, starts_at = browser.csrf(), unquote(path.partition("=")[2])
    data = {"csrf_token": token, "starts_at": starts_at}
    browser.post("/book/indledende/hold", data, HX_Request="true")
    assert "Tiden er din" in browser.text
    assert "<html" not in browser.text
    browser.get(f"/book/indledende/hold?starts_at={path.partition('=')[2]}", HX_Request="true")
    assert "10 minutter" in browser.text


def test_htmx_hears_that_a_time_was_taken_while_somebody_typed(app, browser, at):
    """The part is swapped in, so it is no error to htmx; the page without it is one."""
    path = open_form(browser)
    data = {"csrf_token": browser.csrf(), "starts_at": unquote(path.partition("=")[2])}
    left = f"/book/indledende/hold?starts_at={path.partition('=')[2]}"
    browser.post("/book/indledende/hold", data, HX_Request="true")
    at(NOW + timedelta(minutes=11))
    Browser(app).get(path).submit("Book tiden", **{**FORM, "email": "anden@example.dk"})
    for answer in (
        browser.get(left, HX_Request="true"),
        browser.post("/book/indledende/hold", data, HX_Request="true"),
    ):
        assert answer.status == 200
        assert "Tiden er desværre lige taget" in answer.text
        assert "<html" not in answer.text
    assert offered_times(browser.post("/book/indledende/hold", data))


def test_moving_keeps_the_address_and_raises_the_sequence(browser, send_mail):
    path = book(browser)
    times = offered_times(browser.get(f"{path}/flyt?uge={MONDAY}"))
    browser.get(times[3]).submit("Flyt tiden")
    assert browser.status == 303
    assert browser.response.location == path
    assert (
        "Din tid er flyttet" in [m for m in send_mail() if m["to"] == [FORM["email"]]][-1]["text"]
    )
    browser.get(f"{path}/aftale.ics")
    assert "SEQUENCE:1" in browser.text
    assert "METHOD:PUBLISH" in browser.text


def test_cancelling_gives_the_time_back(app, browser):
    taken = open_form(browser)
    browser.submit("Book tiden", **FORM)
    path = browser.response.location
    assert taken not in offered_times(Browser(app).get(f"/book/indledende?uge={MONDAY}"))
    browser.get(path).submit("Ja, aflys tiden")
    assert browser.status == 303
    assert "Aftalen er aflyst" in browser.get(path).words()
    assert taken in offered_times(Browser(app).get(f"/book/indledende?uge={MONDAY}"))
    assert "STATUS:CANCELLED" in browser.get(f"{path}/aftale.ics").text


def test_too_close_to_the_visit_there_is_only_the_telephone(browser, at):
    path = book(browser)
    page = browser.get(path).page
    at(NOW + timedelta(days=4))
    assert "skal gå over telefonen" in browser.get(path).words()
    browser.page = page
    browser.submit("Ja, aflys tiden")
    assert browser.status == 409
    assert "Din aftale er ikke ændret" in browser.words()


def test_an_old_page_moves_nothing(browser):
    path = book(browser)
    old = browser.get(path).page
    browser.get(offered_times(browser.get(f"{path}/flyt?uge={MONDAY}"))[2]).submit("Flyt tiden")
    browser.page, browser.path = old, path
    browser.submit("Ja, aflys tiden")
    assert browser.status == 409
    assert "Aftalen er ændret imens" in browser.words()


def test_weeks_are_turned_without_javascript_and_with_htmx(browser):
    browser.get("/book/indledende")
    following = browser.links()["Næste uge"]
    first = offered_times(browser)
    whole = offered_times(browser.get(following))
    assert whole
    assert not set(whole) & set(first)
    assert offered_times(browser.get(following, HX_Request="true")) == whole
    assert "<html" not in browser.text
    assert browser.get("/book/indledende?uge=2020-01-06").status == 200
    assert browser.get("/book/indledende?uge=nonsens").status == 200


@pytest.mark.parametrize(
    "starts_at", ["", "i morgen", "2026-11-30T09:00:00", "9999-12-31T23:59:59+00:00", "-1"]
)
def test_no_moment_is_no_page(browser, starts_at):
    assert browser.get(f"/book/indledende?starts_at={starts_at}").status == 404


@pytest.mark.parametrize(
    "starts_at", ["2026-11-30T09:10:00%2B01:00", "2020-01-06T09:00:00%2B01:00", "2026-12-25T10:00Z"]
)
def test_a_time_that_is_not_on_offer_leads_to_those_that_are(browser, starts_at):
    browser.get(f"/book/indledende?starts_at={starts_at}")
    assert browser.status == 409
    assert "Tiden er desværre lige taget" in browser.words()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/book/ukendt"),
        ("GET", "/aftale/x"),
        ("GET", "/aftale/x/flyt"),
        ("GET", "/aftale/x/aftale.ics"),
        ("GET", "/book/ukendt/hold"),
    ],
)
def test_what_is_not_there_is_not_found(app, method, path):
    assert app.test_client().open(path, method=method).status_code == 404


def test_what_changes_something_takes_a_token_of_the_form(app, browser):
    path = book(browser)
    token, client = path.rpartition("/")[2], app.test_client()
    for answer in (
        client.post(f"/aftale/{token}/flyt", data={"version": "1"}),
        client.post(f"/aftale/{token}/aflys", data={"version": "1"}),
        client.post(f"/aftale/{token}/venteliste", data={"wait": "1"}),
        client.post(f"/aftale/{token}/tilbud", data={"take": "1"}),
        client.post("/book/indledende", data=FORM),
        client.post("/book/indledende/hold", data=FORM),
    ):
        assert answer.status_code == 400
    assert "Din tid er booket" in browser.get(path).words()


def test_a_filled_trap_books_nothing_and_says_so(browser):
    open_form(browser)
    browser.submit("Book tiden", **FORM, comment="http://spam.example")
    assert browser.status == 422


def test_a_cpr_number_is_not_taken(browser):
    open_form(browser)
    browser.submit("Book tiden", **FORM, note="Mit nummer er 010180-1234.")
    assert browser.status == 422
    assert "CPR" in browser.words()


def test_a_misspelt_mail_server_is_asked_about_once(browser):
    open_form(browser)
    browser.submit("Book tiden", **{**FORM, "email": "kirsten@gmial.com"})
    assert browser.status == 422
    assert "Mente du kirsten@gmail.com?" in browser.words()
    browser.submit("Book tiden", **{**FORM, "email": "kirsten@gmial.com"})
    assert browser.status == 303


def test_the_two_half_past_twos_of_october_are_booked_apart(browser, at, clinic, practitioner):
    at(datetime(2026, 10, 20, 9, tzinfo=UTC))
    sunday = date(2026, 10, 25)
    place = clinic.free()[0].place_id
    night = (Window(60, 300, place),)
    settled(lambda: hours_actions.set_day(practitioner.id, sunday, night))
    browser.get(f"/book/opfoelgende?uge={sunday}")
    words = browser.links()
    for said in ("2.30 (sommertid)", "2.30 (vintertid)"):
        browser.get(words[said])
        assert f"Søndag den 25. oktober kl. {said}" in browser.words()
        browser.submit("Book tiden", **FORM)
        assert f"kl. {said} til" in browser.get(browser.response.location).words()
    summer, winter = db.session.scalars(sa.select(Appointment.starts_at).order_by(Appointment.id))
    assert (summer, winter - summer) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), HOUR)


def test_an_hour_that_comes_twice_is_told_apart_wherever_it_is_written():
    summer = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    winter = summer + timedelta(hours=1)
    assert clock(summer) == "2.30 (sommertid)"
    assert clock(winter) == "2.30 (vintertid)"
    assert appointed(winter) == "søndag den 25. oktober 2026 kl. 2.30 (vintertid)"
    assert clock(winter + timedelta(hours=1)) == "3.30"
