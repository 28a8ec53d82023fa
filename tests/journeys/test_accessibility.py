"""Nothing for axe to say (WCAG 2.2 AA, best practice) on what comes of using the site, 320 px wide.

What anybody meets without doing anything is looked at in test_every_page.py.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.buyer import FIRST_LESSON, ORDER, Buyer
from tests.journeys.conftest import NARROWEST, Windows
from tests.journeys.enquirer import HUMAN, MESSAGE, SEND, Enquirer, error_of, sign_in, thanked
from tests.journeys.examiner import Examiner
from tests.journeys.program import Site
from tests.journeys.window import leave

pytestmark = pytest.mark.browser


@pytest.fixture
def examiner() -> Examiner:
    return Examiner()


def test_the_pages_of_a_purchase(
    windows: Windows, site: Site, buyer: Buyer, examiner: Examiner
) -> None:
    page = windows.open(NARROWEST)
    windows.expect_status(page, 403, 422)
    page.goto("/koeb")
    page.get_by_role("button", name=ORDER).click()
    expect(page.get_by_role("alert")).to_be_visible()
    examiner.look(page, "order with errors")
    buyer.fill_in(page)
    session = buyer.session(page)
    page.goto(f"/koeb/tak?session_id={session}")
    examiner.look(page, "not paid yet")
    page.get_by_role("link", name="Gå til betaling").click()
    buyer.pay(page, "Betal, svar kommer senere")
    examiner.look(page, "waiting")
    site.stripe.settle(session, "succeeded")
    page.reload()
    examiner.look(page, "paid")
    buyer.start(page)
    examiner.look(page, "lesson")
    page.get_by_role("button", name="Markér som gennemført").click()
    expect(page.get_by_role("button", name="Fortryd markeringen")).to_be_visible()
    for path in (FIRST_LESSON, "/kursus", "/koeb", "/min-side", "/koeb/tak"):
        page.goto(path)
        examiner.look(page, f"{path} of a buyer")
    site.stripe.refund(buyer.intent(session))
    assert site.stripe.wait_idle()
    page.goto(FIRST_LESSON)
    examiner.look(page, "locked lesson")
    page.goto(f"/koeb/tak?session_id={session}")
    examiner.look(page, "paid back")
    assert examiner.findings == []


def test_the_pages_of_signing_in(windows: Windows, buyer: Buyer, examiner: Examiner) -> None:
    buyer.buy(windows.open())
    [mail] = buyer.mails()
    page = windows.open(NARROWEST)
    windows.expect_status(page, 403, 410, 422)
    page.goto(buyer.link(mail))
    examiner.look(page, "mailed link")
    page.goto("/log-ind")
    page.get_by_label("Din mailadresse").fill(buyer.email)
    leave(page, page.get_by_role("button", name="Send mig et link"))
    examiner.look(page, "code")
    page.get_by_role("button", name="Log ind med koden").click()
    expect(page.get_by_role("alert")).to_be_visible()
    examiner.look(page, "code with errors")
    buyer.enter(page, mail)
    page.goto(buyer.link(mail))
    examiner.look(page, "used link")
    page.goto("/min-side")
    examiner.look(page, "my page")
    assert examiner.findings == []


def test_the_pages_of_an_enquiry(
    windows: Windows, site: Site, buyer: Buyer, examiner: Examiner
) -> None:
    page = windows.open(NARROWEST)
    windows.expect_status(page, 422)
    page.goto("/kontakt")
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("alert")).to_be_visible()
    examiner.look(page, "form with errors")
    Enquirer(site, "kirsten@gmial.com").fill_in(page)
    page.get_by_label("Din besked").focus()
    expect(error_of(page, "email")).to_contain_text("Mente du")
    examiner.look(page, "form with a suggestion")
    page.get_by_label("Din mailadresse").fill(buyer.email)
    page.get_by_label("Din besked").fill(f"{MESSAGE} 010190-1234")
    page.get_by_label("Din mailadresse").focus()
    expect(error_of(page, "message")).to_contain_text("CPR-nummer")
    examiner.look(page, "form with an error beside a field")
    page.get_by_label("Din besked").fill(MESSAGE)
    page.wait_for_timeout(HUMAN * 1000)
    page.get_by_role("button", name=SEND).click()
    thanked(page)
    examiner.look(page, "thanks")
    assert examiner.findings == []


def test_the_rooms_of_the_clinic(
    windows: Windows, site: Site, buyer: Buyer, examiner: Examiner
) -> None:
    visitor = windows.open()
    visitor.goto("/kontakt")
    Enquirer(site, buyer.email, "Rita Robot").fill_in(visitor)
    visitor.get_by_role("button", name=SEND).click()
    thanked(visitor)
    page = windows.open(NARROWEST)
    windows.expect_status(page, 409)
    page.goto("/klinik/henvendelser?state=suspected")
    sign_in(page, site)
    examiner.look(page, "list")
    leave(page, page.get_by_role("link", name="Rita Robot"))
    examiner.look(page, "suspect")
    lead = page.url
    page.get_by_role("button", name="Frigiv").click()
    expect(page.get_by_role("status")).to_have_text("Gemt.")
    examiner.look(page, "lead")
    page.locator("summary").click()
    page.locator("[name=version]").evaluate("field => { field.value = 0 }")
    page.get_by_role("button", name="Gem", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    examiner.look(page, "conflict")
    page.goto("/klinik/henvendelser")
    page.get_by_role("searchbox").fill("findes ikke")
    leave(page, page.get_by_role("button", name="Søg"))
    examiner.look(page, "nothing found")
    empty = "/klinik/henvendelser?state=closed"
    for path in (empty, "/klinik/mails", "/klinik/opbevaring", f"{lead.partition('?')[0]}/slet"):
        page.goto(path)
        examiner.look(page, path)
    assert examiner.findings == []
