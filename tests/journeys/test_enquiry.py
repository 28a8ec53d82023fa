"""A visitor writes, the clinician has it in the mailbox, opens it, answers and moves it on."""

from __future__ import annotations

import itertools
import re
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import NARROW, Windows
from tests.journeys.enquirer import (
    HUMAN,
    MESSAGE,
    SEND,
    Enquirer,
    error_of,
    sign_in,
)
from tests.journeys.program import Site
from tests.journeys.window import has_mark, reload_mark, sideways

pytestmark = pytest.mark.browser

_numbers = itertools.count(1)


@pytest.fixture
def enquirer(site: Site) -> Enquirer:
    return Enquirer(site, f"enquirer.{next(_numbers)}@example.dk")


@pytest.mark.parametrize("javascript", [True, False])
def test_an_enquiry_is_mended_sent_mailed_opened_and_moved_on(
    windows: Windows, site: Site, enquirer: Enquirer, javascript: bool
) -> None:
    page = windows.open(NARROW, java_script_enabled=javascript)
    windows.expect_status(page, 422)
    page.goto("/kontakt")
    enquirer.fill_in(page, email="kirsten@")
    page.wait_for_timeout(HUMAN * 1000)
    page.get_by_role("button", name=SEND).click()
    _expect_told(page)
    page.get_by_label("Din mailadresse").fill(enquirer.email)
    reference = enquirer.send(page)

    lead, receipt = enquirer.lead(), enquirer.receipt()
    assert lead["reply_to"] == enquirer.email
    assert reference in lead["subject"]
    assert MESSAGE.splitlines()[0] in lead["text"]
    assert reference in receipt["text"]
    assert "lænden" not in receipt["text"] + receipt["html"]

    link = re.search(rf"{re.escape(site.url)}/klinik/\S+", lead["text"])
    assert link
    office = windows.open(NARROW, java_script_enabled=javascript)
    office.goto(link[0])
    sign_in(office, site)
    assert office.url == link[0], "signing in leads to the enquiry that was mailed"
    _expect_answerable(office, enquirer, reference)
    _expect_moved_on(office, reference)


def _expect_told(page: Page) -> None:
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    expect(page).to_have_title(re.compile("^Fejl: "))
    expect(page.get_by_label("Din besked")).to_have_value(MESSAGE)
    expect(page.get_by_label("Dit navn")).to_have_value("Kirsten Prøve")
    expect(page.get_by_role("checkbox")).to_be_checked()
    expect(page.get_by_role("radio", name="Et forløb")).to_be_checked()
    summary.get_by_role("link", name=re.compile("Mailadressen ser ikke rigtig ud")).click()
    email = page.get_by_label("Din mailadresse")
    expect(email).to_be_focused()
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_accessible_description(re.compile("Mailadressen ser ikke rigtig ud"))


def _expect_answerable(office: Page, enquirer: Enquirer, reference: str) -> None:
    expect(office.get_by_role("heading", level=1)).to_have_text(enquirer.name)
    expect(office.locator(".message").first).to_have_text(MESSAGE, use_inner_text=True)
    href = office.get_by_role("link", name="Svar Kirsten").get_attribute("href") or ""
    answer = urlsplit(href)
    assert (answer.scheme, unquote(answer.path)) == ("mailto", enquirer.email)
    assert parse_qs(answer.query) == {
        "subject": [f"Svar på din besked ({reference})"],
        "body": ["Hej Kirsten\r\n\r\n"],
    }
    expect(office.get_by_text("Sendt", exact=True)).to_have_count(2)
    assert sideways(office) == []


def _expect_moved_on(office: Page, reference: str) -> None:
    office.get_by_role("radio", name="Besvaret").check()
    office.get_by_label("Note til dig selv").fill("Ringer fredag")
    office.get_by_role("button", name="Gem", exact=True).click()
    expect(office.get_by_role("status")).to_have_text("Gemt.")
    expect(office.get_by_label("Note til dig selv")).to_have_value("Ringer fredag")
    office.get_by_role("link", name="Henvendelser", exact=True).click()
    expect(office.get_by_text(reference)).to_have_count(0)
    office.get_by_role("link", name="Besvaret").click()
    expect(office.get_by_text(reference)).to_be_visible()
    office.get_by_role("searchbox").fill(reference.lower())
    office.get_by_role("button", name="Søg").click()
    expect(office.locator(".leads li")).to_have_count(1)
    assert "?" not in office.url


