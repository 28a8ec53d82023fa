"""A time booked, moved and cancelled: phone, keyboard, no JavaScript, and by axe's eyes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NARROW, NARROWEST, WIDE, Windows
from tests.journeys.enquirer import wait_for_mail
from tests.journeys.examiner import Examiner
from tests.journeys.program import Site
from tests.journeys.test_keyboard import tab_to
from tests.journeys.window import has_mark, reload_mark, sideways

pytestmark = pytest.mark.browser

_numbers = itertools.count(1)
BOOK, WAIT = "Book tiden", "Skriv mig på ventelisten"


@pytest.fixture
def address() -> str:
    return f"patient.{next(_numbers)}@example.dk"


def next_week(page: Page, service: str = "Opfølgende samtale") -> None:
    """From the list of services to a week in which everything can still be moved."""
    page.goto("/book")
    page.get_by_role("link", name=service).click()
    page.get_by_role("link", name="Næste uge").click()
    page.wait_for_url(re.compile("uge="))


def choose(page: Page, number: int = 0) -> str:
    """Opens one of the week's times and returns what it says of itself."""
    page.locator(".times a").nth(number).click()
    page.wait_for_url(re.compile("starts_at="))
    return page.get_by_role("heading", level=1).inner_text()


def fill_in(page: Page, email: str) -> None:
    page.get_by_role("textbox", name="Dit navn").fill("Kirsten Prøve")
    page.get_by_label("Din mailadresse").fill(email)


def press_book(page: Page) -> None:
    page.locator("p.actions").get_by_role("button", name=BOOK).click()
    page.wait_for_url(re.compile("/aftale/"))


@pytest.mark.parametrize("javascript", [True, False])
def test_a_time_is_booked_moved_and_cancelled_on_a_phone(
    windows: Windows, site: Site, address: str, javascript: bool
) -> None:
    page = windows.open(NARROW, java_script_enabled=javascript)
    next_week(page)
    assert not javascript or sideways(page) == []
    choose(page)
    fill_in(page, address)
    press_book(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Din tid er booket")
    booked = wait_for_mail(site, lambda mail: mail["to"] == [address])
    assert page.url in booked["text"]
    before = page.locator(".ticket-when").inner_text()
    page.get_by_role("link", name="Flyt tiden").click()
    choose(page, 3)
    page.get_by_role("button", name="Flyt tiden").click()
    page.wait_for_url(re.compile("/aftale/[^/]+$"))
    assert page.locator(".ticket-when").inner_text() != before
    page.get_by_text("Aflys tiden", exact=True).click()
    page.get_by_role("button", name="Ja, aflys tiden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Aftalen er aflyst")
    wait_for_mail(site, lambda mail: mail["to"] == [address] and "aflyst" in mail["subject"])


def test_weeks_are_turned_in_place(windows: Windows) -> None:
    page = windows.open(WIDE)
    page.goto("/book/indledende")
    reload_mark(page)
    page.get_by_role("link", name="Næste uge").click()
    page.wait_for_url(re.compile("uge="))
    expect(page.get_by_role("link", name="Forrige uge")).to_be_visible()
    assert has_mark(page)
    week = page.get_by_role("heading", level=2).inner_text()
    page.reload()
    assert page.get_by_role("heading", level=2).inner_text() == week


def test_typing_holds_the_time_and_it_can_be_kept_longer(windows: Windows, address: str) -> None:
    page, other = windows.open(NARROW), windows.open(NARROW)
    windows.expect_status(other, 409)
    next_week(page, "Indledende samtale")
    choose(page, 1)
    page.get_by_role("textbox", name="Dit navn").press_sequentially("Ki")
    expect(page.get_by_text("Tiden er din til kl.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Dit navn")).to_be_focused()
    other.goto(page.url)
    expect(other.get_by_role("heading", level=1)).to_have_text("Tiden er desværre lige taget")
    expect(other.locator(".near a").first).to_be_visible()
    page.get_by_role("button", name="Hold den i ti minutter fra nu").click()
    expect(page.get_by_text("10 minutter tilbage")).to_be_visible()
    assert page.get_by_role("textbox", name="Dit navn").input_value() == "Ki"
    fill_in(page, address)
    press_book(page)


def test_who_finds_no_time_asks_to_be_told_and_leaves_the_list_again(
    windows: Windows, site: Site, address: str
) -> None:
    examiner, page = Examiner(), windows.open(NARROW)
    windows.expect_status(page, 422)
    today = datetime.now(UTC).date()
    sunday = today + timedelta(days=20 - today.weekday())  # closed, so nothing is offered
    page.goto(f"/book/opfoelgende/venteliste?fra={sunday}&til={sunday}")
    page.get_by_role("button", name=WAIT).click()
    expect(page.get_by_role("alert")).to_be_focused()
    examiner.look(page, "asking with errors", NARROWEST, WIDE)
    fill_in(page, address)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name=WAIT).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Du står på ventelisten")
    examiner.look(page, "asked", NARROWEST)
    mail = wait_for_mail(site, lambda mail: mail["to"] == [address])
    page.goto(re.findall(r"/aftale/venteliste/\S+", mail["text"])[0])
    examiner.look(page, "a place in line", NARROWEST, WIDE)
    page.get_by_role("button", name="Slet mig fra ventelisten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Du står ikke på ventelisten")
    assert examiner.findings == []


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_a_time_is_booked_by_keyboard(windows: Windows, address: str, width: int) -> None:
    page = windows.open(width)
    page.goto("/book")
    tab_to(page, "Opfølgende samtale")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/book/opf"))
    tab_to(page, "Næste uge")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("uge="))
    page.goto(page.url)
    tab_to(page, "9.", most=60)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("starts_at="))
    tab_to(page, "Dit navn")
    page.keyboard.type("Kirsten Prøve")
    tab_to(page, "Din mailadresse")
    page.keyboard.type(address)
    page.keyboard.press("Enter")  # the form's first button must be the one that books
    page.wait_for_url(re.compile("/aftale/"))
    tab_to(page, "Flyt tiden")
    tab_to(page, "Aflys tiden")
    page.keyboard.press("Enter")
    tab_to(page, "Ja, aflys tiden")


