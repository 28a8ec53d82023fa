"""What we tell people about how long their data is kept is what the program does."""

from __future__ import annotations

import re
from datetime import date, timedelta

import lxml.html

import shop.accounts.rules as accounts
import shop.booking.rules as booking
import shop.course.rules as course
import shop.coursework.rules as coursework
import shop.orders.rules as orders
import shop.outbox.rules as outbox
import shop.privacy.rules as privacy
import shop.withdrawals.rules as withdrawals
from shop.clinic import labels
from shop.content import consents, data_map, retention, texts
from shop.danish import date as on_date
from shop.db import Base
from shop.enquiries import rules
from shop.settings import ROOT

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
            assert set(row) == {"tables", "what", "why", "how_long", "told", "ground"}
            assert all(row[key] for key in ("what", "why", "how_long", "ground")), row
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


def test_shared_plans_and_withdrawals_are_kept_as_long_as_told(program):
    assert kept(program, "withdrawal") == {"": withdrawals.KEPT}
    assert kept(program, "plan_share") == {
        "indholdet": coursework.SHARE_KEPT,
        "at den er delt": privacy.ANSWERS_KEPT,
    }


def test_what_is_left_in_the_course_is_kept_as_long_as_told(program):
    for table in ("answer", "answer_consent", "licence", "podcast_feed"):
        assert kept(program, table) == {"": privacy.ANSWERS_KEPT}


SPAN = re.compile(r"(\d+) (minutter|dage|måneder|måned|år)\b")
DAYS = {"dage": (1, 1), "måned": (30, 31), "måneder": (30, 31), "år": (365, 366)}
# Whose words repeat a period: a consent and the tables that it is about.
PROMISES = {
    "coursework": {"answer"},
    "enquiry": {"enquiry"},
    "opening": {"opening_notice", "mail"},
    "plan": {"plan_share"},
    "rhythm": {"rhythm"},
    "waiting": {"waiting_list"},
}


def spans(words: str) -> list[tuple[int, int]]:
    """Every period that is named, as the fewest and the most days it may be."""
    found = [(int(count), unit) for count, unit in SPAN.findall(words) if unit in DAYS]
    return [(count * DAYS[unit][0], count * DAYS[unit][1]) for count, unit in found]


def differing(told: str, meant: str) -> list[tuple[int, int]]:
    """The periods that only one of two texts names."""
    one, other = spans(told), spans(meant)

    def alone(these, those):
        return [a for a in these if not any(a[0] <= b[1] and b[0] <= a[1] for b in those)]

    return alone(one, other) + alone(other, one)


def test_the_notice_tells_the_periods_by_which_we_delete(program):
    assert differing("6 måneder, højst 3 år", "180 dage, derefter 36 måneder") == []
    assert differing("6 måneder", "90 dage") == [(180, 186), (90, 90)]
    with program.test_request_context():
        page = lxml.html.fromstring(texts()["privatlivspolitik"].html())
        shown = [[cell.text_content() for cell in row.iter("td")] for row in page.iter("tr")][1:]
        assert shown == [pair for row in retention() for pair in row["told"]]
        for row in retention():
            is_somebodys = any(data_map()[table]["whose"] for table in row["tables"])
            assert bool(row["told"]) >= is_somebodys, f"{row['tables']}: tell whom it is about"
            told = " ".join(how_long for _, how_long in row["told"])
            assert not row["told"] or differing(told, row["how_long"]) == [], row["tables"]


def test_what_people_agree_to_names_the_same_periods(program):
    with program.app_context():
        for name, tables in PROMISES.items():
            kept_by = [row["how_long"] for row in retention() if tables & set(row["tables"])]
            promised = spans(consents()[name].text)
            assert promised or name == "rhythm"
            meant = " ".join(kept_by)
            for one in promised:
                assert any(one[0] <= to and since <= one[1] for since, to in spans(meant)), name
        others = {name for name, consent in consents().items() if spans(consent.text)}
        assert others <= set(PROMISES), "name the tables that it is about"


def test_a_text_is_as_old_as_it_says(program):
    with program.app_context():
        for slug in ("handelsbetingelser", "privatlivspolitik"):
            text = texts()[slug]
            since = f"gælder fra den {on_date(date.fromisoformat(text.version))}"
            assert "{{ since }}" in text.body or since in text.body, slug


def test_servers_delete_by_what_the_notice_says():
    backup = (ROOT / "deploy" / "shop-backup.service").read_text(encoding="utf-8")
    [days] = re.findall(r"-mtime \+(\d+) -delete", backup)
    assert 60 < int(days) < 3 * 30 - 2, "within three months, and the night it runs"
    assert timedelta(days=int(days) + 2) < privacy.LIST_KEPT, "longer than any backup"
    assert "MaxRetentionSec=30day" in (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
