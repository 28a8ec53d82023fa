"""What a visitor sees who took a wrong turn or left something out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.buyer import ORDER, Buyer
from tests.journeys.conftest import Windows

pytestmark = pytest.mark.browser


def test_a_page_that_is_not_there_shows_the_way_on(windows: Windows) -> None:
    page = windows.open()
    windows.expect_status(page, 404)
    page.goto("/findes-ikke")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vejen ender her")
    page.get_by_role("main").get_by_role("link", name="Se kurset").click()
    page.wait_for_url("/kursus")


@pytest.mark.parametrize("javascript", [True, False])
def test_what_is_missing_is_said_first_and_what_was_typed_stays(
    windows: Windows, buyer: Buyer, javascript: bool
) -> None:
    page = windows.open(java_script_enabled=javascript)
    windows.expect_status(page, 422)
    page.goto("/koeb")
    page.get_by_label("Din mailadresse").fill("kirsten@")
    page.get_by_label("Dit navn").fill(buyer.name)
    page.get_by_role("button", name=ORDER).click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    expect(page).to_have_title(re.compile("^Fejl: "))
    expect(page.get_by_label("Din mailadresse")).to_have_value("kirsten@")
    expect(page.get_by_label("Dit navn")).to_have_value(buyer.name)

    summary.get_by_role("link", name=re.compile("Mailadressen ser ikke rigtig ud")).click()
    email = page.get_by_label("Din mailadresse")
    expect(email).to_be_focused()
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_accessible_description(re.compile("Mailadressen ser ikke rigtig ud"))
    buyer.fill_in(page)


def test_what_is_missing_is_listed_in_the_order_of_the_page(windows: Windows) -> None:
    page = windows.open()
    windows.expect_status(page, 422)
    page.goto("/koeb")
    page.get_by_role("button", name=ORDER).click()
    listed = (
        page.get_by_role("alert")
        .get_by_role("link")
        .evaluate_all("links => links.map((link) => link.hash.slice(1))")
    )
    shown = page.locator("[aria-invalid]").evaluate_all("fields => fields.map(({ id }) => id)")
    assert listed == shown == ["email", "name", "terms", "consent"]


def test_a_sign_in_link_made_up_offers_a_new_one(windows: Windows) -> None:
    page = windows.open()
    windows.expect_status(page, 410)
    page.goto("/log-ind/" + "x" * 43)
    page.get_by_role("link", name="Få et nyt link").click()
    page.wait_for_url("/log-ind")
