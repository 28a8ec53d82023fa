"""No lesson is sold before somebody answers for its very text."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shop.course import actions, approval_actions, approval_models, files, opening_actions
from shop.course.approval_models import Approval
from shop.course.models import Lesson
from shop.course.opening_models import OpeningNotice
from shop.db import db, transaction
from shop.settings import ROOT
from shop.web import now
from tests.conftest import FIRST_LESSON, import_course
from tests.course.conftest import change

BUY = "Køb med betalingspligt"
ASK = "Giv mig besked, når det åbner"
HERE = "/koeb/besked"
EMAIL = "Venter@Example.dk"


@pytest.fixture
def for_real(app, monkeypatch):
    """The program as in production, as far as selling goes."""
    as_in_production = replace(app.extensions["settings"], env="production")
    monkeypatch.setitem(app.extensions, "settings", as_in_production)
    return app


def approve(*slugs: str) -> None:
    """Has the lessons approved as they stand; all of them when none is named."""
    with transaction():
        for lesson in db.session.scalars(sa.select(Lesson)).all():
            if not slugs or lesson.slug in slugs:
                assert approval_actions.approve(lesson, lesson.digest, "Rasmus", now())


def waiting() -> list[str]:
    return list(db.session.scalars(sa.select(OpeningNotice.email)))


def ask(browser, email: str = EMAIL):
    browser.get(HERE).submit(ASK, email=email, consent="y")
    assert browser.response.location == f"{HERE}?nu=husket"
    return browser.follow()


def test_in_development_the_course_is_sold_with_a_label(browser, owner):
    assert BUY in browser.get("/koeb").buttons()
    assert "afventer klinisk godkendelse" in owner.get(FIRST_LESSON).words()


def test_it_is_sold_once_the_last_lesson_is_approved(for_real, browser):
    assert browser.get("/koeb").response.location == HERE
    assert browser.post("/koeb", {"csrf_token": browser.get(HERE).csrf()}).status == 303
    browser.get("/kursus")
    assert "Få besked, når det åbner" in browser.links()
    assert not any(words.startswith("Køb") for words in browser.links())
    with for_real.app_context():
        slugs = [step.slug for step in approval_models.standings()]
        approve(*slugs[1:])
        assert not approval_models.is_sold(production=True)
        approve(slugs[0])
        assert approval_models.is_sold(production=True)
    for_real.extensions["pages_in_memory"].clear()
    assert BUY in browser.get("/koeb").buttons()
    assert any(words.startswith("Køb") for words in browser.get("/kursus").links())


def test_who_has_the_course_keeps_it_while_it_is_not_sold(for_real, owner):
    assert owner.get(FIRST_LESSON).status == 200
    assert "Du har allerede kurset" in owner.get("/koeb").words()


def test_who_has_no_access_is_not_sold_to(for_real, stranger):
    assert stranger.get(FIRST_LESSON).status == 403
    assert stranger.links()["Få besked, når det åbner"] == HERE


def test_a_changed_lesson_waits_and_one_changed_back_does_not(app, folder):
    with app.app_context():
        import_course(folder)
        approve()
        shown = db.session.scalars(sa.select(Lesson.approval)).all()
        assert all(each.startswith("Rasmus, 20") for each in shown)
        change(folder / "02-to.md", "title: ", "title: Ny ")
        import_course(folder)
        assert [each.current for each in approval_models.standings()] == [True, False, True]
        assert approval_models.standings()[1].name == "Rasmus"
        assert not approval_models.is_sold(production=True)
        change(folder / "02-to.md", "title: Ny ", "title: ")
        import_course(folder)
        assert approval_models.is_sold(production=True)


def test_a_file_cannot_approve_itself(app, folder):
    change(folder / "01-en.md", "position: 1", "position: 1\napproval: En anden, 2026-01-01")
    with app.app_context():
        import_course(folder)
        assert not any(each.current for each in approval_models.standings())
        assert set(db.session.scalars(sa.select(Lesson.approval))) == {"afventer"}


def test_what_was_not_read_is_not_approved(app):
    with app.app_context(), transaction():
        lesson = db.session.scalars(sa.select(Lesson).order_by(Lesson.id)).first()
        assert not approval_actions.approve(lesson, "of an older text", "Rasmus", now())
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Approval)) == 0


def test_an_import_keeps_approvals_taken_back_away(app):
    with app.app_context():
        approve()
        with transaction():
            approval_actions.withdraw(approval_models.lesson("alarm-eller-skade"))
        with transaction():
            read = files.read(ROOT / "content" / "course", ROOT / "content" / "audio")
            actions.import_course(read, now())
        missing = [each.slug for each in approval_models.standings() if not each.current]
        assert missing == ["alarm-eller-skade"]


def test_who_asks_is_told_once_and_forgotten(for_real, browser, send_mail, clock_work):
    assert "Så skriver vi til dig" in ask(browser).words()
    ask(browser, EMAIL.lower())
    with for_real.app_context():
        assert waiting() == [EMAIL.lower()]
        clock_work()
        assert waiting() == [EMAIL.lower()], "nothing to tell yet"
        approve()
        clock_work()
        assert waiting() == []
        clock_work()
    [mail] = send_mail()
    assert (mail["to"], mail["subject"]) == ([EMAIL.lower()], "Nu er e-forløbet åbent")
    assert "/kursus" in mail["text"]


@pytest.fixture
def clock_work(mailbox):
    from shop.cli import _tell_of_opening

    return _tell_of_opening


def test_nobody_is_put_down_without_saying_yes(for_real, browser):
    browser.get(HERE).submit(ASK, email="", consent=None)
    assert browser.status == 422
    assert "Sæt flueben" in browser.words()
    assert browser.fields()["consent"].get("checked") is None
    with for_real.app_context():
        assert waiting() == []


def test_an_address_can_be_taken_off_again(for_real, browser):
    ask(browser)
    for email in (EMAIL, "aldrig.set@example.dk"):
        browser.get(HERE).submit("Slet adressen", forget=email)
        assert "Adressen er slettet" in browser.follow().words()
    with for_real.app_context():
        assert waiting() == []
    browser.get(HERE).submit("Slet adressen", forget="ikke en adresse")
    assert browser.status == 422


def test_an_address_does_not_wait_for_ever(app):
    with app.app_context(), transaction():
        opening_actions.ask(EMAIL, "1", now())
        opening_actions.purge(now() + opening_actions.KEPT - timedelta(hours=1))
        assert waiting()
        opening_actions.purge(now() + opening_actions.KEPT + timedelta(hours=1))
        assert not waiting()
