"""Who may read and hear what."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from shop.course import actions, models, rules
from shop.course.models import Enrolment
from shop.danish import day
from shop.db import db, transaction
from shop.settings import ROOT
from shop.web import now
from tests.conftest import FIRST_LESSON, PREVIEW, SOUND

AUDIO = (ROOT / "content" / "audio" / "du-er-ikke-alene.mp3").read_bytes()


def sentences(app) -> list[str]:
    """What the paid lesson says, piece by piece; an answer that is locked holds none of it."""
    with app.app_context():
        lesson = models.find_lesson(FIRST_LESSON.rsplit("/", 1)[1])
    homework = [task["label"] for task in lesson.homework]
    quiz = [question["feedback"] for question in lesson.quiz]
    pieces = [*re.split(r"<[^>]+>", lesson.html), *lesson.goals, *homework, *quiz]
    return [piece.strip() for piece in pieces if len(piece.strip()) > 20]


@pytest.fixture(params=["anonymous", "stranger", "owner"])
def who(request, browser):
    """(who, their browser)"""
    name = request.param
    return name, browser if name == "anonymous" else request.getfixturevalue(name)


def test_a_preview_is_open_to_all(who):
    name, browser = who
    assert browser.get(PREVIEW).status == 200, name
    assert "Alarm" in browser.words()


def test_a_paid_lesson_is_open_to_owners_alone(app, who):
    name, browser = who
    browser.get(FIRST_LESSON)
    assert browser.status == {"anonymous": 303, "stranger": 403, "owner": 200}[name]
    page = html.unescape(browser.text)
    said = [piece for piece in map(html.unescape, sentences(app)) if piece in page]
    assert len(said) > 30 if name == "owner" else not said


def test_sound_is_open_to_owners_alone(who):
    name, browser = who
    for headers in ({}, {"Range": "bytes=0-99"}, {"If_Range": "x", "Range": "bytes=0-"}):
        browser.get(SOUND, **headers)
        assert (browser.status in {200, 206}) == (name == "owner")
        assert (AUDIO[:100] in browser.response.data) == (name == "owner")
    assert browser.status == {"anonymous": 303, "stranger": 403, "owner": 200}[name]


@pytest.mark.parametrize(("what", "good"), [("gennemfoert", 303), ("plads", 204)])
def test_only_an_owner_marks_and_moves(who, what, good):
    name, browser = who
    page = browser.get("/log-ind" if name == "anonymous" else "/min-side").page
    token = page.find(".//*[@name='csrf_token']").get("value")
    browser.post(f"{FIRST_LESSON}/{what}", data={"place": "afsnit-2", "csrf_token": token})
    assert browser.status == {"anonymous": 303, "stranger": 403, "owner": good}[name]
    location = browser.response.location or ""
    assert location.startswith("/log-ind") == (name == "anonymous")


def test_an_anonymous_reader_is_sent_to_sign_in_and_back(browser):
    browser.get(FIRST_LESSON)
    assert browser.response.location == f"/log-ind?next={FIRST_LESSON}"


def test_the_locked_page_offers_to_buy(stranger):
    stranger.get(FIRST_LESSON)
    assert "/koeb" in stranger.links().values()
    assert "499 kr." in stranger.words()


def test_access_ends_when_its_time_is_up(app, owner):
    with app.app_context(), transaction():
        soon = now() + timedelta(hours=1)
        db.session.execute(sa.update(Enrolment).values(access_until=soon))
    assert owner.get(FIRST_LESSON).status == 200
    with time_machine.travel(soon, tick=False):
        assert owner.get(FIRST_LESSON).status == 403
        assert not [piece for piece in sentences(app) if piece in owner.text]
        assert owner.get(SOUND).status == 403
        assert owner.get(PREVIEW).status == 200
        assert "Køb e-forløbet, 499 kr." in owner.get("/kursus").links()


def test_the_locked_page_tells_that_time_is_up(app, owner, stranger):
    with app.app_context(), transaction():
        over = now() - timedelta(hours=1)
        db.session.execute(sa.update(Enrolment).values(access_until=over))
        title = models.the_course().title
    said = f"Din adgang til {title} sluttede den {day(over)}."
    assert said in owner.get(FIRST_LESSON).words()
    assert "Din adgang til" not in stranger.get(FIRST_LESSON).words()


def test_a_course_taken_back_is_not_said_to_have_run_out(app, owner):
    with app.app_context(), transaction():
        actions.close("test:1", "refunded")
        over = now() - timedelta(hours=1)
        db.session.execute(sa.update(Enrolment).values(access_until=over))
    words = owner.get(FIRST_LESSON).words()
    assert "Dit køb er betalt tilbage" in words
    assert "Din adgang er slut" not in words


def test_access_lasts_as_long_as_the_course_says(app, owner):
    with app.app_context():
        [enrolment] = db.session.scalars(sa.select(Enrolment)).all()
        months = models.the_course().access_months
        assert enrolment.access_until == rules.access_until(enrolment.starts_at, months)


def test_access_that_is_taken_back_and_given_again(app, owner):
    for change, status in ((actions.close, 403), (_open_again, 200)):
        with app.app_context(), transaction():
            change("test:1")
        assert owner.get(FIRST_LESSON).status == status
        assert owner.get(SOUND).status == status


def _open_again(source: str) -> None:
    actions.enrol(0, models.the_course(), 24, source, now())


def test_what_is_locked_is_kept_by_no_cache(owner, stranger):
    for browser in (owner, stranger):
        browser.get(FIRST_LESSON)
        assert browser.response.headers["Cache-Control"] == "private, no-cache"
    owner.get(SOUND)
    assert "public" not in owner.response.headers["Cache-Control"]


LENGTH = len(AUDIO)


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, LENGTH - 1),
        ("bytes=-50", LENGTH - 50, LENGTH - 1),
        (f"bytes=0-{10**9}", 0, LENGTH - 1),
    ],
)
def test_a_player_may_ask_for_a_part(owner, wanted, first, last):
    owner.get(SOUND, Range=wanted)
    assert owner.status == 206
    assert owner.response.data == AUDIO[first : last + 1]
    assert owner.response.headers["Content-Range"] == f"bytes {first}-{last}/{LENGTH}"


@pytest.mark.parametrize("wanted", [f"bytes={LENGTH}-", "bytes=9-1", "bytes=x"])
def test_a_part_that_is_not_there_is_said_to_be_so(owner, wanted):
    assert owner.get(SOUND, Range=wanted).status == 416


def test_the_whole_sound_says_how_long_it_is_and_that_parts_are_to_be_had(owner):
    owner.get(SOUND)
    assert owner.response.data == AUDIO
    assert owner.response.headers["Accept-Ranges"] == "bytes"
    assert owner.response.mimetype == "audio/mpeg"
    etag = owner.response.headers["ETag"]
    owner._open("HEAD", SOUND)
    assert (owner.status, owner.response.data) == (200, b"")
    assert owner.response.headers["Content-Length"] == str(len(AUDIO))
    assert owner.get(SOUND, If_None_Match=etag).status == 304


def test_sound_that_is_not_there_is_404(owner):
    assert owner.get("/kursus/lyd/findes-ikke").status == 404
    assert owner.get("/kursus/lyd/../../clinic.toml").status == 404
