"""Listening to a lesson: with the keys, on two screens, on a bad day, and read by the browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.buyer import FIRST_LESSON, Buyer
from tests.journeys.conftest import NARROW, NARROWEST, Windows
from tests.journeys.examiner import Examiner
from tests.journeys.window import sideways

pytestmark = pytest.mark.browser

# Headless Chromium brings no voices along: a Danish one, as most phones have, that says nothing.
VOICE = """
  const said = [];
  const voice = { lang: "da-DK", name: "Prøve" };
  window.SpeechSynthesisUtterance = class extends EventTarget {
    constructor(text) { super(); this.text = text; }
  };
  Object.defineProperty(window, "speechSynthesis", { value: {
    said, paused: false, getVoices: () => [voice], addEventListener() {},
    speak(utterance) { said.push(utterance); }, cancel() { this.paused = false; },
    pause() { this.paused = true; }, resume() { this.paused = false; },
  } });
"""


def at(page: Page) -> float:
    """How far the sound is, in seconds."""
    return float(page.evaluate("() => document.querySelector('audio').currentTime"))


def test_the_player_plays_jumps_and_slows_down(windows: Windows, buyer: Buyer) -> None:
    page = windows.open(NARROW)
    buyer.buy(page)
    page.evaluate("() => { document.querySelector('audio').muted = true }")
    play = page.get_by_role("button", name="Afspil")
    play.click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator("[data-at]")).not_to_have_text("0.00")
    page.get_by_label("Fart").select_option("1,2")
    assert page.evaluate("() => document.querySelector('audio').playbackRate") == 1.2
    page.get_by_role("button", name="15 sekunder frem").click()
    page.wait_for_function("() => document.querySelector('audio').currentTime >= 15")
    page.get_by_role("link", name="Læs med").click()
    expect(page.locator("details .said-now")).to_have_attribute("aria-current", "true")
    page.get_by_label("Stop om").select_option("15 min.")
    expect(page.get_by_text("Lyden stopper om 15 minutter.")).to_be_visible()
    page.get_by_role("button", name="15 sekunder tilbage").click()
    page.wait_for_function("() => document.querySelector('audio').currentTime < 15")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".said-now")).to_have_count(0)
    for box in page.locator(".deck :is(button, select, input)").all():
        assert box.bounding_box()["height"] >= 44  # type: ignore[index]
    assert sideways(page) == []


def test_another_screen_goes_on_in_the_same_place(windows: Windows, buyer: Buyer) -> None:
    page = windows.open()
    buyer.buy(page)
    slider = page.get_by_role("slider", name="Hvor i lyden")
    with page.expect_response(re.compile("/lyt$")) as told:
        slider.fill("33")
        slider.dispatch_event("change")
    assert told.value.status == 204
    with page.expect_response(re.compile("/lyt$")):
        page.get_by_label("Fart").select_option("0,8")
    phone = windows.open(NARROW)
    [mail] = buyer.mails()
    buyer.enter(phone, mail)
    phone.goto(FIRST_LESSON)
    expect(phone.locator("[data-at]")).to_have_text("0.33")
    expect(phone.get_by_label("Fart")).to_have_value("80")
    phone.evaluate("() => { document.querySelector('audio').muted = true }")
    phone.get_by_role("button", name="Afspil").click()
    phone.wait_for_function("() => document.querySelector('audio').currentTime >= 33")
    assert at(phone) < 40


def test_the_player_by_keyboard(windows: Windows, buyer: Buyer) -> None:
    page = windows.open()
    buyer.buy(page)
    page.evaluate("() => { document.querySelector('audio').muted = true }")
    page.get_by_role("button", name="Afspil").focus()
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('audio').currentTime >= 15")
    page.keyboard.press("j")
    page.wait_for_function("() => document.querySelector('audio').currentTime < 15")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Afspil")).to_be_focused()
    page.locator("h1").click()
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Afspil")).to_be_visible()


def test_it_plays_without_our_script(windows: Windows, buyer: Buyer) -> None:
    page = windows.open(java_script_enabled=False)
    buyer.buy(page)
    expect(page.locator("audio[controls]")).to_be_visible()
    expect(page.get_by_role("button", name="Afspil")).to_be_hidden()
    expect(page.get_by_role("button", name="Læs højt")).to_be_hidden()


def test_a_bad_day_without_our_script(windows: Windows, buyer: Buyer) -> None:
    page = windows.open(NARROW, java_script_enabled=False)
    buyer.buy(page)
    page.get_by_role("link", name="Lav energi i dag? Vis det korte").click()
    expect(page.get_by_role("heading", name="Det ene skridt i dag")).to_be_visible()
    expect(page.locator("audio[controls]")).to_be_visible()
    page.get_by_role("button", name="Det er nok. Markér som gennemført").click()
    expect(page.get_by_text("Det var godt gjort")).to_be_visible()
    page.get_by_role("link", name="Ikke i dag. Næste gang").click()
    page.get_by_role("link", name="Fortsæt, hvor du slap").click()
    expect(page.get_by_role("heading", name="Det ene skridt i dag")).to_be_visible()
    page.get_by_role("link", name="Vis hele lektionen").click()
    expect(page.get_by_text("Når du er færdig")).to_be_visible()
    assert sideways(page) == []


def test_a_browser_with_a_danish_voice_reads_aloud(windows: Windows) -> None:
    page = windows.open()
    page.goto("/kursus/alarm-eller-skade")
    expect(page.get_by_role("button", name="Læs højt")).to_be_hidden()
    page.add_init_script(VOICE)
    page.reload()
    page.get_by_role("button", name="Læs højt").click()
    expect(page.locator(".read-now")).to_contain_text("Når det gør meget ondt")
    page.evaluate("() => speechSynthesis.said[0].dispatchEvent(new Event('end'))")
    expect(page.locator(".read-now")).to_contain_text("Måske har du skåret dig")
    said = page.evaluate("() => speechSynthesis.said.map((each) => [each.text, each.lang])")
    assert said[0] == ["Når det gør meget ondt, er der så også sket stor skade?", "da-DK"]
    page.get_by_role("button", name="Hold pause").click()
    page.get_by_role("button", name="Fortsæt").click()
    page.get_by_role("button", name="Stop oplæsningen").click()
    expect(page.locator(".read-now")).to_have_count(0)


def test_nothing_for_axe_to_say(windows: Windows, buyer: Buyer) -> None:
    page = windows.open(NARROWEST)
    examiner = Examiner()
    buyer.buy(page)
    page.get_by_role("link", name="Læs med").click()
    examiner.look(page, "lesson with its words")
    page.goto(f"{FIRST_LESSON}?lav-energi=1")
    examiner.look(page, "little energy")
    page.goto("/koeb/besked")
    examiner.look(page, "told when it opens")
    assert examiner.findings == []
