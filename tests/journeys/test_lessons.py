"""Going through the course: marking lessons, seeing the road behind, going on later."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.buyer import Buyer
from tests.journeys.conftest import Windows
from tests.journeys.window import expect_powered, has_mark, reload_mark

pytestmark = pytest.mark.browser


def mark_done(page: Page, by_htmx: bool = True) -> None:
    page.locator("#course-completed").scroll_into_view_if_needed()
    if by_htmx:
        expect_powered(page)
    page.get_by_role("button", name="Markér som gennemført").click()
    expect(page.get_by_text("Gennemført", exact=True)).to_be_visible()


def expect_progress(page: Page, done: int) -> None:
    page.goto("/kursus")
    expect(page.get_by_text(re.compile(r"\d+ af \d+ lektioner gennemført"))).to_have_text(
        re.compile(rf"^{done} af ")
    )
    expect(page.get_by_text("gennemført", exact=True)).to_have_count(done)


def test_a_lesson_is_marked_without_loading_the_page_anew(windows: Windows, buyer: Buyer) -> None:
    page = windows.open()
    buyer.buy(page)
    reload_mark(page)
    mark_done(page)
    undo = page.get_by_role("button", name="Fortryd markeringen")
    expect(undo).to_be_focused()
    assert has_mark(page)
    undo.click()
    expect(page.get_by_role("button", name="Markér som gennemført")).to_be_visible()
    mark_done(page)
    assert has_mark(page)
    expect_progress(page, 1)
    page.get_by_role("link", name="Fortsæt, hvor du slap").click()
    expect(page.get_by_text("Lektion 2 af")).to_be_visible()


def test_a_lesson_is_marked_without_javascript(windows: Windows, buyer: Buyer) -> None:
    page = windows.open(java_script_enabled=False)
    buyer.buy(page)
    mark_done(page, by_htmx=False)
    expect(page).to_have_url(re.compile("#course-completed$"))
    expect(page.locator("#course-completed")).to_be_in_viewport()
    expect_progress(page, 1)


def test_the_sound_plays_and_jumps(windows: Windows, buyer: Buyer) -> None:
    page = windows.open()
    buyer.buy(page)
    played = page.evaluate(
        """async () => {
          const audio = document.querySelector("audio");
          audio.muted = true;
          await audio.play();
          const jumped = new Promise((done) => audio.addEventListener("seeked", done));
          audio.currentTime = audio.duration / 2;
          await jumped;
          return [audio.duration, audio.currentTime];
        }"""
    )
    assert played[0] > 10
    assert played[1] > played[0] / 2 - 0.001  # Chromium cuts the place to microseconds
