"""Opening hours as the clinician types them, and what patients are offered then."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.booking import files, hours_rules, offer_actions
from shop.booking.hours_rules import BadHours
from shop.booking.rules import Window
from shop.db import transaction
from shop.settings import ROOT
from tests.clinic.week.conftest import MONDAY

HOURS = "/klinik/aabningstider"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Lukket", []),
        (" lukket. ", []),
        ("9-12", [(540, 720)]),
        ("9.00-12.00 og 12.30-16.00", [(540, 720), (750, 960)]),
        ("9:15 – 12, 13 til 16.30", [(555, 720), (780, 990)]),
        ("kl. 9 til kl 12 & 13-14", [(540, 720), (780, 840)]),
        ("13-16, 9-12", [(540, 720), (780, 960)]),
        ("9-12+12-13", [(540, 720), (720, 780)]),
        ("0-24", [(0, 1440)]),
    ],
)
def test_hours_as_danes_write_them(text, expected):
    assert [(w.from_minute, w.to_minute) for w in hours_rules.read(text)] == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hele dagen", "unclear"),
        ("9", "unclear"),
        ("9-", "unclear"),
        ("9-12,", "unclear"),
        ("9-12 13-16", "unclear"),
        ("9-25", "unclear"),
        ("9.75-12", "unclear"),
        ("24.05-24.10", "unclear"),
        ("9-12" + " og 9-12" * 30, "unclear"),
        ("1-2,2-3,3-4,4-5,5-6,6-7,7-8", "unclear"),
        ("12-9", "order"),
        ("9-9", "order"),
        ("9-12 og 11-13", "overlap"),
        ("9.03-12", "step"),
    ],
)
def test_hours_that_cannot_be_read_say_why(text, reason):
    with pytest.raises(BadHours) as caught:
        hours_rules.read(text)
    assert caught.value.reason == reason


edges = st.lists(st.integers(0, 288), min_size=2, max_size=12, unique=True).map(sorted)


@given(edges)
def test_hours_are_read_as_they_are_shown(fives):
    pairs = zip(fives[::2], fives[1::2], strict=False)
    windows = tuple(Window(start * 5, end * 5) for start, end in pairs)
    assert hours_rules.read(hours_rules.shown(windows)) == windows


@given(st.text(max_size=60))
def test_any_words_are_hours_or_say_why(text):
    try:
        hours_rules.read(text)
    except BadHours as error:
        assert error.reason in {"unclear", "order", "overlap", "step"}  # noqa: PT017


def test_the_weeks_hours_are_shown_and_changed(agenda):
    browser = agenda.browser.get(HOURS)
    assert browser.fields()["day-0"].get("value") == "9.00-12.00 og 12.30-16.00"
    browser.submit("Gem åbningstiderne", **{"day-0": "10-11", "day-5": "9-12", "day-1": "lukket"})
    assert "Gemt." in browser.follow().words()
    assert browser.fields()["day-0"].get("value") == "10.00-11.00"
    assert browser.fields()["day-1"].get("value") == ""
    assert agenda.free() == ["10.00"]
    assert agenda.free(MONDAY + timedelta(days=1)) == []
    assert agenda.free(MONDAY + timedelta(days=5))[0] == "09.00"


def test_a_line_that_cannot_be_read_changes_nothing_and_stays(agenda):
    browser = agenda.browser.get(HOURS)
    browser.submit("Gem åbningstiderne", **{"day-0": "10-11", "day-2": "12-9"})
    assert browser.status == 422
    assert "Onsdag: Lukketid skal ligge efter åbningstid." in browser.words()
    assert browser.fields()["day-0"].get("value") == "10-11"
    assert browser.fields()["day-2"].get("aria-invalid") == "true"
    assert agenda.free()[0] == "09.00"


def test_one_day_is_closed_opened_and_like_the_others_again(agenda):
    found = agenda.book(agenda.at(9))
    path = f"/klinik/aabningstider/{MONDAY}"
    agenda.browser.get(path).submit("Luk hele dagen")
    assert agenda.browser.response.location.endswith(f"uge={MONDAY}")
    words = agenda.browser.follow().words()
    assert "Lukket Kun denne dag" in words
    assert "Kirsten Prøve Indledende samtale Uden for åbningstiden" in words
    assert (agenda.free(), agenda.row(found).state) == ([], "confirmed")
    agenda.browser.get(path).submit("Gem dagen", hours="18-20")
    assert agenda.free() == ["18.00", "18.30", "19.00"]
    agenda.browser.get(path).submit("Brug de faste tider igen", hours="rod")
    assert agenda.browser.status == 422, "what stands there is read first"
    agenda.browser.get(path).submit("Brug de faste tider igen")
    assert agenda.free()[0] == "10.00"
    assert "Brug de faste tider igen" not in agenda.browser.get(path).buttons()


def test_a_day_that_cannot_be_read_says_why(agenda):
    browser = agenda.browser.get(f"/klinik/aabningstider/{MONDAY}").submit(
        "Gem dagen", hours="9-12 og 11-13"
    )
    assert browser.status == 422
    assert "To af tidsrummene går ind over hinanden." in browser.words()
    assert browser.fields()["hours"].get("value") == "9-12 og 11-13"


def test_a_holiday_can_be_opened(agenda):
    christmas = date(2026, 12, 25)
    browser = agenda.browser.get(f"/klinik/aabningstider/{christmas}")
    assert "Juledag: der er lukket, medmindre du skriver andet." in browser.words()
    browser.submit("Gem dagen", hours="10-12")
    assert agenda.free(christmas)[0] == "10.00"


def test_a_holiday_week_is_closed_at_once(agenda):
    last = MONDAY + timedelta(days=4)
    agenda.book(agenda.at(9))
    browser = agenda.browser.get(HOURS)
    browser.submit("Luk dagene", fra=str(MONDAY), til=str(last))
    assert "Dagene er lukket. Ingen aftaler er ændret." in browser.follow().words()
    for number in range(5):
        assert agenda.free(MONDAY + timedelta(days=number)) == []
    assert agenda.free(MONDAY + timedelta(days=7))
    assert "Fredag den 4. december 2026" in browser.links()
    assert "Mandag den 30. november 2026 Lukket Én aftale" in browser.words()


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("", ""),
        ("x", "x"),
        ("2026-11-24", "2026-11-30"),
        ("2026-12-02", "2026-12-01"),
        ("2026-12-01", "2027-12-01"),
        ("2030-12-01", "2030-12-01"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_days_that_cannot_be_closed_close_nothing(agenda, first, last):
    browser = agenda.browser.get(HOURS).submit("Luk dagene", fra=first, til=last)
    assert (browser.path, browser.status) == ("/klinik/aabningstider/luk", 422)
    assert "Vælg en første og en sidste dag" in browser.words()
    assert agenda.free()[0] == "09.00"


@pytest.mark.parametrize("day", ["x", "2026-13-01", "0001-01-01", "9999-12-31", "2026-11-31"])
def test_a_day_that_is_none_is_not_found(agenda, day):
    assert agenda.browser.get(f"/klinik/aabningstider/{day}").status == 404
    token = agenda.browser.get(HOURS).csrf()
    form = {"csrf_token": token, "hours": "9-12"}
    assert agenda.browser.post(f"/klinik/aabningstider/{day}", form).status == 404


def test_hours_that_were_changed_here_outlive_the_file(agenda):
    """The file is read again whenever the program is installed anew."""
    empty = {f"day-{number}": "" for number in range(7)}
    agenda.browser.get(HOURS).submit("Gem åbningstiderne", **empty)
    with agenda.clinic.app.app_context(), transaction():
        offer_actions.import_offer(files.read(ROOT / "content" / "booking.toml"))
    assert agenda.free() == []
    agenda.browser.get(HOURS).submit("Gem åbningstiderne", **empty | {"day-0": "10-11"})
    assert agenda.free() == ["10.00"]
