"""Second thoughts: bought, withdrawn from the next day, paid back; and what the clinician does."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.buyer import FIRST_LESSON, Buyer
from tests.journeys.conftest import NARROW, NARROWEST, WIDE, Windows
from tests.journeys.enquirer import sign_in
from tests.journeys.examiner import Examiner
from tests.journeys.program import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def examiner() -> Examiner:
    return Examiner()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def number_in(mail: dict) -> str:
    found = re.search(r"ordre ([2-9A-Z]{8})", mail["subject"])
    assert found, mail["subject"]
    return found[1]


@pytest.mark.parametrize(("width", "script"), [(NARROW, True), (WIDE, False)])
def test_bought_withdrawn_the_next_day_and_paid_back(
    windows: Windows, site: Site, buyer: Buyer, width: int, script: bool
) -> None:
    page = windows.open(width, java_script_enabled=script)
    windows.expect_status(page, 403)
    buyer.order(page)
    session = buyer.session(page)
    buyer.pay(page)
    buyer.start(page)
    [confirmation] = buyer.mails()
    site.a_day_passes()

    page.get_by_role("contentinfo").get_by_role("link", name="Fortryd aftale").click()
    heading(page, "Fortryd aftale")
    expect(page.get_by_label("Ordrenummer")).to_have_value(number_in(confirmation))
    expect(page.get_by_label("Mailadressen, du købte med")).to_have_value(buyer.email)
    page.get_by_role("button", name="Se det igennem").click()
    page.get_by_role("button", name="Ret det").click()
    page.get_by_label("Dit navn").fill("Kirsten P. Prøve")
    page.get_by_role("button", name="Se det igennem").click()
    page.get_by_role("button", name="Bekræft fortrydelse", exact=True).click()
    heading(page, "Vi har fået din fortrydelse")
    expect(page.get_by_text("499 kr. tilbage")).to_be_visible()

    refunds = site.stripe.state()["refunds"]
    intent = buyer.intent(session)
    assert [each["amount"] for each in refunds if each["payment_intent"] == intent] == [49900]
    page.goto(FIRST_LESSON)
    heading(page, "Kurset er lukket")
    mails = buyer.mails(3)
    [receipt] = [mail for mail in mails if "fortrydelse" in mail["subject"]]
    assert "Kirsten P. Prøve" in receipt["text"]
    [credit_note] = [mail for mail in mails if mail not in (confirmation, receipt)]
    assert [file["type"] for file in credit_note["attachments"]] == ["application/pdf"]


def test_the_pages_of_withdrawing_by_keyboard(
    windows: Windows, buyer: Buyer, examiner: Examiner
) -> None:
    page = windows.open(NARROWEST)
    windows.expect_status(page, 422)
    page.goto("/fortryd")
    examiner.look(page, "the form", NARROWEST, WIDE)
    page.get_by_role("button", name="Se det igennem").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    examiner.look(page, "the form with errors", NARROWEST)
    page.get_by_label("Ordrenummer").fill("den 2. marts")
    page.get_by_label("Dit navn").fill("Kirsten Prøve")
    page.get_by_label("Mailadressen, du købte med").fill(buyer.email)
    page.keyboard.press("Enter")
    heading(page, "Er det rigtigt?")
    examiner.look(page, "the summary", NARROWEST, WIDE)
    page.get_by_role("button", name="Bekræft fortrydelse").press("Enter")
    heading(page, "Vi har fået din fortrydelse")
    examiner.look(page, "the receipt", NARROWEST, WIDE)
    [receipt] = buyer.mails()
    assert "den 2. marts" in receipt["text"]
    assert examiner.findings == []


def test_the_clinician_sees_an_order_and_pays_back(
    windows: Windows, site: Site, buyer: Buyer, examiner: Examiner
) -> None:
    buyer.buy(windows.open())
    number = number_in(buyer.mails()[0])
    page = windows.open(NARROW)
    windows.expect_status(page, 409, 422)
    page.goto("/klinik/ordrer")
    sign_in(page, site)
    expect(page.get_by_role("link", name=buyer.name).first).to_be_visible()
    examiner.look(page, "the list of orders", NARROWEST, WIDE)
    page.get_by_label("Søg på navn, mail eller ordrenummer").fill(number)
    page.get_by_role("button", name="Søg").click()
    page.get_by_role("link", name=buyer.name).click()
    heading(page, f"Ordre {number}")
    examiner.look(page, "an order", NARROWEST, WIDE)
    page.get_by_role("link", name="Ret mailadressen").click()
    examiner.look(page, "the address", NARROWEST)
    page.get_by_role("link", name="Tilbage til ordren").click()
    page.get_by_role("link", name="Betal penge tilbage").click()
    page.get_by_role("radio", name="En del").check()
    page.get_by_label("Beløb i kroner").fill("5000")
    page.get_by_role("button", name="Fortsæt").click()
    expect(page.get_by_role("alert")).to_be_visible()
    examiner.look(page, "a refund that is too much", NARROWEST, WIDE)
    page.get_by_label("Beløb i kroner").fill("99,50")
    page.get_by_role("button", name="Fortsæt").click()
    heading(page, "Vil du betale 99,50 kr. tilbage?")
    examiner.look(page, "a refund to be sure of", NARROWEST, WIDE)
    page.get_by_role("button", name="Betal 99,50 kr. tilbage").click()
    expect(page.get_by_role("status")).to_have_text("Tilbagebetalingen er sat i gang.")
    examiner.look(page, "an order with a refund", NARROWEST, WIDE)
    page.goto(f"/klinik/fortrydelser?ordre={number}")
    examiner.look(page, "withdrawals", NARROWEST, WIDE)
    assert examiner.findings == []
