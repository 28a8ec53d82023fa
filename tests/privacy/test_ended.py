"""What people left in the course goes a year after their access ended, and they are told before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from shop.clinic.labels import MAILS
from shop.content import retention
from shop.danish import day
from shop.db import Base, db, transaction
from shop.outbox import actions as outbox
from shop.outbox.delivery import deliver_due
from shop.outbox.models import Mail
from shop.privacy import actions, ended_actions
from shop.privacy.rules import ANSWERS_KEPT, TELL_AT, TOLD_BEFORE, access_ended, deleted_at
from shop.web import now
from tests.privacy.test_every_period import course_id, left, order, put

NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LEFT = ("answer", "answer_consent", "plan_share", "licence", "podcast_feed")
ALL, NOTHING = dict.fromkeys(LEFT, 1), dict.fromkeys(LEFT, 0)
WHO = {"email": "kirsten@example.dk", "name": "Kirsten Prøve"}


@pytest.fixture
def clock(app: Flask):
    with time_machine.travel(NOW, tick=False) as clock, app.app_context():
        yield clock


def reader(**access: object) -> int:
    """Somebody who has written, and whose access ends at this very moment."""
    with transaction():
        who = put("person", created_at=now() - 400 * DAY, **WHO)
        if access.pop("has_access", True):
            enrol(who, **access)
        put("answer", person_id=who, value="Ondt i lænden")
        put("answer_consent", person_id=who, active_of=who)
        put("plan_share", person_id=who, content=["x"])
        put("licence", person_id=who)
        put("podcast_feed", person_id=who)
    return who


def enrol(who: int, **access: object) -> None:
    given = {"source": "x:1", "access_until": now(), "starts_at": now() - 365 * DAY, "open": True}
    put("enrolment", **{"person_id": who, "course_id": course_id(), **given, **access})


def night(clock, at: datetime | None = None) -> None:
    if at is not None:
        clock.move_to(at)
    with transaction():
        actions.purge(now())


def nights(clock, since: timedelta, until: timedelta) -> None:
    at = since
    while at <= until:
        night(clock, NOW + at)
        at += DAY


def told() -> list[Mail]:
    """The mails about it, oldest first."""
    which = Mail.kind == "answers-end"
    return list(db.session.scalars(sa.select(Mail).where(which).order_by(Mail.id)))


def standing() -> dict[str, int]:
    """How many rows each table has, said or unsaid."""
    counts = left(tuple(name for name in LEFT if name != "plan_share"))
    shares = sa.select(sa.func.count()).select_from(Base.metadata.tables["plan_share"])
    return {**counts, "plan_share": db.session.scalar(shares) or 0}


def test_years_later_nothing_of_a_reader_is_left(clock):
    reader(source="order:9")
    nights(clock, ANSWERS_KEPT - TELL_AT, ANSWERS_KEPT + DAY)
    with transaction():
        db.session.execute(sa.delete(Base.metadata.tables["enrolment"]))  # as with its order
    for years in (7, 20):
        night(clock, NOW + timedelta(days=years * 366))
    assert standing() == NOTHING
    assert left(("person", "mail")) == {"person": 0, "mail": 0}


def test_a_month_before_there_is_one_mail_that_says_when(clock):
    reader()
    night(clock, NOW + ANSWERS_KEPT - TELL_AT - DAY)
    assert told() == []
    nights(clock, ANSWERS_KEPT - TELL_AT, ANSWERS_KEPT - DAY)
    [mail] = told()
    letter, goes_at = mail.as_letter(), NOW + ANSWERS_KEPT
    assert mail.queued_at <= goes_at - TOLD_BEFORE
    assert (letter.to, letter.subject) == (
        WHO["email"],
        "Vi sletter snart det, du har skrevet i kurset",
    )
    for words in (letter.text, letter.html or ""):
        assert f"den {day(goes_at)}" in " ".join(words.split())
        assert "Hent mine oplysninger" in words
        assert "/log-ind" in words
        assert "Kirsten" in words
        said = words.partition("<h1")[2] or words
        said = said.partition("Venlig hilsen")[0].lower()
        assert not [unsaid for unsaid in ("smerte", "helbred", "lænd") if unsaid in said]
    assert standing() == ALL
    night(clock, goes_at + DAY)
    assert standing() == NOTHING


def test_nothing_goes_before_the_mail_has_lain_there_for_thirty_days(clock):
    """The worker was away, or the rule is new here: the day in the mail is thirty days ahead."""
    reader()
    late = NOW + ANSWERS_KEPT + 200 * DAY
    night(clock, late)
    [mail] = told()
    assert f"den {day(late + TOLD_BEFORE)}" in " ".join(mail.as_letter().text.split())
    night(clock, late + TOLD_BEFORE - timedelta(seconds=1))
    assert standing() == ALL
    night(clock, late + TOLD_BEFORE)
    assert standing() == NOTHING
    assert len(told()) == 1


def test_what_becomes_of_the_mail_stops_no_clock(clock, mailbox):
    reader()
    night(clock, NOW + ANSWERS_KEPT - TELL_AT)
    mailbox.behave("550")
    deliver_due()
    assert told()[0].state == "failed"
    night(clock, NOW + ANSWERS_KEPT + DAY)
    assert standing() == NOTHING


def test_who_is_sent_a_lost_mail_again_has_thirty_days_more(clock):
    reader()
    night(clock, NOW + ANSWERS_KEPT - TELL_AT)
    clock.shift(20 * DAY)
    with transaction():
        db.session.execute(sa.update(Mail).values(state="failed"))
    with transaction():
        assert outbox.retry(told()[0].id, now())
    night(clock, NOW + ANSWERS_KEPT + DAY)
    assert standing() == ALL
    night(clock, NOW + ANSWERS_KEPT - TELL_AT + 20 * DAY + TOLD_BEFORE)
    assert standing() == NOTHING


def test_who_buys_again_keeps_all_and_is_told_when_that_is_over(clock):
    who = reader()
    night(clock, NOW + ANSWERS_KEPT - TELL_AT)
    with transaction():
        enrol(who, source="x:2", access_until=now() + ANSWERS_KEPT)
    again = now() + ANSWERS_KEPT
    nights(clock, ANSWERS_KEPT - DAY, ANSWERS_KEPT + 3 * DAY)
    night(clock, again)
    assert standing() == ALL
    night(clock, again + ANSWERS_KEPT - TELL_AT)
    assert len({mail.dedupe_key for mail in told()}) == 2
    night(clock, again + ANSWERS_KEPT)
    assert standing() == NOTHING


def test_who_still_has_access_is_never_touched(clock):
    reader(access_until=NOW + 5000 * DAY)
    nights(clock, ANSWERS_KEPT - TELL_AT, ANSWERS_KEPT + 40 * DAY)
    assert told() == []
    assert standing() == ALL


def test_the_money_went_back_long_before_the_year_was_over(clock):
    with transaction():
        buyer = put("person", created_at=now(), email="giver@example.dk")
        number = order(buyer, state="refunded", confirmed_at=now(), created_at=now())
        put("order_event", order_id=number, what="refund_succeeded", at=NOW)
    access = {"source": f"order:{number}", "access_until": NOW + 300 * DAY}
    reader(**access, open=False, closed_because="refunded")
    night(clock, NOW + ANSWERS_KEPT - TELL_AT)
    assert len(told()) == 1
    night(clock, NOW + ANSWERS_KEPT)
    assert standing() == NOTHING


def test_who_has_no_access_that_we_know_of_has_a_year_from_what_they_wrote(clock):
    reader(has_access=False)
    night(clock, NOW + ANSWERS_KEPT - TELL_AT)
    night(clock, NOW + ANSWERS_KEPT - DAY)
    assert standing() == ALL
    night(clock, NOW + ANSWERS_KEPT)
    assert standing() == NOTHING


def test_who_has_asked_to_be_erased_is_not_written_to(clock):
    who = reader()
    with transaction():
        put("erasure", person_id=who, state="asked", due_at=NOW + 900 * DAY)
    night(clock, NOW + ANSWERS_KEPT)
    assert told() == []


def test_access_given_at_this_very_moment_is_seen(clock, monkeypatch):
    reader()
    night(clock, NOW + ANSWERS_KEPT - TELL_AT)
    clock.move_to(NOW + ANSWERS_KEPT)
    ends = iter([NOW, NOW + 5 * DAY])
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(ended_actions.ended_models, "ended_at", lambda _: next(ends))
        night(clock)
    assert standing() == ALL


def test_the_rules():
    until, closed = NOW + 300 * DAY, NOW + 20 * DAY
    assert access_ended(True, until, closed) == until
    assert access_ended(False, until, closed) == closed
    assert access_ended(False, until, None) == until
    assert access_ended(False, until, until + DAY) == until, "heard of when it was over"
    assert deleted_at(NOW, NOW) == NOW + ANSWERS_KEPT
    assert deleted_at(NOW, NOW + ANSWERS_KEPT) == NOW + ANSWERS_KEPT + TOLD_BEFORE


def test_the_clinic_knows_the_mail_and_the_period(app):
    assert "answers-end" in MAILS
    with app.app_context():
        said = [row["how_long"] for row in retention() if {*row["tables"]} & {"answer", "licence"}]
    assert all(how_long.startswith("12 måneder efter") for how_long in said)
