"""The purchase and the enquiry by keyboard alone, and a focus one can see at every stop."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.buyer import ORDER, START, Buyer, expect_open
from tests.journeys.conftest import NARROW, WIDE, Windows
from tests.journeys.enquirer import MESSAGE, SEND, Enquirer, sign_in, thanked
from tests.journeys.program import Site
from tests.journeys.window import expect_powered

pytestmark = pytest.mark.browser

# Inside the player the focus is on the browser's own buttons, which draw their own ring.
STOP = """() => {
  const stop = document.activeElement;
  const player = stop.tagName === "AUDIO" && !stop.matches(":focus");
  const style = getComputedStyle(stop);
  const box = stop.getBoundingClientRect();
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const named = stop.labels?.[0] ?? stop;
  return {
    at: stop === document.body ? "the page" : named.textContent.trim().replace(/\\s+/g, " "),
    shown: outlined || style.boxShadow !== "none" || player,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


def tab_to(page: Page, words: str, most: int = 40) -> None:
    """Presses Tab until the focus stands on what begins with these words."""
    passed = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop: dict[str, Any] = page.evaluate(STOP)
        assert stop["shown"], f"no visible focus on {stop['at']!r}"
        assert stop["inside"], f"the focus is out of sight on {stop['at']!r}"
        if stop["at"].startswith(words):
            return
        passed.append(stop["at"])
    raise AssertionError(f"no way to {words!r} past {passed}")


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_the_course_is_bought_by_keyboard(windows: Windows, buyer: Buyer, width: int) -> None:
    page = windows.open(width)
    page.goto("/kursus")
    tab_to(page, "Gå til indholdet")
    page.keyboard.press("Enter")
    tab_to(page, "Køb e-forløbet")
    page.keyboard.press("Enter")
    page.wait_for_url("/koeb")
    tab_to(page, "Din mailadresse")
    page.keyboard.type(buyer.email)
    tab_to(page, "Dit navn")
    page.keyboard.type(buyer.name)
    for box in ("Jeg er fyldt 18", "Ja, "):
        tab_to(page, box)
        page.keyboard.press("Space")
    tab_to(page, ORDER)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/c/pay/"))
    tab_to(page, "Betal med MobilePay")
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("/koeb/tak"))
    tab_to(page, START)
    page.keyboard.press("Enter")
    expect_open(page)
    tab_to(page, "Se svaret")
    page.keyboard.press("Enter")
    expect(page.locator(".question details").first).to_have_attribute("open", "")
    tab_to(page, "Markér som gennemført")
    expect_powered(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Fortryd markeringen")).to_be_focused()


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_an_enquiry_is_sent_by_keyboard(windows: Windows, buyer: Buyer, width: int) -> None:
    page = windows.open(width)
    windows.expect_status(page, 422)
    page.goto("/kontakt")
    tab_to(page, "Gå til indholdet")
    page.keyboard.press("Enter")
    tab_to(page, "Dit navn")
    page.keyboard.type(buyer.name)
    tab_to(page, "Din mailadresse")
    page.keyboard.type("kirsten@")
    tab_to(page, "Dit telefonnummer")
    page.keyboard.type("20 12 34 56")
    tab_to(page, "Noget andet")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Et forløb")).to_be_checked()
    tab_to(page, "Din besked")
    page.keyboard.type(MESSAGE.splitlines()[0])
    tab_to(page, "Ja, ")
    page.keyboard.press("Space")
    tab_to(page, SEND)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    tab_to(page, "Mailadressen ser ikke")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Din mailadresse")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(buyer.email)
    tab_to(page, SEND)
    page.keyboard.press("Enter")
    assert thanked(page)


def test_the_clinician_needs_no_mouse(windows: Windows, site: Site, buyer: Buyer) -> None:
    visitor = windows.open()
    visitor.goto("/kontakt")
    Enquirer(site, buyer.email, "Tine Tastatur").fill_in(visitor)
    visitor.get_by_role("button", name=SEND).click()
    thanked(visitor)
    page = windows.open(NARROW)
    page.goto("/klinik/henvendelser?state=suspected")
    sign_in(page, site)
    tab_to(page, "Søg på navn")
    page.keyboard.type("tastatur")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Én passer")
    tab_to(page, "Tine Tastatur")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/klinik/henvendelser/"))
    tab_to(page, "Note til dig selv")
    page.keyboard.type("Ser rigtig ud")
    tab_to(page, "Frigiv: send den videre")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Gemt.")
    tab_to(page, "Svar Tine")
    tab_to(page, "Ny")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Gem")
    page.keyboard.press("Enter")
    expect(page.locator(".tag").first).to_have_text("I gang")
