"""The clinician reads a lesson, answers for it by name, and thinks again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import NARROW, WIDE, Windows
from tests.journeys.enquirer import sign_in
from tests.journeys.examiner import Examiner
from tests.journeys.program import Site
from tests.journeys.window import leave

pytestmark = pytest.mark.browser


def test_a_lesson_is_approved_and_taken_back(windows: Windows, site: Site) -> None:
    page, examiner = windows.open(NARROW), Examiner()
    windows.expect_status(page, 422)
    page.goto("/klinik/kursus")
    sign_in(page, site)
    examiner.look(page, "all lessons", NARROW, WIDE)
    page.get_by_role("link", name="Læs den næste").click()
    title = page.get_by_role("heading", level=1).inner_text()
    approve = page.get_by_role("button", name="Godkend lektionen")
    page.get_by_label("Dit navn").fill("Rasmus Prøve")
    page.get_by_role("checkbox").check()
    examiner.look(page, "a lesson", NARROW, WIDE)
    approve.click()
    expect(page.get_by_text("Godkendt af Rasmus Prøve")).to_be_visible()
    leave(page, page.get_by_role("link", name=title.replace("\n", " ")))
    examiner.look(page, "approved", NARROW, WIDE)
    page.get_by_role("button", name="Tag godkendelsen tilbage").click()
    expect(page.get_by_text("Godkendt af Rasmus Prøve")).to_have_count(0)
    expect(page.get_by_text("14 lektioner venter")).to_be_visible()
    assert examiner.findings == []
