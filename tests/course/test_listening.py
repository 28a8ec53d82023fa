"""How far one has heard comes along to every screen; on hard days the lesson is short."""

from __future__ import annotations

import json

import pytest

from shop.course import models
from tests.conftest import FIRST_LESSON, PREVIEW, let_in
from tests.course.conftest import OWNER

HEAR = f"{FIRST_LESSON}/lyt"
LITTLE = f"{FIRST_LESSON}?lav-energi=1"


def hear(browser, path: str = FIRST_LESSON, **given: object) -> int:
    data = {"seconds": "33", "speed": "120", "csrf_token": browser.get(PREVIEW).csrf(), **given}
    return browser.post(f"{path}/lyt", data={k: str(v) for k, v in data.items()}).status


def told(browser) -> tuple[str, str]:
    """Where the player will begin, and how fast."""
    article = browser.get(FIRST_LESSON).page.find(".//article")
    return article.get("data-heard"), article.get("data-speed")


def test_another_screen_goes_on_where_this_one_stopped(app, owner, new_browser):
    assert told(owner) == ("0", "100")
    assert hear(owner) == 204
    phone = let_in(app, new_browser(), OWNER)
    assert told(phone) == ("33", "120")
    assert hear(phone, seconds=0, speed=80) == 204
    assert told(owner) == ("0", "80")


def test_a_speed_is_kept_for_the_next_lesson_too(owner):
    hear(owner)
    article = owner.get(PREVIEW).page.find(".//article")
    assert article.get("data-speed") == "120"


@pytest.mark.parametrize(
    "wrong", [{"seconds": -1}, {"seconds": 600}, {"seconds": "x"}, {"speed": 400}, {"speed": ""}]
)
def test_what_no_player_sends_is_refused(owner, wrong):
    assert hear(owner, **wrong) == 400
    assert told(owner) == ("0", "100")


def test_a_lesson_without_sound_has_nothing_to_hear(owner):
    assert hear(owner, PREVIEW) == 400


def test_only_who_has_the_lesson_is_remembered(owner, stranger, browser):
    assert hear(stranger) == 403
    assert browser.post(HEAR, data={"csrf_token": browser.get("/log-ind").csrf()}).status == 303


def test_the_player_knows_when_each_paragraph_is_said(app, owner):
    figure = owner.get(FIRST_LESSON).page.find(".//figure")
    cues = json.loads(figure.get("data-cues"))
    ids = {element.get("id") for element in owner.page.iter() if element.get("id")}
    assert {f"lyd-{number}" for number, _ in cues} <= ids
    starts = [start for _, start in cues]
    assert starts[0] == 0
    assert starts == sorted(starts)
    assert starts[-1] < float(figure.get("data-seconds"))
    audio = figure.find("audio")
    assert audio.get("controls") is not None, "it plays without our script"
    with app.app_context():
        lesson = models.find_lesson(FIRST_LESSON[8:])
        assert lesson.sound["chapters"][0][0] == 0


def test_a_lesson_that_is_not_recorded_is_there_to_read(browser):
    words = browser.get(PREVIEW).words()
    assert "Lyden er på vej" in words
    assert "hold øje med det" in words, "the manuscript's last words"
    assert not any(
        script.get("src", "").startswith("/static/player") for script in browser.page.iter("script")
    )


def test_little_energy_is_remembered_until_it_is_not(owner):
    owner.get(LITTLE)
    assert "Det ene skridt i dag" in owner.words()
    assert "Vælg én ting, du gerne vil kunne lidt mere af" in owner.words()
    assert "Hvor mange gange har du skullet forklare" not in owner.words()
    assert "Det ene skridt i dag" in owner.get(PREVIEW).words(), "in every lesson"
    owner.get(owner.links()["Vis hele lektionen"])
    assert "Når det gør meget ondt" in owner.words()
    assert "Hvor mange gange har du skullet forklare" in owner.get(FIRST_LESSON).words()


def test_little_is_enough_to_go_on(owner):
    owner.get(LITTLE).submit("Det er nok. Markér som gennemført")
    assert "Det var godt gjort" in owner.follow().words()
    assert owner.links()["Få hjælp nu"] == "/akut-hjaelp"


def test_little_energy_needs_no_account(browser):
    browser.get(f"{PREVIEW}?lav-energi=1")
    assert "Det ene skridt i dag" in browser.words()
    assert "Det er nok. Markér som gennemført" not in browser.buttons()
    assert "Det ene skridt i dag" in browser.get(PREVIEW).words()
