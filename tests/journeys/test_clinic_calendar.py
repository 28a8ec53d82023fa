"""The clinician's week in real Chromium: on a phone, by keyboard, without JavaScript."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NARROW, NARROWEST, WIDE, Windows
from tests.journeys.enquirer import sign_in, wait_for_mail
from tests.journeys.examiner import Examiner
from tests.journeys.program import Site
from tests.journeys.window import leave, sideways

pytestmark = pytest.mark.browser

WEEK = "/klinik/aftaler"


@pytest.fixture
def office(windows: Windows, site: Site) -> Page:
    """The back office on a phone, signed in, without JavaScript."""
    page = windows.open(NARROW, java_script_enabled=False)
    page.goto(WEEK)
    sign_in(page, site)
    return page


def give_a_time(page: Page, name: str, email: str = "") -> None:
    """From the week to the appointment, as one does it with somebody on the telephone."""
    page.goto(WEEK)
    page.get_by_role("link", name="Book en tid").click()
    page.get_by_role("link", name="Indledende samtale").click()
    page.get_by_role("link", name="Næste uge").click()
    # On a Sunday the first of them is tomorrow, too near for the patient to change it.
    page.locator(".free a").last.click()
    page.get_by_label("Navn").fill(name)
    page.get_by_label("Telefonnummer").fill("20 12 34 56")
    page.get_by_label("Mailadresse").fill(email)
    page.get_by_role("button", name="Book tiden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_a_caller_is_booked_moved_and_cancelled_on_a_phone_without_javascript(
    office: Page, site: Site
) -> None:
    email = "ole.ringer@example.dk"
    give_a_time(office, "Ole Ringer", email)
    assert sideways_without_javascript(office)
    mail = wait_for_mail(site, lambda mail: mail["to"] == [email])
    assert [each["name"] for each in mail["attachments"]] == ["aftale.ics"]
    office.get_by_role("link", name="Flyt aftalen").click()
    office.locator(".free a").last.click()
    office.get_by_role("button", name="Ja, flyt aftalen").click()
    expect(office.get_by_role("status")).to_contain_text("Aftalen er flyttet.")
    office.get_by_role("link", name="Til ugen").click()
    expect(office.get_by_role("link", name=re.compile("Ole Ringer"))).to_have_count(1)
    office.get_by_role("link", name=re.compile("Ole Ringer")).click()
    office.get_by_role("link", name="Aflys aftalen").click()
    office.get_by_role("button", name="Ja, aflys aftalen").click()
    expect(office.get_by_role("status")).to_contain_text("Aftalen er aflyst.")
    wait_for_mail(site, lambda mail: mail["to"] == [email] and "aflyst" in mail["subject"])
    office.get_by_role("link", name="Til ugen").click()
    expect(office.get_by_role("link", name=re.compile("Ole Ringer"))).to_have_count(0)


def sideways_without_javascript(page: Page) -> bool:
    """Whether the page is as wide as its window; `sideways` itself runs in the page."""
    box = page.locator("main").bounding_box()
    return box is not None and box["width"] <= NARROW


def test_hours_are_changed_by_keyboard_alone(windows: Windows, site: Site) -> None:
    page = windows.open(WIDE)
    windows.expect_status(page, 422)
    page.goto("/klinik/aabningstider")
    sign_in(page, site)
    page.get_by_label("Søndag").focus()
    page.keyboard.type("11-10")
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    sunday = page.get_by_label("Søndag")
    expect(sunday).to_be_focused()
    expect(sunday).to_have_value("11-10")
    expect(sunday).to_have_accessible_description(re.compile("Lukketid skal ligge efter"))
    page.keyboard.press("Control+A")
    page.keyboard.type("10-11")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Gem åbningstiderne")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Gemt.")
    expect(page.get_by_label("Søndag")).to_have_value("10.00-11.00")
    page.get_by_label("Søndag").fill("")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Søndag")).to_have_value("")


def test_every_box_of_the_week_is_reached_and_opened_by_keyboard(
    windows: Windows, site: Site
) -> None:
    page = windows.open(WIDE)
    page.goto(WEEK)
    sign_in(page, site)
    give_a_time(page, "Tabea Tast")
    page.get_by_role("link", name="Til ugen").click()
    box = page.get_by_role("link", name=re.compile("Tabea Tast"))
    for _ in range(60):
        page.keyboard.press("Tab")
        if box.evaluate("link => link === document.activeElement"):
            break
    expect(box).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tabea Tast")


def test_the_week_is_to_scale_where_there_is_room(windows: Windows, site: Site) -> None:
    page = windows.open(WIDE)
    page.goto(WEEK)
    sign_in(page, site)
    give_a_time(page, "Skala Prøve")
    page.get_by_role("link", name="Til ugen").click()
    box = page.locator(".appointment", has_text="Skala Prøve")
    starts = box.locator(".number").inner_text().lstrip("! ").partition("-")[0]
    hour, minute = (int(part) for part in starts.split("."))
    hours = {int(li.inner_text()): li.bounding_box() for li in page.locator(".clock li").all()}
    found, eight, nine = box.bounding_box(), hours[8], hours[9]
    assert found
    assert eight
    assert nine
    an_hour = nine["y"] - eight["y"]
    meant = eight["y"] + an_hour * (hour - 8 + minute / 60)
    assert abs(found["y"] - meant) < 4
    assert abs(found["height"] - an_hour) < 6
    page.set_viewport_size({"width": NARROW, "height": 800})
    expect(page.locator(".clock")).to_be_hidden()
    assert sideways(page) == []


def wait_for_a_time(page: Page, name: str, email: str) -> None:
    """Asks to be told of a time on a day that nothing is offered."""
    today = datetime.now(UTC).date()
    sunday = today + timedelta(days=20 - today.weekday())
    page.goto(f"/book/opfoelgende/venteliste?fra={sunday}&til={sunday}")
    page.get_by_label("Dit navn").fill(name)
    page.get_by_label("Din mailadresse").fill(email)
    page.get_by_label("Dit telefonnummer").fill("20 12 34 56")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Skriv mig på ventelisten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Du står på ventelisten")


def test_the_waiting_list_is_for_everybody(windows: Windows, site: Site) -> None:
    page, patient, examiner = windows.open(NARROWEST), windows.open(NARROW), Examiner()
    name, email = "Vibeke Ventende-Hedegaard Christoffersen", "tage.tidligere@example.dk"
    page.goto(WEEK)
    sign_in(page, site)
    give_a_time(page, "Tage Tidligere", email)
    mail = wait_for_mail(site, lambda mail: mail["to"] == [email])
    patient.goto(re.findall(r"/aftale/[\w-]{20,}", mail["text"])[0])
    patient.get_by_role("button", name="Skriv mig på ventelisten").click()
    wait_for_a_time(patient, name, "vibeke.ventende.hedegaard@example.dk")
    page.goto(WEEK)
    rows = page.locator(".leads li")
    expect(rows.filter(has_text="Tage Tidligere")).to_contain_text("vil gerne komme før")
    row = rows.filter(has_text=name)
    expect(row).to_contain_text("Har ingen tid")
    examiner.look(page, "the waiting list", NARROWEST, 768, WIDE)
    page.set_viewport_size({"width": NARROW, "height": 800})
    targets = row.locator("a, button")
    for target in targets.all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44, target.inner_text()
    row.get_by_role("button", name=re.compile("Tag af listen")).click()
    expect(rows.filter(has_text=name)).to_have_count(0)
    assert examiner.findings == []


def test_the_rooms_of_the_calendar_are_for_everybody(windows: Windows, site: Site) -> None:
    page, examiner = windows.open(NARROWEST), Examiner()
    windows.expect_status(page, 409, 422)
    page.goto(WEEK)
    sign_in(page, site)
    give_a_time(page, "Kirsten Langtnavnesen-Hedegaard Christoffersen")
    one = page.url.partition("?")[0]
    examiner.look(page, "an appointment just booked", NARROWEST, WIDE)
    leave(page, page.get_by_role("link", name="Til ugen"))
    examiner.look(page, "its week", NARROWEST, 768, WIDE)
    day = datetime.now(UTC).date() + timedelta(days=9)
    new = "/klinik/aftaler/ny"
    for path in (
        new,
        f"{new}?ydelse=indledende",
        f"{new}?ydelse=indledende&dag=2020-01-01&kl=09:00",
        f"{new}?ydelse=indledende&dag={day}&kl=21:00",
        f"{one}/flyt",
        f"{one}/flyt?dag={day}&kl=21:00",
        f"{one}/aflys",
        "/klinik/aabningstider",
        f"/klinik/aabningstider/{day}",
        "/klinik/kalendere",
    ):
        page.goto(path)
        examiner.look(page, path, NARROWEST, WIDE)
    page.get_by_role("button", name="Tilføj kalenderen").click()
    expect(page.get_by_role("alert")).to_be_visible()
    examiner.look(page, "a calendar with errors")
    page.get_by_label("Hvad skal vi kalde den?").fill("Privat")
    page.get_by_label("Kalenderens hemmelige adresse").fill("https://kalender.example/x.ics")
    page.get_by_role("button", name="Tilføj kalenderen").click()
    page.get_by_role("button", name=re.compile("Lav en")).click()
    expect(page.get_by_role("status")).to_contain_text("Kopiér den nu")
    examiner.look(page, "calendars", NARROWEST, WIDE)
    page.get_by_role("button", name="Fjern »Privat«").click()
    assert examiner.findings == []
