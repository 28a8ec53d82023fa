"""What content/retention.toml promises happens on its day, table by table, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

import shop.accounts.rules as accounts
import shop.booking.rules as booking
import shop.course.opening_actions as opening
import shop.course.rules as course
import shop.coursework.rules as coursework
import shop.enquiries.rules as enquiries
import shop.orders.rules as orders
import shop.outbox.rules as outbox
import shop.privacy.rules as privacy
import shop.withdrawals.rules as withdrawals
from shop.content import retention
from shop.danish import COPENHAGEN
from shop.db import Base, EncryptedJSON, EncryptedText, db, transaction
from shop.privacy import actions
from shop.web import now

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=COPENHAGEN)
DAY = timedelta(days=1)
# Stays as long as the account, the clinic's calendar or the site; no clock takes these.
WITHOUT_A_CLOCK = {
    *("course", "lesson", "clock_run", "document_series", "agreed_text", "stripe_movement"),
    *("practitioner", "place", "service", "service_practitioner", "weekly_rule"),
    *("day_exception", "busy_calendar", "busy_block", "calendar_feed", "lesson_approval"),
}
_numbers = count(1000)


def put(name: str, /, **given: Any) -> Any:
    """Adds a row with whatever its columns take, but for what is given; returns its key."""
    table = Base.metadata.tables[name]
    values = {
        column.name: _some(column)
        for column in table.columns
        if not column.nullable and column.default is None and not _is_number(column)
    }
    return db.session.execute(sa.insert(table).values(values | given)).inserted_primary_key[0]


def _is_number(column: sa.Column[Any]) -> bool:
    return bool(column.primary_key and isinstance(column.type, sa.Integer))


def _some(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, EncryptedJSON | sa.JSON):
        return {}
    if isinstance(column.type, EncryptedText | sa.String):
        return f"x{next(_numbers)}"[: getattr(column.type, "length", None)]
    plain: dict[type, Any] = {int: 1, bool: False, datetime: now(), date: now().date()}
    return plain[getattr(column.type, "impl_instance", column.type).python_type]


def person(**given: Any) -> int:
    return put("person", created_at=now() - timedelta(days=9), **given)


def course_id() -> int:
    return db.session.scalar(sa.select(Base.metadata.tables["course"].c.id))


def order(person_id: int, **given: Any) -> int:
    return put("purchase_order", person_id=person_id, course_id=course_id(), **given)


def enquiry() -> None:
    put("enquiry", state="spam", purge_at=enquiries.purge_at("spam", now(), now()))


def mail() -> None:
    put("mail", state="sent", queued_at=now(), letter={"to": "a@example.dk"})


def somebody() -> None:
    put("person", created_at=now())


def signed_in() -> None:
    who = person()
    put("sign_in", person_id=who, expires_at=now())
    put("browser", person_id=who, expires_at=now() + accounts.SESSION_LIFE)


def progress() -> None:
    who = person()
    put("enrolment", person_id=who, course_id=course_id(), source="x:1", access_until=now())
    lesson = db.session.scalar(sa.select(Base.metadata.tables["lesson"].c.id).limit(1))
    put("progress", person_id=who, lesson_id=lesson, seen_at=now())


def rhythm() -> None:
    who = person()
    put("enrolment", person_id=who, course_id=course_id(), source="x:1", access_until=now())
    put("rhythm", person_id=who, active_of=who, given_at=now())
    put("rhythm_mail", person_id=who, sent_at=now())


def event() -> None:
    put("stripe_event", id="evt_1", status="done", received_at=now())


def left_behind() -> None:
    who = person()
    put("enrolment", person_id=who, course_id=course_id(), source="x:1", access_until=now())
    put("answer", person_id=who)
    put("answer_consent", person_id=who)
    put("plan_share", person_id=who, content=["x"], shared_at=NOW + 300 * DAY)
    put("licence", person_id=who)
    put("podcast_feed", person_id=who)


def shared_plan() -> None:
    who = person()
    put("plan_share", person_id=who, active_of=who, content=["x"], shared_at=now())


def unpaid() -> None:
    number = order(person(), state="expired", created_at=now())
    put("payment_attempt", order_id=number, number=1, expires_at=now())
    put("order_event", order_id=number, at=now())


def bought() -> None:
    """A gift, part of which was paid back; its friend's access ran out long before it all goes."""
    who = person()
    number = order(who, state="partly_refunded", confirmed_at=now(), is_gift=True)
    attempt = put("payment_attempt", order_id=number, number=1, state="paid", intent_id="pi_1")
    put("refund_request", order_id=number, attempt_id=attempt, state="succeeded")
    put("order_event", order_id=number)
    put("stripe_movement", id="txn_1", intent_id="pi_1", at=now())
    put("gift", order_id=number, course_id=course_id(), redeemed_by=who, code="x")
    put("enrolment", person_id=who, course_id=course_id(), source=f"order:{number}")
    paper = {"order_id": number, "attempt_id": attempt, "person_id": who, "year": 2026}
    invoice = put("document", kind="invoice", sequence=1, **paper)
    put("document", kind="credit_note", sequence=1, of_id=invoice, **paper)


