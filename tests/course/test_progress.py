"""What a reader has done is remembered, and only for them."""

from __future__ import annotations

import re

import pytest

from shop.settings import ROOT
from tests.conftest import FIRST_LESSON, PREVIEW, let_in
from tests.course.conftest import OWNER

SECOND = "/kursus/advarselslamper-og-medicin"
LAST = "/kursus/" + max((ROOT / "content" / "course").glob("[0-9]*.md")).stem[3:]


def token(browser) -> str:
    return browser.get(FIRST_LESSON).page.find(".//*[@name='csrf_token']").get("value")


def remember(browser, lesson: str, place: str, **headers: str) -> int:
    data = {"place": place, "csrf_token": token(browser)}
    return browser.post(f"{lesson}/plads", data=data, **headers).status


def goes_on_at(browser) -> str:
    browser.get("/kursus?fortsaet=1")
    assert browser.status == 303
    return browser.response.location


def test_a_new_owner_begins_at_the_beginning(owner):
    assert goes_on_at(owner) == FIRST_LESSON
    assert "Start på første lektion" in owner.get("/kursus").links()
    assert re.search(r"\b0 af \d+ lektioner gennemført", owner.words())


def test_one_goes_on_where_one_slipped_off(owner):
    owner.get(PREVIEW)
    assert goes_on_at(owner) == PREVIEW
    assert remember(owner, PREVIEW, "afsnit-7") == 204
    owner.get(PREVIEW)
    assert goes_on_at(owner) == f"{PREVIEW}#afsnit-7"


def test_on_another_screen_too(app, owner, new_browser):
    owner.get(SECOND)
    remember(owner, SECOND, "afsnit-4")
    owner.get(SECOND)
    phone = let_in(app, new_browser(), OWNER)
    assert goes_on_at(phone) == f"{SECOND}#afsnit-4"


def test_a_lesson_done_leads_to_the_next(owner):
    owner.get(FIRST_LESSON).submit("Markér som gennemført")
    assert owner.response.location == f"{FIRST_LESSON}#course-completed"
    assert "Gennemført" in owner.get(FIRST_LESSON).words()
    assert goes_on_at(owner) == SECOND
    assert re.search(r"\b1 af \d+ lektioner gennemført", owner.get("/kursus").words())
    owner.get(FIRST_LESSON).submit("Fortryd markeringen")
    assert "Markér som gennemført" in owner.get(FIRST_LESSON).buttons()
    assert re.search(r"\b0 af \d+ lektioner gennemført", owner.get("/kursus").words())


def test_marking_answers_htmx_with_the_fragment_alone(owner):
    data = {"done": "1", "csrf_token": token(owner)}
    owner.post(f"{FIRST_LESSON}/gennemfoert", data=data, HX_Request="true")
    assert owner.status == 200
    assert owner.text.lstrip().startswith('<div id="course-completed"')
    assert "Fortryd markeringen" in owner.text


@pytest.mark.parametrize(
    "junk", ["", "afsnit-", "afsnit-99999", "AFSNIT-1", "afsnit-1\n", "<script>", "x" * 300]
)
def test_a_place_that_is_none_is_refused(owner, junk):
    assert remember(owner, FIRST_LESSON, junk) == 400
    assert goes_on_at(owner) == FIRST_LESSON


def test_a_place_or_mark_without_its_token_is_refused(owner):
    owner.get(FIRST_LESSON)
    assert owner.post(f"{FIRST_LESSON}/plads", data={"place": "afsnit-2"}).status == 400
    assert owner.post(f"{FIRST_LESSON}/gennemfoert", data={"done": "1"}).status == 400
    assert "Markér som gennemført" in owner.get(FIRST_LESSON).buttons()


def test_the_scripts_token_may_come_as_a_header(owner):
    """What the page's own script sends: X-CSRFToken, as static/place.js does."""
    headers = {"X_CSRFToken": token(owner)}
    owner.post(f"{FIRST_LESSON}/plads", data={"place": "afsnit-2"}, **headers)
    assert owner.status == 204


def test_progress_is_ones_own(owner, new_browser, app, send_mail):
    owner.get(FIRST_LESSON).submit("Markér som gennemført")
    other = new_browser()
    assert "Gennemført" not in other.get(PREVIEW).words()
    assert "gennemført" not in other.get("/kursus").words()


def test_the_first_lesson_has_none_before_it_and_the_last_none_after(owner):
    links = owner.get(FIRST_LESSON).links()
    assert any(words.startswith("Næste lektion") for words in links)
    assert not any(words.startswith("Forrige lektion") for words in links)
    links = owner.get(LAST).links()
    assert any(words.startswith("Forrige lektion") for words in links)
    assert not any(words.startswith("Næste lektion") for words in links)


def test_a_lesson_that_is_not_there_is_404(owner):
    assert owner.get("/kursus/findes-ikke").status == 404
    assert owner.post("/kursus/findes-ikke/plads", data={"csrf_token": token(owner)}).status == 404
