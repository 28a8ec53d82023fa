"""The main job: buy the course, read the first lesson, go on with it on another screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.buyer import FIRST_LESSON, SOUND, Buyer, expect_open, status_of
from tests.journeys.conftest import NARROW, WIDE, Windows

pytestmark = pytest.mark.browser
both_widths = pytest.mark.parametrize("width", [NARROW, WIDE])


def read_down_to(page: Page, paragraph: str) -> str:
    """Scrolls a paragraph to the top and returns the place the page reports, once it has."""
    with page.expect_response(lambda answer: answer.url.endswith("/plads")) as waiting:
        page.locator(f"#{paragraph}").evaluate("element => element.scrollIntoView()")
    assert waiting.value.status == 204
    return (waiting.value.request.post_data or "").removeprefix("place=")


@both_widths
def test_the_course_opens_when_paid_and_goes_on_elsewhere(
    windows: Windows, buyer: Buyer, width: int
) -> None:
    page = windows.open(width)
    assert status_of(page, FIRST_LESSON) == 303, "closed before it is paid"
    buyer.order(page)
    buyer.pay(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Tak, kurset er dit")
    buyer.start(page)
    assert status_of(page, SOUND) == 200

    place = read_down_to(page, "afsnit-9")
    [mail] = buyer.mails()
    other = windows.open(WIDE if width == NARROW else NARROW)
    buyer.enter(other, mail)
    expect(other).to_have_url(re.compile(rf"{FIRST_LESSON}#{place}$"))
    expect(other.locator(f"#{place}")).to_be_in_viewport()
    assert other.evaluate("scrollY") > 0, "that paragraph is not on the first screen"


@both_widths
def test_the_same_without_javascript(windows: Windows, buyer: Buyer, width: int) -> None:
    page = windows.open(width, java_script_enabled=False)
    buyer.buy(page)
    page.get_by_role("link", name="Næste lektion").click()
    expect(page).not_to_have_url(re.compile(FIRST_LESSON))
    second_lesson, heading = page.url, page.get_by_role("heading", level=1).inner_text()

    [mail] = buyer.mails()
    other = windows.open(width, java_script_enabled=False)
    buyer.enter(other, mail)
    expect(other).to_have_url(second_lesson)
    expect(other.get_by_role("heading", level=1)).to_have_text(heading)


def test_a_mailed_link_opens_nothing_until_its_button_is_pressed(
    windows: Windows, buyer: Buyer
) -> None:
    buyer.buy(windows.open())
    [mail] = buyer.mails()
    scanner = windows.open()
    scanner.goto(buyer.link(mail))
    assert status_of(scanner, FIRST_LESSON) == 303
    reader = windows.open()
    buyer.enter(reader, mail)
    expect_open(reader)
    windows.expect_status(scanner, 410)
    scanner.reload()
    expect(scanner.get_by_role("heading", level=1)).to_have_text("Linket virker ikke længere")
