"""The kørekort: earned by the last lesson, genuine to whoever asks, and telling nothing else."""

from __future__ import annotations

import re

import pytest

import shop.course.actions as course_actions
from shop.course import models as course_models
from shop.db import transaction
from shop.web import now
from tests.test_pdf import words, words_in

PAGE = "/kursus/koerekort"


@pytest.fixture
def finished(app, writer):
    """Somebody who has gone through every lesson but the last."""
    with app.app_context(), transaction():
        for step in course_models.outline(writer.person_id)[:-1]:
            lesson = course_models.find_lesson(step.slug)
            course_actions.complete(writer.person_id, lesson.id, True, now())
    return writer


def last_lesson(writer):
    writer.browser.get("/kursus/min-koerselsplan").submit("Markér som gennemført")


def number_on(page) -> str:
    return re.search(r"Nummer: (\w{4}-\w{4})", page.text)[1]


def test_it_is_given_with_the_last_lesson_and_not_before(finished):
    page = finished.browser.get(PAGE)
    assert "Der er én lektion tilbage" in page.words()
    for path in ("/kursus/koerekort.pdf", "/kursus/koerekort.png"):
        assert page.get(path).response.location == PAGE
    last_lesson(finished)
    assert "Dit kørekort" in page.get(PAGE).words()
    assert number_on(page) == number_on(page.get(PAGE)), "issued once"


def test_its_files_carry_name_number_and_date(finished):
    last_lesson(finished)
    page = finished.browser.get(PAGE)
    number = number_on(page)
    page.submit("Skift navnet på kortet", name="Åse Æbeløe")
    file = page.get("/kursus/koerekort.pdf").response.data
    for said in ("Åse Æbeløe", number, "Kursusbevis", "Giver ikke ret til at føre bil"):
        assert words(said) in words_in(file)
    assert page.get("/kursus/koerekort.png").response.data.startswith(b"\x89PNG")
    page.get(PAGE).submit("Skift navnet på kortet", name="")
    assert page.status == 422


def test_anybody_may_ask_whether_it_is_genuine_and_hears_the_date_alone(finished, browser):
    last_lesson(finished)
    number = number_on(finished.browser.get(PAGE))
    page = browser.get(f"/koerekort/{number}")
    assert re.fullmatch(r"Ægte Udstedt \d+\. \w+ \d{4}\.", page.words())
    assert "Ejer" not in page.text
    assert browser.get(f"/koerekort/{number.lower().replace('-', '')}").status == 200
    assert browser.get("/koerekort/K7M2-PX4R").status == 404


def test_a_refund_does_not_undo_what_was_done(app, finished, browser):
    last_lesson(finished)
    number = number_on(finished.browser.get(PAGE))
    with app.app_context(), transaction():
        course_actions.close("test:1")
    assert browser.get(f"/koerekort/{number}").status == 200
    assert finished.browser.get(PAGE).status == 403