def test_each_field_is_checked_when_it_is_left_and_only_it(windows: Windows) -> None:
    page = windows.open()
    page.goto("/kontakt", wait_until="load")
    assert page.evaluate("typeof htmx") == "undefined", "who only reads pays nothing for it"
    reload_mark(page)
    asked: list[tuple[str, str]] = []
    page.on("requestfinished", lambda r: r.post_data and asked.append((r.url, r.post_data)))
    page.get_by_label("Dit navn").fill("Kirsten Prøve")
    page.get_by_label("Din mailadresse").fill("kirsten@")
    page.keyboard.press("Tab")
    page.keyboard.type("20 1")
    expect(error_of(page, "email")).to_contain_text("ser ikke rigtig ud")
    phone = page.get_by_label("Dit telefonnummer")
    expect(phone).to_be_focused()
    page.keyboard.type("2 34 56")
    expect(phone).to_have_value("20 12 34 56")
    email = page.get_by_label("Din mailadresse")
    expect(email).to_have_value("kirsten@")
    expect(email).to_have_accessible_description(re.compile("ser ikke rigtig ud"))
    email.fill("kirsten@gmial.com")
    page.keyboard.press("Tab")
    expect(error_of(page, "email")).to_contain_text("Mente du kirsten@gmail.com?")
    email.fill("kirsten@example.dk")
    page.keyboard.press("Tab")
    expect(error_of(page, "email")).to_have_text("")
    message = page.get_by_label("Din besked")
    message.fill("Jeg er 010190-1234 og har ondt.")
    page.keyboard.press("Tab")
    expect(error_of(page, "message")).to_contain_text("CPR-nummer")
    expect(message).to_have_value("Jeg er 010190-1234 og har ondt.")
    expect(message).to_have_accessible_description(re.compile("CPR-nummer"))
    assert has_mark(page), "the page was never loaded anew"
    assert {url.rpartition("/")[2] for url, _ in asked} == {"name", "email", "phone", "message"}
    for url, body in asked:
        assert [name for name, _ in parse_qsl(body)] == [url.rpartition("/")[2]], body


def test_words_typed_while_a_check_is_under_way_stay(windows: Windows) -> None:
    """A slow line: the answer about the first words comes after the next ones are typed."""
    page = windows.open()
    page.goto("/kontakt")
    held: list[Route] = []
    page.route("**/kontakt/felt/message", lambda route: held.append(route))
    message = page.get_by_label("Din besked")
    message.fill("Første linje.")
    page.keyboard.press("Tab")
    page.wait_for_timeout(600)
    assert len(held) == 1
    message.press("End")
    message.press_sequentially(" Anden linje.")
    page.keyboard.press("Tab")
    held[0].continue_()
    page.wait_for_timeout(800)
    expect(message).to_have_value("Første linje. Anden linje.")
    for route in held[1:]:
        route.continue_()
    page.wait_for_timeout(300)
    expect(message).to_have_value("Første linje. Anden linje.")


def test_a_cpr_number_is_refused_and_nothing_is_sent(windows: Windows, enquirer: Enquirer) -> None:
    page = windows.open(java_script_enabled=False)
    windows.expect_status(page, 422)
    page.goto("/kontakt")
    enquirer.fill_in(page, message="Mit nummer er 010190-1234.")
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("alert")).to_contain_text("CPR-nummer")
    expect(page.get_by_label("Din besked")).to_have_value("Mit nummer er 010190-1234.")


@pytest.mark.parametrize("javascript", [True, False])
def test_every_invitation_leads_to_the_form(windows: Windows, javascript: bool) -> None:
    page = windows.open(NARROW, java_script_enabled=javascript)
    page.goto("/")
    page.locator("#enquiries-invitation").get_by_role("link", name="Skriv til Rasmus").click()
    page.wait_for_url("/kontakt")
    expect(page.get_by_label("Din besked")).to_be_visible()
