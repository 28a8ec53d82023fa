"""What is told before a visit by those who were not asked while booking."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from shop.booking import actions
from shop.booking.intake_actions import keep
from shop.db import transaction
from shop.deadlock import settled
from tests.booking.conftest import NOW

GOAL = "Hvad håber du at få ud af samtalen?"
TYPED = {"q_maal": "At sove igennem", "note": "Jeg kommer med min søn"}


@pytest.fixture
def booked(clinic, at):
    at(NOW)
    return clinic.book(clinic.first())


@pytest.fixture
def page(booked, browser):
    return browser.get(f"/aftale/{booked.token}")


def test_it_is_kept_for_the_clinician_and_shown_to_nobody_else(clinic, booked, page):
    page.submit("Send til Rasmus", **TYPED)
    assert page.status == 303
    kept = clinic.again(booked)
    assert kept.note == TYPED["note"]
    assert kept.answers == [{"label": GOAL, "answer": TYPED["q_maal"]}]
    assert "Rasmus læser det, du har skrevet, før jeres aftale" in page.follow().words()
    assert "Send til Rasmus" not in page.text
    assert not any(words in page.text for words in TYPED.values())


def test_whom_to_ring_stands_before_each_place_to_write(clinic, page, new_browser):
    booking = f"/book/indledende?starts_at={quote(clinic.first().isoformat())}"
    for shown in (page, new_browser().get(booking)):
        help_at, text_at = shown.text.find("Er det akut?"), shown.text.find("<textarea")
        assert 0 < help_at < text_at


def test_it_changes_no_form_that_is_open_elsewhere(clinic, booked, page):
    page.submit("Send til Rasmus", **TYPED)
    assert clinic.again(booked).version == booked.version


def test_who_told_it_while_booking_is_not_asked_again(clinic, browser, at):
    at(NOW)
    told = clinic.book(clinic.first(), note="Jeg går med stok")
    browser.get(f"/aftale/{told.token}")
    assert "Send til Rasmus" not in browser.text
    assert "Jeg går med stok" not in browser.text
    assert "Rasmus læser det, du har skrevet" in browser.words()


def test_nothing_typed_is_no_mistake(clinic, booked, page):
    page.submit("Send til Rasmus")
    assert page.status == 303
    assert "Send til Rasmus" in page.follow().text
    assert clinic.again(booked).note is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [("Mit nummer er 010180-1235", "CPR"), ("x" * 5001, "Teksten er for lang")],
)
def test_what_cannot_be_kept_stays_in_the_form(clinic, booked, page, typed, said):
    page.submit("Send til Rasmus", q_maal="At gå en tur", note=typed)
    assert page.status == 422
    assert said in page.words()
    assert re.search(r"<details open>\s*<summary>Fortæl lidt", page.text)
    assert typed in page.text
    assert "At gå en tur" in page.text
    assert clinic.again(booked).answers is None


def test_a_double_click_is_no_mistake(clinic, booked, page):
    sent = {**TYPED, "csrf_token": page.csrf()}
    for _ in range(2):
        assert page.post(f"/aftale/{booked.token}/foer", sent).status == 303
    assert clinic.again(booked).note == TYPED["note"]


def test_nobody_writes_over_what_is_there_and_no_word_is_lost(clinic, booked, page):
    with transaction():
        keep(clinic.again(booked), "Den førstes ord", [], NOW)
    page.submit("Send til Rasmus", **TYPED)
    assert page.status == 409
    assert "Det er ikke sendt" in page.words()
    assert all(words in page.text for words in TYPED.values())
    assert "Den førstes ord" not in page.text
    assert clinic.again(booked).note == "Den førstes ord"


@pytest.mark.parametrize("state", ["cancelled", "over"])
def test_for_a_visit_that_is_no_more_nothing_is_kept(clinic, booked, page, at, state):
    if state == "cancelled":
        settled(lambda: actions.cancel(clinic.again(booked), booked.version, "patient", NOW))
    else:
        at(booked.ends_at + timedelta(minutes=1))
    page.submit("Send til Rasmus", **TYPED)
    assert page.status == 409
    assert all(words in page.text for words in TYPED.values())
    assert clinic.again(booked).note is None
    assert "Send til Rasmus" not in page.get(f"/aftale/{booked.token}").text