def test_axe_has_nothing_to_say_of_any_page(windows: Windows, address: str) -> None:
    examiner, page = Examiner(), windows.open(NARROWEST)
    windows.expect_status(page, 409, 422)
    look: Callable[[str], None] = lambda name: examiner.look(page, name, NARROWEST, WIDE)  # noqa: E731
    next_week(page, "Indledende samtale")
    look("a week")
    choose(page, 4)
    look("details")
    taken = page.url
    page.locator("p.actions").get_by_role("button", name=BOOK).click()
    expect(page.get_by_role("alert")).to_be_visible()
    look("details with errors")
    page.get_by_role("button", name="Hold tiden i ti minutter").click()
    expect(page.get_by_text("Tiden er din til kl.")).to_be_visible()
    look("details with a hold")
    fill_in(page, address)
    press_book(page)
    path = page.url
    page.get_by_text("Fortæl lidt, hvis du har lyst").click()
    look("appointment")
    page.get_by_label("Er der noget, Rasmus skal vide?").fill("Mit nummer er 010180-1235")
    page.get_by_role("button", name="Send til Rasmus").click()
    expect(page.get_by_role("alert")).to_be_focused()
    look("appointment with errors")
    page.get_by_label("Er der noget, Rasmus skal vide?").fill("Jeg kommer med min søn")
    page.get_by_role("button", name="Send til Rasmus").click()
    expect(page.get_by_text("Rasmus læser det, du har skrevet")).to_be_visible()
    look("appointment with something told")
    page.get_by_role("button", name="Skriv mig på ventelisten").click()
    expect(page.get_by_text("Du står på ventelisten")).to_be_visible()
    look("appointment that waits for an earlier time")
    page.goto(f"{path}/flyt")
    look("a week to move to")
    choose(page)
    look("a move to confirm")
    page.goto(taken)
    look("a taken time")
    page.goto(path)
    page.get_by_text("Aflys tiden", exact=True).click()
    page.get_by_role("button", name="Ja, aflys tiden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Aftalen er aflyst")
    look("a cancelled appointment")
    assert examiner.findings == []
