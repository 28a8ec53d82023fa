"""Answers: kept for whom, kept how, and never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from shop.web import now
from tests.course.conftest import OWNER
from tests.coursework.conftest import CHECKED, FIRST, GATED, Writer

LESSON = f"/kursus/{FIRST}"


def test_nothing_is_kept_before_one_agrees(app, owner):
    page = owner.get(LESSON)
    assert "Tag papir og blyant" in page.words()
    assert "Gem mine svar her" in page.buttons()
    silent = Writer(app, owner)
    silent.send(FIRST, haab="At gå ned efter brød")
    assert owner.status == 409
    assert silent.versions(FIRST, "haab") == []
    owner.post("/kursus/samtykke", {"csrf_token": silent.token()})
    silent.send(FIRST, haab="At gå ned efter brød")
    assert owner.status == 409, "the box was not ticked"


def test_the_lesson_shows_what_was_written(writer):
    told = writer.send(FIRST, haab="At gå ned efter brød & mælk <igen>")
    assert told["saved"].startswith("Gemt kl. ")
    assert told["fields"]["haab"] == {"version": 1, "clashed": False}
    writer.write(FIRST, smerte="7", aktivitet_et="Gå ned efter brød")
    page = writer.browser.get(LESSON)
    assert page.response.headers["Cache-Control"] == "private, no-store"
    area = page.page.find(".//*[@id='felt-haab']")
    assert area.text == "At gå ned efter brød & mælk <igen>"
    chosen = [
        field.get("value")
        for field in page.page.iter("input")
        if field.get("name") == "smerte" and "checked" in field.attrib
    ]
    assert chosen == ["7"]
    writer.write(FIRST, smerte="")
    assert writer.stored(FIRST)["smerte"].value is None


def test_a_whole_form_is_saved_without_javascript(writer):
    writer.browser.get(LESSON).submit("Gem", haab="Ro", smerte="0", aktivitet_et="Haven")
    assert writer.browser.response.location == f"{LESSON}#hjemme"
    stored = writer.stored(FIRST)
    assert {name: kept.value for name, kept in stored.items() if kept.value is not None} == {
        "haab": "Ro",
        "smerte": 0,
        "aktivitet_et": "Haven",
    }


def test_rows_grow_without_javascript(writer):
    path = f"/kursus/{GATED}"
    writer.browser.get(path).submit(
        "Få en række mere",
        **{
            "more": "saetninger",
            "saetninger.0.saetning": "Min ryg kan bevæges",
            "saetninger.0.virkning": "Den hjælper mig",
            "saetninger.2.saetning": "Pas nu på",
        },
    )
    assert writer.browser.response.location == f"{path}?mere=saetninger#felt-saetninger"
    assert writer.stored(GATED)["saetninger"].value == [
        {"saetning": "Min ryg kan bevæges", "virkning": "Den hjælper mig"},
        {"saetning": "Pas nu på"},
    ]
    names = writer.browser.follow().fields()
    assert "saetninger.4.virkning" in names
    assert names["saetninger.1.saetning"].get("value") == "Pas nu på"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("haab", "Mit nummer er 010190-1234"),
        ("haab", "x" * 8001),
        ("smerte", "11"),
        ("smerte", "-1"),
        ("smerte", "syv"),
    ],
)
def test_what_cannot_be_kept_is_said_kindly_and_comes_back(writer, field, value):
    told = writer.send(FIRST, **{field: value})
    assert writer.browser.status == 422
    assert told["wrong"][field]
    assert writer.versions(FIRST, field) == []
    writer.browser.get(LESSON).submit("Gem", aktivitet_to="Cykle", **{field: value})
    assert writer.browser.status == 422
    assert "Noget er ikke gemt endnu" in writer.browser.words()
    assert value in writer.browser.text or field == "smerte"
    assert writer.stored(FIRST)["aktivitet_to"].value == "Cykle", "the rest is kept"


def test_the_same_words_twice_are_one_save(writer):
    assert writer.send(FIRST, haab="Ro")["fields"]["haab"]["version"] == 1
    assert writer.send(FIRST, haab="Ro")["fields"]["haab"]["version"] == 1
    assert writer.versions(FIRST, "haab") == ["Ro"]


def test_typing_leaves_one_version_a_sitting(writer):
    for base, words in enumerate(["R", "Ro", "Ro og", "Ro og mod"]):
        writer.send(FIRST, base, haab=words)
    assert writer.versions(FIRST, "haab") == ["Ro og mod"]
    with time_machine.travel(now() + timedelta(days=9)):
        writer.send(FIRST, 4, haab="Ro, mod og brød")
    assert writer.versions(FIRST, "haab") == ["Ro, mod og brød", "Ro og mod"]


def test_words_that_vanish_are_still_there(writer):
    writer.send(FIRST, haab="Noget langt, som en kat på tastaturet kan slette")
    writer.send(FIRST, 1, haab="")
    assert writer.versions(FIRST, "haab")[1].startswith("Noget langt")
    writer.browser.get(f"/kursus/svar/{FIRST}/tidligere").submit(
        "Brug det her igen: Hvad håber du på?, " + _moment(writer)
    )
    assert writer.stored(FIRST)["haab"].value.startswith("Noget langt")


def _moment(writer: Writer) -> str:
    [button] = [b for b in writer.browser.buttons() if b.startswith("Brug det her igen")]
    return button.partition("?, ")[2]


def test_two_screens_lose_nothing_and_offer_both(writer):
    writer.send(FIRST, 0, pen="telefon", haab="Skrevet på telefonen")
    told = writer.send(FIRST, 0, pen="pc", haab="Skrevet på computeren")
    assert told["fields"]["haab"] == {"version": 2, "clashed": True}
    assert writer.versions(FIRST, "haab") == ["Skrevet på computeren", "Skrevet på telefonen"]
    page = writer.browser.get(LESSON)
    assert "Du havde skrevet noget andet her, på en anden skærm." in page.words()
    page = page.get(f"/kursus/svar/{FIRST}/tidligere")
    assert "Skrevet på telefonen" in page.words()
    page.submit("Det er fint, som det står nu")
    assert "på en anden skærm" not in writer.browser.get(LESSON).words()


def test_an_answer_that_was_lost_on_the_way_is_no_clash(writer):
    writer.send(FIRST, 0, pen="a", haab="Ro")
    told = writer.send(FIRST, 0, pen="a", haab="Ro og mod")  # version 1 never reached the page
    assert told["fields"]["haab"] == {"version": 2, "clashed": False}


def test_a_quiz_gives_an_answer_and_no_mark(writer):
    page = writer.browser.get(LESSON)
    feedback = [p for p in page.page.iter("p") if p.get("class") == "feedback"]
    assert feedback
    assert all("hidden" in p.attrib for p in feedback)
    page.submit("Se vores svar", **{"quiz.0": "Kun hvis en læge kan se årsagen"})
    assert page.response.location == f"{LESSON}#quiz"
    page.follow()
    shown = [
        p for p in page.page.iter("p") if p.get("class") == "feedback" and "hidden" not in p.attrib
    ]
    assert len(shown) == 1
    assert "Ja, altid." in "".join(shown[0].itertext())
    quiz = page.page.find(".//*[@class='quiz']")
    for word in ("forkert", "rigtigt svar", "point", "score"):
        assert word not in " ".join(quiz.itertext()).lower()


def test_only_a_trusted_browser_of_somebody_with_access_writes(
    app, stranger, browser, shop, send_mail
):
    stranger.get("/min-side")
    data = {"haab": "x", "base.haab": "0", "csrf_token": stranger.csrf()}
    assert stranger.post(f"/kursus/svar/{FIRST}", data).status == 403
    assert stranger.post(f"/kursus/svar/{CHECKED}", data).status == 403, "an open lesson, too"
    browser.get("/log-ind")
    data["csrf_token"] = browser.csrf()
    assert browser.post(f"/kursus/svar/{FIRST}", data).status == 303


def test_a_browser_that_paid_in_anothers_name_reads_and_writes_nothing(
    app, writer, new_browser, shop
):
    writer.send(FIRST, haab="Kun for mig")
    other = new_browser()
    shop.buy(other, email=OWNER)
    token = other.get("/min-side").follow().get("/log-ind").csrf()
    page = other.get(LESSON)
    assert page.status == 200
    assert "Kun for mig" not in page.text
    for path in (
        "/kursus/redskaber",
        "/kursus/plan",
        "/kursus/koerelogbog",
        "/kursus/samtykke",
        f"/kursus/svar/{FIRST}/tidligere",
        "/kursus/plan.pdf",
        "/kursus/plan/delt",
    ):
        assert other.get(path).status == 403, path
        assert "Kun for mig" not in other.text
    data = {"haab": "x", "base.haab": "0", "csrf_token": token}
    assert other.post(f"/kursus/svar/{FIRST}", data).status == 403
    assert writer.stored(FIRST)["haab"].value == "Kun for mig"


def test_taking_the_consent_back_deletes_everything(writer):
    writer.write(FIRST, haab="Ro", smerte="4")
    writer.browser.get("/kursus/samtykke")
    said = writer.browser.page.find(".//blockquote")
    assert [link.get("href") for link in said.iter("a")] == ["/privatlivspolitik"]
    writer.browser.submit("Træk tilbage, og slet mine svar")
    assert writer.versions(FIRST, "haab") == ["Ro"], "the box was not ticked"
    writer.browser.get("/kursus/samtykke").submit("Træk tilbage, og slet mine svar", sure="1")
    assert writer.versions(FIRST, "haab") == []
    assert "Gem mine svar her" in writer.browser.get(LESSON).buttons()
    writer.agree()
    assert writer.browser.get(LESSON).page.find(".//*[@id='felt-haab']").text in {None, ""}