def withdrawal() -> None:
    said = put("withdrawal", received_at=now())
    put("withdrawal_look", withdrawal_id=said)


def _calendar() -> dict[str, int]:
    place = put("place")
    who = put("practitioner")
    what = put("service", mode="clinic", questions=[])
    return {"place_id": place, "practitioner_id": who, "service_id": what}


def appointment(state: str, purge_at: datetime) -> None:
    where = _calendar()
    times = {"starts_at": NOW - timedelta(hours=1), "ends_at": NOW, "blocked_until": NOW}
    number = put("appointment", state=state, purge_at=purge_at, **times, **where)
    put("slot_claim", practitioner_id=where["practitioner_id"], cell=1, appointment_id=number)


def visited() -> None:
    appointment("completed", booking.purge_at(now(), "completed", now()))


def held() -> None:
    appointment("held", booking.purge_at(now() + 30 * DAY, "held", now()))


def waiting() -> None:
    wanted = {"service_id": _calendar()["service_id"], "from_at": NOW - DAY, "until_at": NOW}
    put("waiting_list", **wanted)


def erased() -> None:
    put("erasure", state="done", settled_at=now())


def curious() -> None:
    put("opening_notice", asked_at=now())


BOOKS_CLOSED = datetime(2032, 1, 1, tzinfo=COPENHAGEN) - NOW
LEFT_BEHIND = ("answer", "answer_consent", "plan_share", "licence", "podcast_feed")
BOOKED = ("purchase_order", "payment_attempt", "refund_request", "order_event")
# Who makes the rows, in which tables they lie, and how long after NOW they go.
PERIODS: list[tuple[Callable[[], None], tuple[str, ...], timedelta]] = [
    (enquiry, ("enquiry",), enquiries.KEPT["spam"]),
    (mail, ("mail",), outbox.KEPT),
    (somebody, ("person",), accounts.PERSON_KEPT),
    (signed_in, ("sign_in", "browser"), accounts.SESSION_LIFE),
    (progress, ("progress",), course.PROGRESS_KEPT),
    (rhythm, ("rhythm", "rhythm_mail"), course.PROGRESS_KEPT),
    (event, ("stripe_event",), orders.EVENTS_KEPT),
    (shared_plan, ("plan_share",), coursework.SHARE_KEPT),
    (left_behind, LEFT_BEHIND, privacy.ANSWERS_KEPT),
    (unpaid, ("purchase_order", "payment_attempt", "order_event", "person"), orders.UNPAID_KEPT),
    (bought, (*BOOKED, "document", "gift", "enrolment", "person"), BOOKS_CLOSED),
    (withdrawal, ("withdrawal", "withdrawal_look"), withdrawals.KEPT),
    (visited, ("appointment", "slot_claim"), booking.KEPT),
    (held, ("appointment", "slot_claim"), booking.UNFINISHED_KEPT),
    (waiting, ("waiting_list",), booking.UNFINISHED_KEPT),
    (erased, ("erasure",), privacy.LOG_KEPT),
    (curious, ("opening_notice",), opening.KEPT),
]


def left(names: tuple[str, ...]) -> dict[str, int]:
    """How many rows each table has; of shared plans, how many still say something."""
    found = {}
    for name in names:
        table = Base.metadata.tables[name]
        said = table.c.content.is_not(None) if name == "plan_share" else sa.true()
        query = sa.select(sa.func.count()).select_from(table).where(said)
        found[name] = db.session.scalar(query) or 0
    return found


@pytest.fixture
def clock(app: Flask):
    with time_machine.travel(NOW, tick=False) as clock, app.app_context():
        yield clock


def purge() -> None:
    with transaction():
        actions.purge(now())


