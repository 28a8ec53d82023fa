"""The course as a patient takes it: on a phone, with a network that comes and goes, to the end."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.buyer import FIRST_LESSON, Buyer
from tests.journeys.conftest import NARROW, NARROWEST, Windows
from tests.journeys.enquirer import sign_in
from tests.journeys.examiner import Examiner
from tests.journeys.program import Site
from tests.journeys.window import leave
from tests.journeys.writer import (
    CUT,
    DRAFTS,
    agree,
    choose,
    expect_saved,
    squeezed,
    words_of,
    write,
)

pytestmark = pytest.mark.browser

HOPE = "At gå ned efter brød uden at være flad bagefter"
EXPLANATION = "Min alarm er blevet følsom, og dårlig søvn skruer op"
GOAL = "At gå til stranden med børnebørnene"
FIRST_HOUR = "Læg dig ti minutter, og sig det til Poul"
PLAN_B = "Ring til Rasmus, og få en tid"
SECRET = "En tanke, som kun er min"


def begin(windows: Windows, buyer: Buyer, width: int = NARROW) -> Page:
    page = windows.open(width)
    buyer.buy(page)
    buyer.prove(page)
    agree(page)
    return page


def test_nothing_is_lost_when_the_network_and_the_browser_go(
    windows: Windows, buyer: Buyer
) -> None:
    page = begin(windows, buyer)
    windows.expect_offline(page)
    write(page, "haab", HOPE)
    for step in (3, 8):  # cut twice
        page.context.set_offline(True)
        page.locator(f'[name="smerte"][value="{step}"]').check(force=True)
        page.locator('[name="aktivitet_et"]').fill(f"Havearbejde {step}")
        expect(page.locator('[data-field="aktivitet_et"] [data-saved]')).to_have_text(CUT)
        page.context.set_offline(False)
        expect_saved(page, "smerte")
        expect_saved(page, "aktivitet_et")
    page.context.set_offline(True)  # and then the browser is closed in the middle of a word
    page.locator('[name="haab"]').fill(f"{HOPE}, og ti")
    page.wait_for_function(f"({DRAFTS})() === 1")
    kept = page.context.storage_state()
    assert HOPE not in str(kept), "sealed: others may use this screen"
    page.context.close()
    page = windows.open(NARROW, storage_state=kept)
    page.goto(FIRST_LESSON)
    expect(page.locator('[name="haab"]')).to_have_value(f"{HOPE}, og ti")
    # Thrown out once saved: now, or by the window's last breath, which the cut may not stop.
    page.wait_for_function(f"({DRAFTS})() === 0")
    page.reload()
    expect(page.locator('[name="haab"]')).to_have_value(f"{HOPE}, og ti")
    expect(page.locator('[name="smerte"][value="8"]')).to_be_checked()
    expect(page.locator('[name="aktivitet_et"]')).to_have_value("Havearbejde 8")


def test_two_windows_offer_back_what_they_went_over(windows: Windows, buyer: Buyer) -> None:
    page = begin(windows, buyer)
    other = page.context.new_page()
    other.goto(FIRST_LESSON)
    write(page, "haab", "Skrevet i det ene vindue")
    write(other, "haab", "Skrevet i det andet vindue")
    other.get_by_role("link", name="Se begge dele, og vælg").click()
    other.get_by_role("button", name=re.compile("^Brug det her igen")).click()
    other.goto(FIRST_LESSON)
    expect(other.locator('[name="haab"]')).to_have_value("Skrevet i det ene vindue")


def test_a_cpr_number_is_refused_beside_the_field(windows: Windows, buyer: Buyer) -> None:
    page = begin(windows, buyer)
    windows.expect_status(page, 422)
    page.locator('[name="haab"]').fill("Mit nummer er 010190-1234")
    line = page.locator('[data-field="haab"] [data-saved]')
    expect(line).to_contain_text("ligner et CPR-nummer")
    expect(page.locator('[name="haab"]')).to_have_value("Mit nummer er 010190-1234")
    assert page.evaluate("() => Object.keys(localStorage).length") == 0
    write(page, "haab", HOPE)


def test_rows_grow_and_the_quiz_answers_at_once(windows: Windows, buyer: Buyer) -> None:
    page = begin(windows, buyer)
    page.goto("/kursus/alarm-eller-skade")
    page.get_by_role("button", name="Få en række mere").click()
    page.locator('[name="saetninger.3.saetning"]').fill("Min ryg kan bevæges")
    page.locator('[name="saetninger.3.virkning"][value="Den hjælper mig"]').check()
    expect_saved(page, "saetninger")
    feedback = page.locator("[data-feedback]").first
    expect(feedback).to_be_hidden()
    page.locator('[name="quiz.0"]').first.check()
    expect(feedback).to_be_visible()
    page.reload()
    expect(page.locator('[name="saetninger.0.saetning"]')).to_have_value("Min ryg kan bevæges")
    expect(page.locator("[data-feedback]").first).to_be_visible()


def test_by_keyboard_alone(windows: Windows, buyer: Buyer) -> None:
    page = begin(windows, buyer)
    page.locator('[name="haab"]').focus()
    page.keyboard.type("Ro")
    page.keyboard.press("Tab")
    expect(page.locator('[name="smerte"][value=""]')).to_be_focused()
    page.keyboard.press("ArrowRight")  # round to the first step
    page.keyboard.press("ArrowRight")
    expect(page.locator('[name="smerte"][value="1"]')).to_be_checked()
    expect_saved(page, "smerte")
    page.keyboard.press("Tab")
    expect(page.locator('[name="hverdag"][value=""]')).to_be_focused()
    page.get_by_role("button", name="Gem", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-all]")).to_have_text("Alt er gemt.")
    page.goto("/kursus/sikkerhedstjek")
    page.locator('[name="tjek_vandladning"]').first.focus()
    for _ in range(6):
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Godt. Du kan køre videre")


def answer_the_course(page: Page) -> None:
    """A few answers in every part, as a patient leaves them."""
    write(page, "haab", HOPE)
    for field, step in (("smerte", 8), ("soevn", 3)):
        choose(page, field, step)
    for path, field, words in (
        ("min-forklaring", "et_minut", EXPLANATION),
        ("tanker-paa-bagsaedet", "tanke", SECRET),
        ("maaltrappen", "maal", GOAL),
        ("omkoersel-naar-smerten-blusser-op", "foerste_time", FIRST_HOUR),
        ("min-koerselsplan", "plan_b", PLAN_B),
    ):
        page.goto(f"/kursus/{path}")
        write(page, field, words)
    choose(page, "smerte", 5)


def finish(page: Page) -> None:
    page.goto("/kursus")
    lessons = [link.get_attribute("href") for link in page.locator(".lessons a").all()]
    assert len(lessons) == 14
    for path in lessons:
        page.goto(str(path))
        page.get_by_role("button", name="Markér som gennemført").click()
        expect(page.get_by_text("Gennemført", exact=True)).to_be_visible()


def test_from_the_first_lesson_to_plan_and_licence(
    windows: Windows, site: Site, buyer: Buyer
) -> None:
    page = begin(windows, buyer)
    page.goto("/kursus/sikkerhedstjek")
    for radio in page.get_by_role("radio", name="Nej").all():
        radio.check()
    page.get_by_role("button", name="Se, hvad du skal gøre").click()
    page.goto(FIRST_LESSON)
    answer_the_course(page)
    page.get_by_role("link", name="Opblussen").click()
    expect(page.locator(".card")).to_contain_text(FIRST_HOUR)
    page.goto("/kursus/koerelogbog")
    expect(
        page.get_by_role("img", name="Smerte: ved start 8, nu 5. Lavere er bedre.")
    ).to_be_visible()
    page.goto("/kursus/plan")
    page.locator("summary").nth(3).click()
    write(page, "egne_maal", "Mere tid med børnebørnene")
    page.reload()
    for words in (EXPLANATION, GOAL, PLAN_B, "Ikke udfyldt – tal om det sammen"):
        expect(page.get_by_role("main")).to_contain_text(words)
    printed = words_of(page, "/kursus/plan.pdf")
    for words in (EXPLANATION, GOAL, PLAN_B, "Mere tid med børnebørnene"):
        assert squeezed(words) in printed
    share_with_the_clinician(windows, site, page)
    finish(page)
    page.goto("/kursus/koerekort")
    expect(page.get_by_role("img", name=re.compile(f"Navn: {buyer.name}"))).to_be_visible()
    assert squeezed(buyer.name) in words_of(page, "/kursus/koerekort.pdf")
    page.get_by_role("link", name="siden, som QR-koden fører til").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ægte")
    expect(page.get_by_role("main")).not_to_contain_text(buyer.name)


def share_with_the_clinician(windows: Windows, site: Site, page: Page) -> None:
    page.get_by_role("link", name="Vælg, hvad du vil dele").click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    page.get_by_role("checkbox", name="Hvilke mål har du?").check()
    page.get_by_role("checkbox", name="Fra start til nu").check()
    page.get_by_role("checkbox", name=re.compile("^Ja, .* må læse")).check()
    page.get_by_role("button", name="Del det, jeg har valgt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Din plan er delt")
    clinic = windows.open()
    windows.expect_status(clinic, 404)
    clinic.goto("/klinik/planer")
    sign_in(clinic, site)
    clinic.get_by_role("link", name=re.compile("^Delt ")).first.click()
    expect(clinic.get_by_role("main")).to_contain_text(GOAL)
    for words in (EXPLANATION, SECRET, FIRST_HOUR, PLAN_B):
        expect(clinic.get_by_role("main")).not_to_contain_text(words)
    page.get_by_role("button", name="Tag planen tilbage").click()
    clinic.reload()
    expect(clinic.get_by_role("main")).not_to_contain_text(GOAL)


def test_its_pages_have_nothing_for_axe_to_say(windows: Windows, site: Site, buyer: Buyer) -> None:
    page = windows.open(NARROWEST)
    windows.expect_status(page, 404, 422)
    examiner = Examiner()
    buyer.buy(page)
    examiner.look(page, "asked for the code")
    buyer.prove(page)
    examiner.look(page, "asked for consent")
    agree(page)
    answer_the_course(page)
    for path in (
        FIRST_LESSON,
        *("/kursus/alarm-eller-skade", "/kursus/aktivitetsregnskabet"),
        *("/kursus/redskaber", "/kursus/redskaber/opblussen", "/kursus/redskaber/soevn"),
        *("/kursus/koerelogbog", "/kursus/plan", "/kursus/plan/del", "/kursus/plan/delt"),
        *("/kursus/koerekort", "/kursus/samtykke", "/kursus/sikkerhedstjek"),
        *("/kursus/svar/min-forklaring/tidligere", "/koerekort/K7M2-PX4R"),
    ):
        page.goto(path)
        examiner.look(page, path)
    page.goto("/kursus/plan/del")
    leave(page, page.get_by_role("button", name="Del det, jeg har valgt"))
    examiner.look(page, "nothing chosen")
    page.goto("/kursus/sikkerhedstjek")
    page.get_by_role("radio", name="Ja").first.check()
    leave(page, page.get_by_role("button", name="Se, hvad du skal gøre"))
    examiner.look(page, "advice")
    page.goto("/kursus/alarm-eller-skade")
    examiner.look(page, "paused")
    assert "\n".join(examiner.findings) == ""
