"""The clinician reads each lesson and answers for it by name."""

from __future__ import annotations

import sqlalchemy as sa

from shop.course import approval_models
from shop.course.models import Lesson
from shop.db import db, transaction
from tests.conftest import PREVIEW

LIST = "/klinik/kursus"
LESSON = f"/klinik{PREVIEW}"
APPROVE = "Godkend lektionen"


def current(clinic) -> set[str]:
    with clinic.app.app_context():
        return {each.slug for each in approval_models.standings() if each.current}


def test_a_lesson_is_read_approved_and_taken_back(clinic):
    browser = clinic.browser.get(LIST)
    assert "14 lektioner venter" in browser.words()
    words = browser.get(LESSON).words()
    for told in ("Mere smerte betyder ikke altid mere skade.", "Quiz", "Hvornår fulgtes smerte"):
        assert told in words
    browser.submit(APPROVE, name=" Rasmus  Prøve ", read="y")
    assert browser.response.location == f"{LIST}#{PREVIEW[8:]}"
    assert "Godkendt af Rasmus Prøve" in browser.get(LIST).words()
    assert current(clinic) == {PREVIEW[8:]}
    assert "afventer klinisk" not in browser.get(PREVIEW).words()
    browser.get(LESSON).submit("Tag godkendelsen tilbage")
    assert browser.status == 303
    assert current(clinic) == set()
    assert "afventer klinisk godkendelse" in browser.get(PREVIEW).words()


def test_a_name_and_having_read_are_asked_for(clinic):
    for given in ({"name": "", "read": "y"}, {"name": "Rasmus", "read": None}):
        clinic.browser.get(LESSON).submit(APPROVE, **given)
        assert clinic.browser.status == 422
        assert clinic.browser.fields()["name"].get("value") == given["name"]
    assert current(clinic) == set()


def test_a_text_changed_while_it_was_read_is_not_approved(clinic):
    browser = clinic.browser.get(LESSON)
    with clinic.app.app_context(), transaction():
        db.session.execute(sa.update(Lesson).values(digest="of a newer text"))
    browser.submit(APPROVE, name="Rasmus", read="y")
    assert browser.status == 409
    assert "blevet ændret, mens du læste" in browser.words()
    assert current(clinic) == set()
    assert browser.get("/klinik/kursus/findes-ikke").status == 404


def test_all_approved_is_said(clinic):
    for link in list(clinic.browser.get(LIST).page.iter("a")):
        if link.get("href", "").startswith(f"{LIST}/"):
            clinic.browser.get(link.get("href"))
            if APPROVE in clinic.browser.buttons():
                clinic.browser.submit(APPROVE, name="Rasmus", read="y")
    assert "Alle lektioner er godkendt" in clinic.browser.get(LIST).words()
