"""The safety check: its advice, the pause it asks for, and how little it remembers."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from shop.coursework.models import CHECK, Answer
from shop.db import db
from tests.conftest import SOUND
from tests.coursework.conftest import CHECKED, FLARE_UP, GATED, LAST, Writer

NO = dict.fromkeys(
    (
        *("tjek_vandladning", "tjek_skridt", "tjek_kraft"),
        *("tjek_feber", "tjek_fald", "tjek_andet"),
    ),
    "Nej",
)
PATH = "/kursus/sikkerhedstjek"
BUTTON = "Se, hvad du skal gøre"
PAUSED = "Her holder kurset en pause"


def rows(app):
    with app.app_context():
        query = sa.select(Answer).where(Answer.sheet == CHECK)
        return [(row.field, row.value) for row in db.session.scalars(query)]


def test_it_stands_before_lesson_three_until_it_is_answered(writer):
    browser = writer.browser
    assert "Tag sikkerhedstjekket" in browser.get(f"/kursus/{GATED}").links()
    browser.get(browser.links()["Tag sikkerhedstjekket"]).submit(BUTTON, **NO)
    assert "Du kan køre videre" in browser.words()
    assert browser.links()["Kør videre"] == f"/kursus/{GATED}"
    assert "Tag sikkerhedstjekket" not in browser.get(f"/kursus/{GATED}").links()


@pytest.mark.parametrize("lesson", [CHECKED, FLARE_UP])
def test_it_is_asked_in_two_lessons_and_apart_from_homework(writer, lesson):
    browser = writer.browser.get(f"/kursus/{lesson}")
    browser.submit(BUTTON, **{**NO, "tjek_kraft": "Ja"})
    assert browser.status == 200
    assert "Hold pause her, og ring først" in browser.words()
    assert writer.stored(lesson) == {}


def test_a_yes_pauses_what_follows_with_advice(app, writer):
    browser = writer.browser.get(PATH).submit(BUTTON, **{**NO, "tjek_skridt": "Ja"})
    advice = browser.page.find(".//*[@role='alert']")
    assert "følelsesløs i skridtet" in " ".join(advice.itertext())
    assert "ring straks" in " ".join(advice.itertext())
    assert rows(app) == [("udfald", {"pause": True})], "not which of them"
    for lesson in (GATED, LAST):
        assert PAUSED in browser.get(f"/kursus/{lesson}").words()
        assert "112" in browser.links()
        assert "Markér som gennemført" not in browser.buttons()
    assert PAUSED not in browser.get(f"/kursus/{CHECKED}").words(), "the advice stays open"
    assert PAUSED not in browser.get("/kursus/redskaber/opblussen").words()


def test_the_pause_is_advice_and_no_lock_and_nobody_else_can_tell(writer, new_browser):
    """A podcast that fell silent would say it to everybody who shares the app."""
    browser = writer.browser
    browser.get("/kursus/podcast").submit("Lav min adresse")
    feed = re.search(r"(/podcast/[\w-]{43}\.xml)", browser.get("/kursus/podcast").text)[1]
    sounds = (SOUND, feed.removesuffix(".xml") + "/du-er-ikke-alene.mp3")
    before = new_browser().get(feed).text
    assert "sikkerhedstjekket" in before, "the advice stands there for everybody"
    browser.get(PATH).submit(BUTTON, **{**NO, "tjek_skridt": "Ja"})
    assert "vent med øvelserne også dér" in browser.words()
    assert "vent med øvelserne" in browser.get(f"/kursus/{GATED}").words()
    assert new_browser().get(feed).text == before
    assert [browser.get(sound, Range="bytes=0-99").status for sound in sounds] == [206, 206]


@pytest.mark.parametrize("way", ["again", "doctor"])
def test_the_pause_ends(app, writer, way):
    browser = writer.browser.get(PATH).submit(BUTTON, **{**NO, "tjek_andet": "Ja"})
    if way == "again":
        browser.get(PATH).submit(BUTTON, **NO)
    else:
        browser.get(f"/kursus/{GATED}").submit("Jeg har talt med en læge om det")
        assert browser.response.location == f"/kursus/{GATED}"
    assert PAUSED not in browser.get(f"/kursus/{GATED}").words()
    assert rows(app) == [("udfald", {"pause": False})], "nothing of the one before"


def test_a_question_left_out_is_asked_for(app, writer):
    browser = writer.browser.get(PATH).submit(BUTTON, **{**NO, "tjek_fald": None})
    assert browser.status == 422
    assert "Svar ja eller nej" in browser.words()
    assert rows(app) == []


def test_one_yes_is_enough(writer):
    browser = writer.browser.get(PATH).submit(BUTTON, tjek_vandladning="Ja")
    assert browser.status == 200
    assert "Hold pause her" in browser.words()


def test_without_consent_it_gives_advice_and_remembers_nothing(app, owner):
    owner.get(PATH).submit(BUTTON, **{**NO, "tjek_kraft": "Ja"})
    assert "Hold pause her" in owner.words()
    assert rows(app) == []
    assert Writer(app, owner).stored(CHECK) == {}


def test_nobody_is_asked_about_suicide(writer):
    for path in (PATH, *(f"/kursus/{lesson}" for lesson in (CHECKED, FLARE_UP))):
        page = writer.browser.get(path)
        for form in page.page.iter("form"):
            assert "selvmord" not in " ".join(form.itertext()).lower()
