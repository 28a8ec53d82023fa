"""The worker reads calendars elsewhere; what it cannot read leaves what was known."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import structlog
import time_machine

from shop.booking import calendar_actions as actions
from shop.booking import calendar_models as models
from shop.booking import renewal
from shop.booking.hours import BusyBlock, BusyCalendar, Practitioner
from shop.db import db, transaction
from shop.web import now
from tests.booking.calendar_host import CalendarHost, calendar_file, event


@pytest.fixture
def clock():
    with time_machine.travel(now().replace(microsecond=0), tick=False) as clock:
        yield clock


@pytest.fixture
def host():
    with CalendarHost() as host:
        yield host


@pytest.fixture
def practitioner(app) -> int:
    with app.app_context(), transaction():
        row = Practitioner(slug="rasmus", name="Rasmus", email="rh@example.dk")
        db.session.add(row)
        db.session.flush()
        return row.id


def at(hours: int) -> str:
    return f"{now() + timedelta(hours=hours):%Y%m%dT%H%M%SZ}"


def lunch(hours: int) -> bytes:
    lines = event(f"DTSTART:{at(hours)}", "DURATION:PT1H", "SUMMARY:Tandlæge")
    return calendar_file(*lines)


def add(app, practitioner: int, address: str, name: str = "Min egen") -> int:
    with app.app_context(), transaction():
        return actions.add_calendar(practitioner, name, address)


def renew(app) -> int:
    with app.app_context():
        return renewal.renew()


def starts(app, practitioner: int) -> list[float]:
    """When each busy time begins, in hours from now."""
    with app.app_context():
        rows = models.busy_between(practitioner, now(), now() + timedelta(days=30))
        return [(row.starts_at - now()) / timedelta(hours=1) for row in rows]


def row(app, calendar_id: int) -> BusyCalendar:
    with app.app_context():
        return models.calendar(calendar_id)


def test_a_calendar_makes_busy_and_is_read_again_after_a_quarter(app, practitioner, host, clock):
    calendar = add(app, practitioner, host.serve("/a", lunch(5)))
    assert (row(app, calendar).tried_at, renew(app)) == (None, 1)
    assert (starts(app, practitioner), row(app, calendar).error) == ([5], None)
    host.serve("/a", lunch(7))
    clock.shift(timedelta(minutes=14))
    assert renew(app) == 0
    clock.shift(timedelta(minutes=1))
    host.serve("/a", lunch(7))
    assert renew(app) == 1
    assert starts(app, practitioner) == [7]
    assert row(app, calendar).fetched_at == now()


def test_a_time_that_did_not_change_keeps_its_row(app, practitioner, host, clock):
    add(app, practitioner, host.serve("/a", lunch(30)))
    renew(app)
    with app.app_context():
        before = db.session.scalars(sa.select(BusyBlock.id)).all()
    body = calendar_file(
        *event(f"DTSTART:{at(30)}", "DURATION:PT1H"),
        *event(f"DTSTART:{at(40)}", "DURATION:PT1H", uid="2"),
    )
    host.serve("/a", body)
    clock.shift(timedelta(minutes=15))
    renew(app)
    with app.app_context():
        after = db.session.scalars(sa.select(BusyBlock.id).order_by(BusyBlock.id)).all()
    assert (len(after), after[0]) == (2, before[0])


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"gone", 404, "status 404"),
        (b"<!doctype html>", 200, "no_calendar"),
        (b"x" * (2 * 1024 * 1024 + 1), 200, "too_big"),
    ],
)
def test_trouble_keeps_what_was_known_and_says_why(
    app, practitioner, host, clock, body, status, error
):
    calendar = add(app, practitioner, host.serve("/secret", lunch(5)))
    renew(app)
    read_at = now()
    host.serve("/secret", body, status)
    clock.shift(timedelta(minutes=15))
    with structlog.testing.capture_logs() as logs:
        assert renew(app) == 0
    assert starts(app, practitioner) == [4.75]
    found = row(app, calendar)
    assert (found.error, found.tried_at, found.fetched_at) == (error, now(), read_at)
    assert [line["error"] for line in logs] == [error]
    assert "secret" not in str(logs)


def test_one_bad_calendar_keeps_no_other_from_being_read(app, practitioner, host, clock):
    add(app, practitioner, host.serve("/bad", b"", 500), "Dårlig")
    add(app, practitioner, host.serve("/good", lunch(5)), "God")
    assert renew(app) == 1
    assert starts(app, practitioner) == [5]


def test_slow_calendars_leave_the_worker_time_for_its_mails(app, practitioner, host, clock):
    """The clock is moved on by each answer, as if it had taken twenty seconds."""
    for number in range(4):
        address = host.serve(f"/{number}", lunch(5))
        answer = host.answers[f"/{number}"]
        host.answers[f"/{number}"] = lambda request, answer=answer: (
            clock.shift(timedelta(seconds=20)),
            answer(request),
        )
        add(app, practitioner, address, f"K{number}")
    assert renew(app) == 2
    assert renew(app) == 2
    assert sorted(path for path, _ in host.asked) == ["/0", "/1", "/2", "/3"]


def test_what_could_not_be_read_of_a_calendar_is_told(app, practitioner, host, clock):
    good = event(f"DTSTART:{at(5)}", "DURATION:PT1H", uid="2")
    calendar = add(
        app, practitioner, host.serve("/a", calendar_file(*event("DTEND:20260101T000000Z"), *good))
    )
    assert renew(app) == 1
    assert (starts(app, practitioner), row(app, calendar).error) == ([5], "unread 1")


def test_a_calendar_that_is_removed_takes_its_times_along(app, practitioner, host, clock):
    calendar = add(app, practitioner, host.serve("/a", lunch(5)))
    renew(app)
    with app.app_context(), transaction():
        actions.remove_calendar(calendar)
        assert not actions.keep_busy(calendar, [(now(), now() + timedelta(hours=1))], None, now())
    assert (starts(app, practitioner), renew(app)) == ([], 0)


def test_the_same_address_is_one_calendar_and_ten_are_enough(app, practitioner, clock):
    first = add(app, practitioner, "https://kalender.example/0")
    assert add(app, practitioner, "https://kalender.example/0", "Nyt navn") == first
    assert row(app, first).name == "Nyt navn"
    for number in range(1, 10):
        add(app, practitioner, f"https://kalender.example/{number}")
    with pytest.raises(actions.TooManyCalendars):
        add(app, practitioner, "https://kalender.example/10")


def test_in_production_nothing_near_is_asked(production, host, monkeypatch, clock):
    from flask_migrate import upgrade

    with production.app_context():
        upgrade()
        with transaction():
            row = Practitioner(slug="rasmus", name="Rasmus", email="rh@example.dk")
            db.session.add(row)
            db.session.flush()
            actions.add_calendar(row.id, "Nær", host.serve("/a", lunch(5)))
        assert renewal.renew() == 0
        assert db.session.scalar(sa.select(BusyCalendar.error)) == "address"
        with transaction():
            db.session.execute(
                sa.update(BusyCalendar).values(address="http://127.0.0.1/a", tried_at=None)
            )
        renewal.renew()
        assert db.session.scalar(sa.select(BusyCalendar.error)) == "private"
    assert host.asked == []


def test_the_worker_reads_a_new_calendar_within_a_minute(app, practitioner, host, stripe, mailbox):
    calendar = add(app, practitioner, host.serve("/a", lunch(5)))
    done = app.test_cli_runner().invoke(args=["worker", "--once"])
    assert done.exit_code == 0, done.output
    assert row(app, calendar).fetched_at
