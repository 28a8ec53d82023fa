"""What is deleted when its time is up, by the worker, without anybody asking."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from shop.db import db, transaction
from shop.enquiries.models import Enquiry
from shop.enquiries.rules import KEPT, purge_at, search_text
from shop.outbox import actions as outbox
from shop.outbox.models import Mail
from shop.outbox.rules import KEPT as MAIL_KEPT
from shop.outbox.rules import Letter
from shop.privacy import actions
from shop.web import now


@pytest.fixture
def clock():
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


def enquiry(app: Flask, state: str, number: int = 1) -> int:
    """An enquiry in this state that came an hour before it was changed; returns its id."""
    received_at = now() - timedelta(hours=1)
    row = Enquiry(
        reference=f"{number:08d}",
        submit_key=f"key {number}",
        state=state,
        topic="andet",
        name="Kirsten Prøve",
        email="kirsten@example.dk",
        phone="",
        message="Jeg vil gerne høre mere.",
        consent_version="1",
        consent_text="Ja",
        suspicions="",
        search_text=search_text("Kirsten Prøve", "kirsten@example.dk", "", f"{number:08d}"),
        received_at=received_at,
        changed_at=now(),
        purge_at=purge_at(state, received_at, now()),
    )
    with app.app_context(), transaction():
        db.session.add(row)
        db.session.flush()
        letter = Letter("kirsten@example.dk", "Tak", "Ord")
        outbox.queue(letter, "receipt", f"{row.about}:receipt", now(), about=row.about)
        return row.id


def purge(app: Flask) -> None:
    with app.app_context(), transaction():
        actions.purge(now())


def left(app: Flask) -> tuple[int, int]:
    """How many enquiries and mails there are."""
    with app.app_context():
        return tuple(
            db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (Enquiry, Mail)
        )


@pytest.mark.parametrize("state", KEPT)
def test_an_enquiry_goes_on_its_day_with_its_mails_and_not_before(app, clock, state):
    enquiry(app, state)
    since_it_came = timedelta(hours=1) if state in {"new", "in_progress"} else timedelta(0)
    clock.shift(KEPT[state] - since_it_came - timedelta(seconds=1))
    purge(app)
    assert left(app) == (1, 1)
    clock.shift(timedelta(seconds=1))
    purge(app)
    assert left(app) == (0, 0)


def test_others_stay(app, clock):
    enquiry(app, "spam", 1)
    enquiry(app, "new", 2)
    clock.shift(timedelta(days=31))
    purge(app)
    assert left(app) == (1, 1)


def settle(app: Flask, **values: object) -> None:
    with app.app_context(), transaction():
        outbox.queue(Letter("a@example.dk", "Emne", "Ord"), "test", "x", now())
        db.session.execute(sa.update(Mail).values(**values))


@pytest.mark.parametrize("state", ["sent", "superseded", "expired"])
def test_a_settled_mail_goes_after_half_a_year(app, clock, state):
    settle(app, state=state)
    clock.shift(MAIL_KEPT)
    purge(app)
    assert left(app) == (0, 1)
    clock.shift(timedelta(seconds=1))
    purge(app)
    assert left(app) == (0, 0)


@pytest.mark.parametrize("state", ["queued", "retry", "sending", "failed", "bounced"])
def test_a_mail_that_nobody_got_stays_until_somebody_knows(app, clock, state):
    settle(app, state=state)
    clock.shift(timedelta(days=3650))
    purge(app)
    assert left(app) == (0, 1)


def test_the_worker_does_it_once_a_day(app, clock, mailbox, stripe):
    def work() -> None:
        done = app.test_cli_runner().invoke(args=["worker", "--once"])
        assert done.exit_code == 0, done.output

    enquiry(app, "spam")
    work()
    assert left(app) == (1, 1)
    clock.shift(timedelta(days=30))
    work()
    assert left(app) == (0, 0)
    enquiry(app, "spam", 2)
    with app.app_context(), transaction():
        db.session.execute(sa.update(Enquiry).values(purge_at=now()))
    clock.shift(timedelta(hours=23))
    work()
    assert left(app)[0] == 1, "not every second"
    clock.shift(timedelta(hours=1))
    work()
    assert left(app)[0] == 0
