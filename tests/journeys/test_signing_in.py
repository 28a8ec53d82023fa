"""In by a code, out again, and out everywhere."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.buyer import FIRST_LESSON, Buyer, status_of
from tests.journeys.conftest import Windows

pytestmark = pytest.mark.browser


def sign_in_by_code(page: Page, buyer: Buyer, mails: int) -> None:
    """Asks for a mail, which is then the person's `mails`th, and types its code."""
    page.goto("/log-ind")
    page.get_by_label("Din mailadresse").fill(buyer.email)
    page.get_by_role("button", name="Send mig et link").click()
    mail = buyer.mails(mails)[-1]
    page.get_by_label("Kode fra mailen").fill(buyer.code(mail))
    page.get_by_role("button", name="Log ind med koden").click()
    page.wait_for_url("/min-side")
    expect(page.get_by_text(buyer.email)).to_be_visible()


def test_the_code_signs_in_and_signing_out_closes_the_course(
    windows: Windows, buyer: Buyer
) -> None:
    buyer.buy(windows.open())
    buyer.mails()
    page = windows.open()
    sign_in_by_code(page, buyer, 2)
    page.get_by_role("link", name="Fortsæt, hvor du slap").click()
    expect(page).to_have_url(re.compile(FIRST_LESSON))
    page.get_by_role("link", name="Min side").click()
    page.get_by_role("button", name="Log ud", exact=True).click()
    page.wait_for_url("/")
    assert status_of(page, FIRST_LESSON) == 303
    page.go_back()
    expect(page.get_by_text(buyer.email)).to_have_count(0)


def test_signing_out_everywhere_closes_the_other_browsers(windows: Windows, buyer: Buyer) -> None:
    bought = windows.open()
    buyer.buy(bought)
    phone = windows.open()
    buyer.enter(phone, buyer.mails()[0])
    laptop = windows.open()
    sign_in_by_code(laptop, buyer, 2)
    assert status_of(phone, FIRST_LESSON) == 200
    laptop.get_by_role("button", name="Log ud alle steder").click()
    laptop.wait_for_url("/")
    assert [status_of(page, FIRST_LESSON) for page in (laptop, phone, bought)] == [303, 303, 303]
    phone.reload()
    expect(phone).to_have_url(re.compile("/log-ind[?]next=%2Fkursus%2F|/log-ind[?]next=/kursus/"))


def test_a_closed_lesson_leads_through_sign_in_back_to_itself(
    windows: Windows, buyer: Buyer
) -> None:
    buyer.buy(windows.open())
    buyer.mails()
    page = windows.open()
    page.goto(FIRST_LESSON)
    page.get_by_label("Din mailadresse").fill(buyer.email)
    page.get_by_role("button", name="Send mig et link").click()
    page.get_by_label("Kode fra mailen").fill(buyer.code(buyer.mails(2)[-1]))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"{FIRST_LESSON}$"))


def test_a_wrong_code_is_said_and_the_right_one_still_works(windows: Windows, buyer: Buyer) -> None:
    buyer.buy(windows.open())
    buyer.mails()
    page = windows.open()
    windows.expect_status(page, 422)
    page.goto("/log-ind")
    page.get_by_label("Din mailadresse").fill(buyer.email)
    page.get_by_role("button", name="Send mig et link").click()
    right = buyer.code(buyer.mails(2)[-1])
    page.get_by_label("Kode fra mailen").fill(f"{(int(right) + 1) % 10**6:06d}")
    page.get_by_role("button", name="Log ind med koden").click()
    expect(page.get_by_role("alert")).to_contain_text("Koden passer ikke")
    page.get_by_label("Kode fra mailen").fill(f"{right[:3]} {right[3:]}")
    page.get_by_role("button", name="Log ind med koden").click()
    page.wait_for_url("/min-side")
