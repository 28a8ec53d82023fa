"""Every public page without a mouse, and in letters twice as large."""

from __future__ import annotations

import pytest

from audit.pages import program, public_pages
from tests.journeys.conftest import NARROW, WIDE, Windows
from tests.journeys.test_keyboard import STOP
from tests.journeys.window import sideways

pytestmark = pytest.mark.browser

PUBLIC = public_pages(program())
# Everything that can be clicked or filled in, as long as it can be seen; of a group of radio
# buttons Tab reaches one, and arrows the others.
OPERABLE = """() => {
  const all = "a[href], button, input, select, textarea, summary, audio[controls]";
  const groups = new Set();
  return [...document.querySelectorAll(all)].filter((element) => {
    if (!element.checkVisibility() || element.tabIndex < 0 || element.disabled) return false;
    if (element.type !== "radio") return true;
    return !groups.has(element.name) && groups.add(element.name);
  }).length;
}"""
MARK = """() => {
  const stop = document.activeElement;
  const first = !stop.hasAttribute("data-passed");
  stop.setAttribute("data-passed", "");
  return first && stop !== document.body && stop.tagName !== "MAIN";
}"""


@pytest.mark.parametrize("path", PUBLIC)
def test_all_that_can_be_clicked_is_reached_by_tab_and_shows_it(
    windows: Windows, path: str
) -> None:
    page = windows.open(NARROW, java_script_enabled=False)
    windows.expect_status(page, 410)
    page.goto(path)
    waiting = page.evaluate(OPERABLE)
    for _ in range(3 * waiting):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if page.evaluate(MARK):
            waiting -= 1
            assert stop["shown"], f"no visible focus on {stop['at']!r}"
            assert stop["inside"], f"the focus is out of sight on {stop['at']!r}"
        if not waiting:
            return
    raise AssertionError(f"Tab does not reach {waiting} of them")


@pytest.mark.parametrize("path", PUBLIC)
def test_nothing_is_lost_when_letters_are_twice_as_large(windows: Windows, path: str) -> None:
    page = windows.open(WIDE, java_script_enabled=False)
    windows.expect_status(page, 410)
    browser = page.context.new_cdp_session(page)
    browser.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    page.goto(path)
    assert page.evaluate("() => getComputedStyle(document.documentElement).fontSize") == "32px"
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 800})
        assert sideways(page) == [], width
