"""The tools, the logbook and the plan: made of what was written, and of nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from shop.coursework import lessons, rules
from shop.coursework.rules import BLANK, TOOLS
from shop.web import now
from tests.coursework.conftest import FIRST, FLARE_UP, LAST
from tests.test_pdf import words, words_in

SLEEP, STAIRS, SUMS = "natkoersel-soevn-og-hvile", "maaltrappen", "aktivitetsregnskabet"


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.slug)
def test_every_tool_has_its_fields_in_one_lesson(app, writer, tool):
    with app.app_context():
        place, fields = lessons.find(lessons.places(), tool.fields)
    assert {field["name"] for field in fields} == set(tool.fields)
    page = writer.browser.get(f"/kursus/redskaber/{tool.slug}")
    assert page.status == 200
    assert tool.title in page.words()
    assert f"/kursus/{place.slug}" in page.links().values()
    assert "Ingen læser med." in page.words()


def test_every_question_of_the_plan_is_answered_by_fields_that_exist(app):
    with app.app_context():
        names = {field["name"] for place in lessons.places() for field in place.fields}
    for question in rules.QUESTIONS:
        assert set(question.fields) <= names, set(question.fields) - names
    assert {measure.name for measure in rules.MEASURES} | {rules.CHANGE} <= names


def test_the_tools_are_listed_and_each_can_be_begun_anew(writer):
    listed = writer.browser.get("/kursus/redskaber").links().values()
    assert {f"/kursus/redskaber/{tool.slug}" for tool in TOOLS} <= set(listed)
    writer.write(STAIRS, maal="At gå til stranden")
    page = writer.browser.get("/kursus/redskaber/maaltrappe").submit("Begynd på en ny trappe")
    assert page.status == 303
    assert writer.stored(STAIRS)["maal"].value is None
    assert writer.versions(STAIRS, "maal") == [None, "At gå til stranden"]
    assert "At gå til stranden" in page.get(f"/kursus/svar/{STAIRS}/tidligere").words()


def test_activity_and_sleep_are_added_up_without_a_score(writer):
    writer.send(
        SUMS,
        **{
            "tredageslog.0.minutter": "20",
            "tredageslog.1.minutter": "ca. 30 min.",
            "tredageslog.2.minutter": "40",
        },
    )
    said = writer.browser.get("/kursus/redskaber/regnskab").words()
    assert "I gennemsnit 30 minutter" in said
    assert "80 procent af det er 24 minutter" in said
    writer.send(
        SLEEP,
        **{
            "naetter.0.i_seng": "22:30",
            "naetter.0.op": "06:30",
            "naetter.0.kvalitet": "4",
            "naetter.1.i_seng": "23:00",
            "naetter.1.op": "06:00",
            "naetter.1.kvalitet": "5",
        },
    )
    said = writer.browser.get("/kursus/redskaber/soevn").words()
    assert "I seng: 7,5 timer" in said
    assert "Hvordan det var: 4,5 af 10" in said


def test_one_of_a_thing_is_said_as_one(writer):
    writer.send(SUMS, **{"tredageslog.0.minutter": "1"})
    said = writer.browser.get("/kursus/redskaber/regnskab").words()
    assert "I gennemsnit 1 minut ad gangen (1 gang)." in said
    assert "80 procent af det er 1 minut." in said
    writer.send(
        SLEEP,
        **{
            "naetter.0.i_seng": "23:00",
            "naetter.0.op": "00:00",
            "naetter.0.opvaagninger": "1",
            "naetter.0.kvalitet": "5",
        },
    )
    said = writer.browser.get("/kursus/redskaber/soevn").words()
    assert "I seng: 1 time." in said
    assert "Vågen: 1 gang." in said


def test_the_plan_for_a_flare_up_is_one_tap_from_every_page(writer, browser):
    writer.write(FLARE_UP, foerste_time="Læg dig ned i ti minutter")
    for path in ("/", "/kontakt", "/kursus", f"/kursus/{FIRST}", "/min-side", "/findes-ikke"):
        page = writer.browser.get(path)
        assert page.links().get("Opblussen") == "/kursus/redskaber/opblussen", path
        assert "public" not in page.response.headers["Cache-Control"], path
        assert "Opblussen" not in browser.get(path).links(), path
    page = writer.browser.get("/kursus/redskaber/opblussen")
    assert "Læg dig ned i ti minutter" in page.words()
    assert "Advarselslamper" in page.words()


def test_the_logbook_goes_from_start_to_now(app, writer):
    writer.write(FIRST, smerte="8", soevn="3")
    writer.write(FIRST, aktivitet_et="Gå til bageren", aktivitet_et_nu="2")
    writer.write(SLEEP, smerte="7")
    writer.write(LAST, smerte="5", aktivitet_et_nu="6", samlet_aendring="Lidt bedre")
    page = writer.browser.get("/kursus/koerelogbog")
    labels = [svg.get("aria-label") for svg in page.page.iter("svg")]
    assert "Smerte: ved start 8, nu 5. Lavere er bedre." in labels
    assert "Min første aktivitet: Gå til bageren: ved start 2, nu 6. Højere er bedre." in labels
    table = " ".join(page.page.find(".//*[@class='measures']").itertext()).split()
    assert "–" in table, "what was skipped stays a gap"
    for said in ("Lidt bedre", rules.CAUTION, "Lektion 8", "Slut"):
        assert said in page.words()
    assert "Tre måneder efter: fra den" in page.words()
    with time_machine.travel(now() + rules.LATER + timedelta(days=1)):
        page.get("/kursus/koerelogbog").submit("Gem", smerte="4")
        assert page.status == 303
        page.get("/kursus/koerelogbog")
    assert writer.stored(rules.LATER_SHEET)["smerte"].value == 4
    assert "Smerte: ved start 8, nu 4. Lavere er bedre." in page.text
    assert writer.stored(LAST)["smerte"].value == 5, "each occasion is its own"


def test_the_plan_is_made_of_the_answers_and_says_what_is_blank(writer):
    page = writer.browser.get("/kursus/plan")
    assert page.words().count(BLANK) == len(rules.QUESTIONS) + 1
    writer.write("min-forklaring", et_minut="Min alarm er blevet følsom")
    writer.write(STAIRS, hvis="Hvis det regner", saa="så går jeg i svømmehallen")
    writer.write("plan", egne_maal="Mere tid med børnebørnene")
    said = writer.browser.get("/kursus/plan").words()
    for answer in ("Min alarm er blevet følsom", "Hvis det regner", "Mere tid med børnebørnene"):
        assert answer in said
    file = writer.browser.get("/kursus/plan.pdf").response
    assert file.mimetype == "application/pdf"
    assert file.headers["Cache-Control"] == "private, no-store"
    printed = words_in(file.data)
    for answer in ("Min alarm er blevet følsom", "Mere tid med børnebørnene", BLANK):
        assert words(answer) in printed


def test_paper_for_one_lesson_and_for_all(writer):
    writer.write(STAIRS, maal="At gå til stranden")
    one = words_in(writer.browser.get(f"/kursus/{STAIRS}/ark.pdf").response.data)
    assert "Måltrappen" in one
    assert words("At gå til stranden") in one
    assert words("Lægevagtens numre: 127.0.0.1:5000/akut-hjaelp") in one
    every = words_in(writer.browser.get("/kursus/ark.pdf").response.data)
    assert words("Velkommen på køreskolen") in every
    assert words("Min kørselsplan") in every
    assert writer.browser.get("/kursus/findes-ikke/ark.pdf").status == 404