@pytest.mark.parametrize(
    ("make", "names", "kept"), PERIODS, ids=[case[0].__name__ for case in PERIODS]
)
def test_a_day_too_young_it_stays_and_a_day_older_it_goes(clock, make, names, kept):
    with transaction():
        make()
    before = left(names)
    assert all(before.values())
    if kept > privacy.TOLD_BEFORE:
        clock.move_to(NOW + kept - privacy.TOLD_BEFORE)
        purge()  # tells whom it must
    clock.move_to(NOW + kept - DAY)
    purge()
    assert left(names) == before
    clock.move_to(NOW + kept + DAY)
    purge()
    assert not any(left(names).values())


def test_every_table_has_its_period_or_none(app):
    timed = {name for _, names, _ in PERIODS for name in names}
    assert timed | WITHOUT_A_CLOCK == set(Base.metadata.tables)
    assert not timed & WITHOUT_A_CLOCK
    with app.app_context():
        for row in retention():
            is_promised = re.search(r"\d+ (dage|måneder|år)", row["how_long"])
            assert not is_promised or set(row["tables"]) <= timed, row["tables"]


def unsettled(**given: Any) -> int:
    return order(person(), state="paid", confirmed_at=now(), created_at=now(), **given)


HELD_BACK: dict[str, Callable[[], Any]] = {
    "disputed": lambda: order(person(), state="disputed", created_at=now()),
    "refund on its way": lambda: put(
        "refund_request",
        state="sent",
        attempt_id=put("payment_attempt", order_id=(number := unsettled()), number=1),
        order_id=number,
    ),
    "heard of lately": lambda: put("order_event", order_id=unsettled(), at=NOW + 500 * DAY),
    "money moved lately": lambda: (
        put("payment_attempt", order_id=unsettled(), number=1, intent_id="pi_9"),
        put("stripe_movement", id="txn_9", intent_id="pi_9", at=NOW + 500 * DAY),
    ),
    "still open": lambda: put(
        "enrolment",
        person_id=person(),
        course_id=course_id(),
        source=f"order:{unsettled()}",
        access_until=NOW + 5000 * DAY,
    ),
    "credited lately": lambda: put(
        "document",
        person_id=person(),
        attempt_id=put("payment_attempt", order_id=(number := unsettled()), number=1),
        order_id=number,
        issued_at=NOW + 500 * DAY,
    ),
    "withdrawn from lately": lambda: put(
        "withdrawal", order_id=unsettled(), received_at=NOW + BOOKS_CLOSED
    ),
}


@pytest.mark.parametrize("why", HELD_BACK)
def test_a_purchase_that_is_not_over_stays_in_the_books(clock, why):
    with transaction():
        HELD_BACK[why]()
    clock.move_to(NOW + BOOKS_CLOSED + DAY)
    purge()
    assert left(("purchase_order",)) == {"purchase_order": 1}


def never_paid(**given: Any) -> int:
    return order(person(), **{"state": "failed", "created_at": now()} | given)


def tried(number: int, **given: Any) -> int:
    return put("payment_attempt", **{"order_id": number, "number": 1, "expires_at": now()} | given)


SOMETHING_MAY_COME: dict[str, Callable[[], Any]] = {
    "money came": lambda: tried(never_paid(), received_ore=100),
    "tried again": lambda: tried(never_paid(), expires_at=NOW + 3 * DAY),
    "not tried yet": lambda: never_paid(created_at=NOW + 3 * DAY),
    "confirmed": lambda: never_paid(confirmed_at=now()),
    "paid": lambda: never_paid(state="paid"),
    "invoiced": lambda: put(
        "document", person_id=person(), order_id=(it := never_paid()), attempt_id=tried(it)
    ),
    "paid back": lambda: put(
        "refund_request", order_id=(it := never_paid()), attempt_id=tried(it), state="succeeded"
    ),
    "let in": lambda: put(
        "enrolment", person_id=person(), course_id=course_id(), source=f"order:{never_paid()}"
    ),
}


@pytest.mark.parametrize("why", SOMETHING_MAY_COME)
def test_an_unpaid_order_is_kept_while_something_may_come_of_it(clock, why):
    with transaction():
        SOMETHING_MAY_COME[why]()
    clock.move_to(NOW + orders.UNPAID_KEPT + DAY)
    purge()
    assert left(("purchase_order",)) == {"purchase_order": 1}


def test_a_clinician_and_whoever_has_an_account_stay(clock):
    with transaction():
        person(is_clinician=True)
        put("enrolment", person_id=person(), course_id=course_id(), source="x:1")
    clock.shift(timedelta(days=9000))
    purge()
    assert left(("person", "enrolment")) == {"person": 2, "enrolment": 1}
