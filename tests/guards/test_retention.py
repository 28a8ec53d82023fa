"""What we tell people about how long their data is kept is what the program does."""

from __future__ import annotations

import re
from datetime import timedelta

import shop.accounts.rules as accounts
import shop.booking.rules as booking
import shop.course.rules as course
import shop.coursework.rules as coursework
import shop.orders.rules as orders
import shop.outbox.rules as outbox
import shop.privacy.rules as privacy
from shop.clinic import labels
from shop.content import retention
from shop.db import Base
from shop.enquiries import rules

PERIOD = re.compile(r"(?:(?P<whose>[^.:]+): )?(?:Højst )?(?P<count>\d+) (?P<unit>dage|måneder)")


def kept(program, table: str) -> dict[str, timedelta]:
    """The periods told for a table, by whose they are: "ny", or "" for all."""
    with program.app_context():
        [told] = [row["how_long"] for row in retention() if table in row["tables"]]
    return {
        whose.strip().lower(): _length(found)
        for found in PERIOD.finditer(told)
        for whose in (found["whose"] or "").split(" og ")
    }


def _length(found: re.Match[str]) -> timedelta:
    days = {"dage": 1, "måneder": 365 / 12}[found["unit"]]
    return timedelta(days=round(int(found["count"]) * days))


def test_every_table_is_named_once(program):
    with program.app_context():
        named = [table for row in retention() for table in row["tables"]]
        for row in retention():
            assert set(row) == {"tables", "what", "why", "how_long", "ground"}
            assert all(row.values()), row
    assert sorted(named) == sorted(Base.metadata.tables)


def test_enquiries_are_kept_as_long_as_told(program):
    told = kept(program, "enquiry")
    assert told.pop("") == rules.LONGEST_KEPT
    assert told == {labels.STATES[state].lower(): period for state, period in rules.KEPT.items()}
    assert set(rules.KEPT) == set(rules.MOVES)


def test_mails_are_kept_as_long_as_told(program):
    assert kept(program, "mail") == {"": outbox.KEPT}


def test_sign_ins_are_kept_as_long_as_told(program):
    assert kept(program, "browser") == kept(program, "sign_in") == {"": accounts.SESSION_LIFE}


def test_appointments_are_kept_as_long_as_told(program):
    told = kept(program, "appointment")
    assert told.pop("") == booking.KEPT
    assert list(told.values()) == [booking.UNFINISHED_KEPT]
    assert kept(program, "waiting_list") == {"": booking.UNFINISHED_KEPT}


def test_course_and_events_and_erasures_are_kept_as_long_as_told(program):
    assert kept(program, "rhythm") == {"": course.PROGRESS_KEPT}
    assert kept(program, "progress") == {"": course.PROGRESS_KEPT}
    assert kept(program, "stripe_event") == {"": orders.EVENTS_KEPT}
    assert timedelta(days=7) == privacy.COOLING
    assert _length(PERIOD.search("36 måneder")) == privacy.LOG_KEPT


def test_orders_and_people_are_kept_as_long_as_told(program):
    assert kept(program, "purchase_order") == {"aldrig betalt": orders.UNPAID_KEPT}
    assert list(kept(program, "person").values()) == [accounts.PERSON_KEPT]
    years = f"{orders.BOOKS_YEARS} år efter udgangen af"
    with program.app_context():
        for table in ("purchase_order", "document"):
            [told] = [row["how_long"] for row in retention() if table in row["tables"]]
            assert years in told


def test_shared_plans_are_kept_as_long_as_told(program):
    assert kept(program, "plan_share") == {"indholdet": coursework.SHARE_KEPT}
