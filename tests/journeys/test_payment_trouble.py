"""When paying does not go straight: late answers, a refused card, second thoughts, money back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.buyer import FIRST_LESSON, SOUND, Buyer, expect_open, status_of
from tests.journeys.conftest import Windows
from tests.journeys.program import Site

pytestmark = pytest.mark.browser


def heading(page: Page, words: str, timeout: float = 5_000) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words, timeout=timeout)


def test_a_late_answer_turns_the_waiting_page_by_itself(
    windows: Windows, site: Site, buyer: Buyer
) -> None:
    page = windows.open()
    buyer.order(page)
    buyer.pay(page, "Betal, svar kommer senere")
    heading(page, "Vi venter på betalingen")
    assert status_of(page, FIRST_LESSON) == 303
    page.evaluate("() => { window.untouched = true }")
    site.stripe.settle(buyer.session(page), "succeeded")
    heading(page, "Tak, kurset er dit", timeout=10_000)
    assert page.evaluate("() => window.untouched"), "the page was loaded anew"
    buyer.start(page)


def test_a_late_no_turns_the_waiting_page_too(windows: Windows, site: Site, buyer: Buyer) -> None:
    page = windows.open()
    buyer.order(page)
    buyer.pay(page, "Betal, svar kommer senere")
    heading(page, "Vi venter på betalingen")
    site.stripe.settle(buyer.session(page), "failed")
    heading(page, "Betalingen gik ikke igennem", timeout=10_000)
    assert status_of(page, FIRST_LESSON) == 303
    page.get_by_role("link", name="Prøv igen").click()
    buyer.fill_in(page)
    buyer.pay(page)
    buyer.start(page)


def test_without_javascript_a_link_asks_again(windows: Windows, site: Site, buyer: Buyer) -> None:
    page = windows.open(java_script_enabled=False)
    buyer.order(page)
    buyer.pay(page, "Betal, svar kommer senere")
    heading(page, "Vi venter på betalingen")
    site.stripe.settle(buyer.session(page), "succeeded")
    page.get_by_role("link", name="Opdatér").click()
    buyer.start(page)


def test_after_a_refused_card_one_pays_by_other_means(windows: Windows, buyer: Buyer) -> None:
    page = windows.open()
    buyer.order(page)
    windows.expect_status(page, 402)
    page.get_by_role("button", name="Kortet afvises").click()
    expect(page.get_by_role("alert")).to_contain_text("Kortet blev afvist")
    buyer.pay(page, "Betal med kort")
    buyer.start(page)


def test_one_who_cancels_is_back_at_the_order_and_may_order_again(
    windows: Windows, buyer: Buyer
) -> None:
    page = windows.open()
    buyer.order(page)
    page.get_by_role("button", name="Annullér").click()
    page.wait_for_url("/koeb")
    assert status_of(page, FIRST_LESSON) == 303
    buyer.fill_in(page)
    buyer.pay(page)
    buyer.start(page)


def test_the_landing_page_opens_the_course_while_the_webhook_is_held(
    windows: Windows, site: Site, buyer: Buyer
) -> None:
    site.stripe.hold()
    page = windows.open()
    buyer.buy(page)
    assert len(buyer.mails()) == 1
    site.stripe.release()
    assert site.stripe.wait_idle()
    page.reload()
    expect_open(page)
    assert len(buyer.mails()) == 1, "the late webhook must not send the mail again"


def test_the_webhook_opens_the_course_for_one_who_never_came_back(
    windows: Windows, site: Site, buyer: Buyer
) -> None:
    page = windows.open()
    buyer.order(page)
    # What the button sends, without going where the answer leads: the window is shut by then.
    paid = page.request.post(page.url, form={"how": "mobilepay"}, max_redirects=0)
    assert "/koeb/tak" in paid.headers["location"]
    page.context.close()
    [mail] = buyer.mails()
    phone = windows.open()
    buyer.enter(phone, mail)
    expect_open(phone)


def test_a_full_refund_closes_lesson_and_sound_and_sells_again(
    windows: Windows, site: Site, buyer: Buyer
) -> None:
    page = windows.open()
    buyer.order(page)
    session = buyer.session(page)
    buyer.pay(page)
    buyer.start(page)
    assert status_of(page, SOUND) == 200
    site.stripe.refund(buyer.intent(session))
    assert site.stripe.wait_idle()

    windows.expect_status(page, 403)
    page.reload()
    heading(page, "Kurset er lukket")
    expect(page.get_by_text("Dine smerter er virkelige")).to_have_count(0)
    assert status_of(page, FIRST_LESSON) == 403
    assert status_of(page, SOUND) == 403
    page.goto("/kursus")
    page.get_by_role("link", name=re.compile("^Køb e-forløbet")).first.click()
    expect(page.get_by_role("button", name="Køb med betalingspligt")).to_be_visible()
