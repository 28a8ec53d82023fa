"""Mails about the course: off until somebody says yes, one a week at most, and easy to stop."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from shop import cli
from shop.accounts.models import Person
from shop.content import consents
from shop.course import actions as course
from shop.course.models import Enrolment, Lesson, the_course
from shop.coursework import actions as coursework
from shop.coursework.rules import LATER_SHEET, MEASURES
from shop.danish import COPENHAGEN
from shop.db import db, transaction
from shop.outbox import actions as outbox
from shop.outbox.models import Mail
from shop.privacy import erasure_actions
from shop.rhythm import actions, emails, models, rules
from shop.rhythm.models import Rhythm, RhythmMail
from shop.web import now
from tests.browser import Browser
from tests.conftest import FIRST_LESSON, PREVIEW, sign_in
from tests.course.conftest import OWNER, owner, stranger  # noqa: F401 (fixtures)
from tests.outbox.conftest import together  # noqa: F401 (a fixture)

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=COPENHAGEN)  # a Monday; summer time begins on the 29th
MINE, COURSE = "/min-side", "/kursus"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NINE, tick=False) as clock:
        yield clock


@pytest.fixture
def wait(app: Flask, clock: Any, send_mail: Any, mailbox: Any):
    """Lets days pass with the worker at its work, but for the first ones that are `unattended`;
    returns what came."""

    def wait(days: int, unattended: int = 0) -> list[dict[str, Any]]:
        there = len(mailbox.messages)
        for number in range(unattended, days):
            leap = 1 + (unattended if number == unattended else 0)
            today = now().astimezone(COPENHAGEN) + timedelta(days=leap)
            clock.move_to(today)
            with app.app_context():
                cli._write_to_readers()
                waits = db.session.scalar(sa.select(Mail.id).where(Mail.state == "queued"))
            if waits:
                send_mail()
        return mailbox.messages[there:]

    return wait


def me() -> int:
    return int(db.session.scalar(sa.select(Person.id).where(Person.email == OWNER)) or 0)


def say_yes(browser: Browser) -> None:
    browser.get(COURSE).submit("Ja tak, skriv til mig")
    assert browser.response.location == "/kursus#rhythm-box"


def way_out(mail: dict[str, Any]) -> str:
    found = re.search(
        r"Stop mailene: http://127\.0\.0\.1:5000(/kursus/mails/[\w-]{43})#stop", mail["text"]
    )
    assert found, mail["text"]
    return found[1]


def subjects(mails: list[dict[str, Any]]) -> list[str]:
    return [mail["subject"] for mail in mails]


NEXT, WEEKS = "Dit næste skridt, når det passer dig", "Hvordan går det med kurset?"
BACK, MONTHS = "Du er altid velkommen igen", "Vil du se tilbage på kurset?"


def test_nobody_is_written_to_without_a_yes(owner, wait):  # noqa: F811
    assert wait(30) == []


def test_a_reader_who_is_away_gets_three_mails_and_then_peace(app, owner, wait):  # noqa: F811
    owner.get(FIRST_LESSON).submit("Markér som gennemført")
    say_yes(owner)
    assert subjects(wait(6)) == []
    [mail] = wait(1)
    assert (mail["subject"], mail["to"]) == (NEXT, [OWNER])
    assert "lektion 2." in mail["text"]
    assert "smerte" not in mail["text"].lower().replace("smertevejleder", "")
    assert subjects(wait(7)) == [WEEKS]
    assert subjects(wait(7)) == [BACK]
    assert subjects(wait(20)) == []
    owner.get(PREVIEW)
    assert subjects(wait(1)) == [NEXT]
    with app.app_context():
        kinds = set(db.session.scalars(sa.select(Mail.kind)))
        assert kinds == {"rhythm"}, "the clinician does not see who is away"
        assert len(set(db.session.scalars(sa.select(RhythmMail.week)))) == 4


def test_the_two_week_mail_offers_nothing_that_costs_money(app):
    with app.app_context():
        letter = emails.two_weeks(emails.Addressee(OWNER, "Ejer", "x" * 43))
    for body in (letter.text, letter.html):
        assert "/kontakt" in body
        assert "/book" not in body


def test_the_three_month_measure(app, owner, wait):  # noqa: F811
    say_yes(owner)
    with app.app_context(), transaction():
        coursework.agree(me(), consents()["coursework"], now())
        lessons = db.session.scalars(sa.select(Lesson).order_by(Lesson.position)).all()
        for lesson in lessons:
            course.complete(me(), lesson.id, True, now())
        end = [one for one in lessons if any(f["name"] == MEASURES[0].name for f in one.homework)]
        answer = coursework.Written(4, 0, "pen")
        coursework.save(me(), end[-1].slug, MEASURES[0].name, answer, now())
    assert subjects(wait(14)) == [WEEKS], "who has finished needs no next step"
    assert wait(75, unattended=60) == []
    [mail] = wait(1)
    assert mail["subject"] == MONTHS
    assert re.search(r"http://127\.0\.0\.1:5000/kursus/koerelogbog\s", mail["text"])
    owner.get("/kursus/koerelogbog")
    assert "Gem" in owner.buttons(), "it is open by then"
    assert wait(10) == []


def test_who_has_measured_again_is_not_asked_to(app, owner, wait):  # noqa: F811
    say_yes(owner)
    with app.app_context(), transaction():
        coursework.agree(me(), consents()["coursework"], now())
        last = db.session.scalar(sa.select(Lesson.slug).order_by(Lesson.position.desc()).limit(1))
        for sheet in (last, LATER_SHEET):
            answer = coursework.Written(4, 0, "pen")
            coursework.save(me(), sheet, MEASURES[0].name, answer, now())
    assert MONTHS not in subjects(wait(100, unattended=88))


def test_a_mail_leads_to_two_buttons_and_opening_it_changes_nothing(owner, wait, browser):  # noqa: F811
    say_yes(owner)
    [mail] = wait(7)
    path = way_out(mail)
    assert browser.get(path).buttons() == ["Hold pause i fire uger", "Stop mailene"]
    assert 'name="robots" content="noindex"' in browser.text
    assert browser.get(f"{path}x").status == 404
    assert browser.post(f"{path}x").status == 404
    browser.get(path).submit("Hold pause i fire uger")
    assert "Mailene holder pause" in browser.words()
    assert "6. april 2026" in browser.words()
    assert wait(27) == []
    assert browser.get(path).buttons() == ["Stop mailene"]
    assert subjects(wait(1)) == [BACK]
    browser.get(path).submit("Stop mailene")
    assert "Mailene er stoppet" in browser.words()
    browser.get(path)
    assert browser.buttons() == []
    assert wait(30) == []


def test_a_mail_program_stops_them_by_itself(app, owner, wait):  # noqa: F811
    """RFC 8058: a POST without cookies, to the address in the header, is not redirected."""
    say_yes(owner)
    [mail] = wait(7)
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = mail["headers"]["List-Unsubscribe"]
    assert address == f"<http://127.0.0.1:5000{way_out(mail)}>"
    said = {"List-Unsubscribe": "One-Click"}
    answer = app.test_client().post(way_out(mail), data=said)
    assert answer.status_code == 200
    assert wait(30) == []
    assert "Ja tak, skriv til mig" in owner.get(COURSE).buttons()


def test_a_new_yes_keeps_what_was_sent_and_an_old_link_stops_it_too(app, owner, wait):  # noqa: F811
    say_yes(owner)
    [mail, other] = wait(14)
    owner.get(MINE).submit("Stop mailene")
    assert owner.response.location == "/min-side#rhythm-box"
    say_yes(owner)
    assert wait(6) == [], "a yes is followed by a week of peace"
    assert subjects(wait(1)) == [NEXT], "and two weeks come once"
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(RhythmMail)) == 3
        said = db.session.scalars(sa.select(Rhythm).order_by(Rhythm.id)).all()
        assert [bool(one.stopped_at) for one in said] == [True, False]
        assert {one.text for one in said} == {consents()["rhythm"].text}
    assert way_out(mail) != way_out(other)
    Browser(app).get(way_out(mail)).submit("Stop mailene")
    assert wait(30) == []


def test_what_has_not_left_stays_here_after_a_stop_and_after_a_day(app, owner, mailbox, clock):  # noqa: F811
    say_yes(owner)
    clock.shift(timedelta(days=7))
    with app.app_context():
        cli._write_to_readers()
        with transaction():
            actions.stop(me(), now())
        mail = db.session.scalar(sa.select(Mail).where(Mail.kind == "rhythm"))
        assert mail.state == "superseded"
        assert mail.expires_at - mail.queued_at == rules.GOES_STALE


def test_an_address_that_takes_no_mail_is_left_alone_until_a_new_yes(app, owner, wait):  # noqa: F811
    """Each mail that reaches nobody is one for the clinician to look into."""
    say_yes(owner)
    assert subjects(wait(7, unattended=6)) == [NEXT]
    with app.app_context(), transaction():
        mail_id = db.session.scalar(sa.select(Mail.id).where(Mail.kind == "rhythm"))
        assert outbox.bounced(mail_id)
    assert wait(14, unattended=6) == []
    owner.get(MINE).submit("Stop mailene")
    say_yes(owner)
    assert subjects(wait(7, unattended=6)) == [NEXT]


def test_paused_and_begun_again_on_the_readers_own_page(owner, wait):  # noqa: F811
    say_yes(owner)
    assert "Du får mails om kurset" in owner.get(MINE).words()
    owner.submit("Hold pause i fire uger").follow()
    assert "Vi skriver ikke før den 30. marts 2026" in owner.words()
    assert wait(7) == []
    owner.get(COURSE).submit("Begynd igen nu")
    assert subjects(wait(1)) == [NEXT]


@pytest.mark.parametrize("why", ["refunded", "over", "leaving", "gone"])
def test_nobody_else_is_written_to(app, owner, wait, why):  # noqa: F811
    say_yes(owner)
    with app.app_context(), transaction():
        if why == "refunded":
            course.close("test:1", "refunded")
        elif why == "over":
            until = now() + timedelta(days=3)
            db.session.execute(sa.update(Enrolment).values(access_until=until))
        else:
            erasure_actions.ask(db.session.get_one(Person, me()), now())
    if why == "gone":
        with app.app_context(), time_machine.travel(now() + timedelta(days=8)):
            cli._erase()
            for table in (Rhythm, RhythmMail):
                assert db.session.scalars(sa.select(table)).all() == []
    assert [mail for mail in wait(7) if "/kursus/mails/" in mail["text"]] == []


def test_the_box_is_for_whoever_has_the_course(browser, owner, stranger):  # noqa: F811
    for other in (browser, stranger):
        assert "rhythm-box" not in other.get(COURSE).text
    csrf = stranger.get(MINE).csrf()
    assert stranger.post("/kursus/mails", {"what": "yes", "csrf_token": csrf}).status == 403
    csrf = browser.get("/log-ind").csrf()
    assert browser.post("/kursus/mails", {"what": "yes", "csrf_token": csrf}).status == 303
    assert browser.response.location.startswith("/log-ind")
    assert owner.get(COURSE).buttons() == ["Ja tak, skriv til mig"]


def test_a_mails_link_leads_whoever_is_signed_out_to_sign_in(browser, owner, send_mail):  # noqa: F811
    assert browser.get("/kursus?fortsaet=1").status == 303
    assert browser.response.location == "/log-ind?next=/kursus?fortsaet%3D1"
    sign_in(browser, send_mail, OWNER)


def test_two_workers_send_one(app, owner, together, clock):  # noqa: F811
    say_yes(owner)
    clock.shift(timedelta(days=7))
    together(4, cli._write_to_readers)
    with app.app_context():
        assert len(db.session.scalars(sa.select(RhythmMail)).all()) == 1
        assert db.session.scalar(sa.select(sa.func.count()).where(Mail.kind == "rhythm")) == 1


def test_a_week_is_claimed_whatever_the_kind(app, owner, clock):  # noqa: F811
    """Should the rules ever err, the database does not."""
    say_yes(owner)
    clock.shift(timedelta(days=7))
    with app.app_context(), transaction():
        [reader] = models.next_in_line(9, now())
        for kind in ("next step", "two weeks"):
            actions._send(reader, kind, now())
    with app.app_context():
        assert db.session.scalars(sa.select(RhythmMail.kind)).all() == ["next step"]


def test_many_are_looked_at_in_turns_and_nobody_twice_in_a_morning(app, owner, clock):  # noqa: F811
    with app.app_context(), transaction():
        for number in range(5):
            person = Person(email=f"{number}@example.dk", name="", created_at=now())
            db.session.add(person)
            db.session.flush()
            course.enrol(person.id, the_course(), 24, f"test:r{number}", now())
            actions.agree(person.id, consents()["rhythm"], now())
    clock.shift(timedelta(days=7))
    with app.app_context():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(actions, "AT_ONCE", 2)
            cli._write_to_readers()
        assert len(db.session.scalars(sa.select(RhythmMail)).all()) == 5
        with transaction():
            assert actions.send_due(now()) == 0
            assert actions.send_due(now() + timedelta(hours=12)) == 0, "not in the evening"
            assert actions.send_due(now() + rules.LOOK_AGAIN + timedelta(hours=4)) == 5
