"""One patient takes the whole course on a phone, with a network that comes and goes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.buyer import Buyer
from tests.journeys.conftest import NARROW, Windows
from tests.journeys.enquirer import sign_in
from tests.journeys.examiner import Examiner
from tests.journeys.program import Site
from tests.journeys.test_lessons import mark_done
from tests.journeys.writer import (
    CUT,
    DRAFTS,
    agree,
    say_no,
    squeezed,
    words_of,
)

pytestmark = pytest.mark.browser

LESSONS = 14
CHECKED = {2, 13}  # lessons with the safety check
CUT_IN, CLOSED_IN, BY_KEYBOARD = {4, 9}, 6, 10
NAMED = "Kirsten på landevejen"
DATES = {"date": "2026-12-01", "time": "22:30"}
KEPT = re.compile(r"^Gemt (?:\d+\. \w+ \d{4} )?kl\. \d+\.\d\d$")  # just now, or before
BOXES = "input[type=text]:visible, textarea:visible"


class Patient:
    """Somebody on a phone; `said` is what they wrote, by the name of the field."""

    def __init__(self, windows: Windows, page: Page) -> None:
        self.windows, self.page = windows, page
        self.said: dict[str, str] = {}

    def words(self, lesson: int, field: str) -> str:
        """Words that stand nowhere else, each time others."""
        self.said[field] = f"Mit svar {lesson:02}{len(self.said):03} her"
        return self.said[field]

    def answer(self, lesson: int) -> list[str]:
        """Writes in every box, chooses in every list, and returns the names of the fields."""
        fields = self.page.locator("form.sheet [data-field]")
        names = [str(name) for name in fields.evaluate_all("all => all.map(e => e.dataset.field)")]
        for name in names:
            field = self.page.locator(f'form.sheet [data-field="{name}"]')
            for box in field.locator(BOXES).all()[:1]:
                box.fill(self.words(lesson, name))
            for kind, value in DATES.items():
                for box in field.locator(f"input[type={kind}]:visible").all()[:1]:
                    box.fill(value)
            for choice in field.locator("[type=radio], [type=checkbox]").all()[:1]:
                choice.check(force=True)
        return names

    def expect_kept(self, names: list[str]) -> None:
        for name in names:
            line = self.page.locator(f'form.sheet [data-field="{name}"] [data-saved]')
            expect(line).to_have_text(KEPT, timeout=15_000)
        self.page.wait_for_function(f"({DRAFTS})() === 0")  # thrown out once saved

    def with_the_network_cut(self, lesson: int) -> None:
        self.page.context.set_offline(True)
        names = self.answer(lesson)
        expect(self.page.get_by_text(CUT).first).to_be_visible()
        self.page.context.set_offline(False)
        self.expect_kept(names)

    def with_the_browser_closed(self, lesson: int) -> None:
        address = self.page.url
        self.page.context.set_offline(True)
        names = self.answer(lesson)
        self.page.wait_for_function(f"({DRAFTS})() === {len(names)}")
        kept = self.page.context.storage_state()
        assert not [words for words in self.said.values() if words in str(kept)], "sealed"
        self.page.context.close()
        self.page = self.windows.open(NARROW, storage_state=kept)
        self.page.goto(address)
        self.expect_kept(names)

    def by_keyboard(self, lesson: int) -> None:
        """Reaches and fills every box of a lesson, and marks it, without a finger on the glass."""
        self.page.locator("#hjemme").evaluate("e => { e.tabIndex = -1; e.focus() }")
        reached = []
        while (here := self._tab())["kind"] != "submit":
            if here["field"] and here["kind"] in {"text", "textarea"}:
                if here["field"] not in self.said:
                    self.page.keyboard.type(self.words(lesson, here["field"]))
                    reached.append(here["field"])
            elif here["kind"] == "radio":
                self.page.keyboard.press("ArrowRight")  # from "Intet svar" round to the first
            elif here["kind"] == "checkbox":
                self.page.keyboard.press("Space")
        assert reached
        self.page.keyboard.press("Enter")
        expect(self.page.locator("[data-all]")).to_have_text("Alt er gemt.")
        while self._tab()["words"] != "Markér som gennemført":
            pass
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_text("Gennemført", exact=True)).to_be_visible()
        while not self._tab()["words"].startswith("Næste lektion"):
            pass
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _tab(self) -> dict[str, str]:
        self.page.keyboard.press("Tab")
        here: dict[str, str] = self.page.evaluate(
            """() => {
              const e = document.activeElement;
              if (e.matches("footer *")) throw Error("tabbed past the end of the lesson");
              const kind = e.matches("[data-more]") ? "more" : e.type ?? "";
              const field = e.closest("[data-field]")?.dataset.field ?? "";
              return { kind, field, words: e.textContent.trim() };
            }"""
        )
        return here


def take(patient: Patient, examiner: Examiner, lesson: int) -> None:
    """One lesson from its first word to the next lesson."""
    page = patient.page
    expect(page.get_by_text(f"Lektion {lesson} af {LESSONS}")).to_be_visible()
    if lesson in CHECKED:
        address = page.url
        say_no(page)
        page.goto(address)
    if lesson == BY_KEYBOARD:
        return patient.by_keyboard(lesson)
    if lesson in CUT_IN:
        patient.with_the_network_cut(lesson)
    elif lesson == CLOSED_IN:
        patient.with_the_browser_closed(lesson)
    else:
        patient.expect_kept(patient.answer(lesson))
    page = patient.page
    if lesson in {1, 6}:
        examiner.look(page, f"lesson {lesson}, written")
    mark_done(page)
    if lesson < LESSONS:
        page.get_by_role("link", name=re.compile("^Næste lektion")).click()
    return None


def read_the_plan(patient: Patient, examiner: Examiner) -> None:
    page = patient.page
    page.goto("/kursus/plan")
    examiner.look(page, "plan")
    shown, printed = page.get_by_role("main").inner_text(), words_of(page, "/kursus/plan.pdf")
    for field, words in patient.said.items():
        assert words in shown, field
        assert squeezed(words) in printed, field


def share(patient: Patient, examiner: Examiner, site: Site) -> None:
    page, clinic = patient.page, patient.windows.open()
    page.goto("/kursus/plan/del")
    page.get_by_role("checkbox", name="Hvilke mål har du?").check()
    page.get_by_role("checkbox", name=re.compile("^Ja, .* må læse")).check()
    page.get_by_role("button", name="Del det, jeg har valgt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Din plan er delt")
    clinic.goto("/klinik/planer")
    sign_in(clinic, site)
    clinic.get_by_role("link", name=re.compile("^Delt ")).first.click()
    read = clinic.get_by_role("main").inner_text()
    assert patient.said["maal"] in read
    for field in ("et_minut", "tanke", "foerste_time", "plan_b"):
        assert patient.said[field] not in read, f"{field} was not shared"
    examiner.look(clinic, "shared plan")


def test_the_whole_course(windows: Windows, site: Site, buyer: Buyer) -> None:
    patient, examiner = Patient(windows, windows.open(NARROW)), Examiner()
    buyer.buy(patient.page)
    buyer.prove(patient.page)
    agree(patient.page)
    for lesson in range(1, LESSONS + 1):
        windows.expect_offline(patient.page)
        take(patient, examiner, lesson)
    assert len(patient.said) > 40
    read_the_plan(patient, examiner)
    share(patient, examiner, site)
    page = patient.page
    page.goto("/kursus")
    page.get_by_role("link", name="Hent dit kørekort").click()
    page.get_by_label("navn").fill(NAMED)
    page.get_by_role("button", name="Skift navnet på kortet").click()
    card = page.get_by_role("img", name=re.compile(f"Navn: {NAMED}"))
    assert card.evaluate("async (image) => { await image.decode(); return image.naturalWidth }")
    assert squeezed(NAMED) in words_of(page, "/kursus/koerekort.pdf")
    examiner.look(page, "licence")
    assert examiner.findings == []
