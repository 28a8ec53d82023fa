"""A course for somebody else, on paper and by mail, and a code that is worth it all."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.buyer import ORDER, Buyer, expect_open, status_of
from tests.journeys.conftest import NARROW, NARROWEST, Windows
from tests.journeys.examiner import Examiner

pytestmark = pytest.mark.browser

CODE = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}")
CARD = re.compile("gavekort, som jeg selv printer")
MAIL = re.compile("sender den i en mail")


def give(page: Page, giver: Buyer, choice: re.Pattern[str], to: str = "") -> None:
    """Buys a gift, all the way to its thank-you page."""
    page.goto("/koeb")
    page.get_by_role("radio", name=choice).check()
    if to:
        page.get_by_label("Modtagerens mailadresse").fill(to)
    giver.fill_in(page)
    giver.pay(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Tak, gaven er klar")


def take(page: Page, friend: Buyer) -> None:
    """Takes the gift that is shown into use, and stands in the first lesson."""
    page.get_by_label("Din mailadresse").fill(friend.email)
    page.get_by_role("textbox", name="Dit navn").fill("Jens Prøve")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Åbn gaven").click()
    expect_open(page)


def code_in(mail: dict[str, Any]) -> str:
    found = CODE.search(mail["text"])
    assert found, mail["text"]
    return found[0]


@pytest.mark.parametrize("java_script", [True, False])
def test_a_card_is_printed_and_opened_by_somebody_else(
    windows: Windows, buyer: Buyer, new_buyer: Any, java_script: bool
) -> None:
    page = windows.open(NARROW, java_script_enabled=java_script)
    give(page, buyer, CARD)
    shown = CODE.search(page.get_by_role("main").inner_text())
    [card] = [mail for mail in buyer.mails(2) if "gavekort" in mail["subject"]]
    assert [file["name"] for file in card["attachments"]] == ["gave.pdf"]
    code = code_in(card)
    assert shown
    assert shown[0] == code
    assert page.request.get(f"/gave/{code}/kort.pdf").headers["content-type"] == "application/pdf"

    friend, other = new_buyer(), windows.open(NARROW, java_script_enabled=java_script)
    other.goto("/gave")
    other.get_by_label("Koden på gaven").fill(code.lower().replace("-", " "))
    other.get_by_role("button", name="Se gaven").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Der er en gave til dig")
    take(other, friend)

    third = windows.open(NARROW, java_script_enabled=java_script)
    friend.enter(third, friend.mails()[0])
    expect_open(third)
    late = windows.open(NARROW, java_script_enabled=java_script)
    windows.expect_status(late, 410)
    late.goto(f"/gave/{code}")
    expect(late.get_by_role("heading", level=1)).to_have_text("Gaven er allerede åbnet")
    assert status_of(page, "/kursus/velkommen-paa-koereskolen") == 303, "nothing for the giver"


def test_a_gift_goes_by_mail_and_closes_with_the_money(
    windows: Windows, buyer: Buyer, new_buyer: Any
) -> None:
    page, friend = windows.open(NARROW), new_buyer()
    page.goto("/koeb")
    recipient = page.get_by_label("Modtagerens mailadresse")
    expect(page.get_by_role("radio", name="Til mig selv")).to_be_checked()
    expect(recipient).to_be_hidden()
    give(page, buyer, MAIL, friend.email)
    session = buyer.session(page)
    [mail] = friend.mails()
    assert mail["subject"] == f"Der er en gave til dig fra {buyer.name}"
    other = windows.open(NARROW)
    other.goto(re.search(r"http\S+/gave/\S+", mail["text"])[0])  # type: ignore[index]
    take(other, friend)
    buyer.site.stripe.refund(buyer.intent(session))
    assert buyer.site.stripe.wait_idle()
    windows.expect_status(other, 403, 410)
    other.reload()
    expect(other.get_by_text("Dine smerter er virkelige")).to_have_count(0)
    other.goto(f"/gave/{code_in(mail)}")
    expect(other.get_by_role("heading", level=1)).to_have_text("Gaven gælder ikke mere")


@pytest.mark.parametrize("java_script", [True, False])
def test_a_code_worth_it_all_opens_the_course_for_nothing(
    windows: Windows, buyer: Buyer, java_script: bool
) -> None:
    code = f"FRI{buyer.email.split('.')[1].split('@')[0]}"
    buyer.site.stripe.coupon(code, percent=100)
    page = windows.open(NARROW, java_script_enabled=java_script)
    windows.expect_status(page, 422)
    buyer.order(page)
    page.get_by_label("Rabatkode").fill("findes ikke")
    page.get_by_role("button", name="Brug koden").click()
    expect(page.get_by_role("alert")).to_contain_text("kan ikke bruges")
    page.get_by_label("Rabatkode").fill(code.lower())
    page.get_by_role("button", name="Brug koden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Betal 0 kr.")
    buyer.pay(page, "Gennemfør")
    expect(page.get_by_text("Du skal ikke betale noget.")).to_be_visible()
    buyer.start(page)
    assert "Du har ikke betalt noget" in " ".join(buyer.mails()[0]["text"].split())


def test_the_pages_of_a_gift_for_everybody(windows: Windows, buyer: Buyer, new_buyer: Any) -> None:
    examiner = Examiner()
    page = windows.open(NARROWEST)
    windows.expect_status(page, 404, 410, 422)
    page.goto("/koeb")
    page.get_by_role("radio", name=MAIL).check()
    page.get_by_role("button", name=ORDER).click()
    expect(page.get_by_role("alert")).to_be_visible()
    examiner.look(page, "a gift with errors")
    give(page, buyer, CARD)
    examiner.look(page, "given")
    code = code_in(next(mail for mail in buyer.mails(2) if "gavekort" in mail["subject"]))
    page.goto("/gave")
    page.get_by_label("Koden på gaven").fill("passer ikke")
    page.get_by_role("button", name="Se gaven").click()
    examiner.look(page, "a wrong code")
    page.goto(f"/gave/{code}")
    page.get_by_role("button", name="Åbn gaven").click()
    examiner.look(page, "a gift, incomplete")
    take(page, new_buyer())
    page.goto(f"/gave/{code}")
    examiner.look(page, "a gift that is one's own")
    page.goto("/koeb")
    examiner.look(page, "an owner may give")
    assert examiner.findings == []
