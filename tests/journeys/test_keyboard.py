"""The purchase with Tab, Enter and Space alone, and a focus one can see at every stop."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.buyer import ORDER, START, Buyer, expect_open
from tests.journeys.conftest import NARROW, WIDE, Windows

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
    tab_to(page, "Jeg er fyldt 18")
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
    expect(page.locator("details").first).to_have_attribute("open", "")
    tab_to(page, "Markér som gennemført")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Fortryd markeringen")).to_be_focused()
