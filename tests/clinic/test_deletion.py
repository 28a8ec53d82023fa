"""When an enquiry goes by itself, and how the clinician deletes one."""

from __future__ import annotations

from datetime import timedelta

from shop.enquiries.rules import KEPT, shown
from shop.web import day
from tests.clinic.conftest import choose
from tests.stored import everything


def test_the_day_of_deletion_is_shown_for_each_status(clinic):
    reference = clinic.receive()
    received_at = clinic.row(reference).received_at
    clinic.clock.shift(timedelta(days=3))
    for state in ("in_progress", "answered", "closed", "spam", "new"):
        choose(clinic.open(reference), state)
        since = received_at if state in {"new", "in_progress"} else received_at + timedelta(days=3)
        assert f"Slettes {day(since + KEPT[state])}" in clinic.browser.follow().words(), state
    suspect = clinic.receive("links", name="En anden")
    at = clinic.row(suspect).received_at + KEPT["suspected"]
    assert f"Slettes {day(at)}" in clinic.open(suspect).words()


def test_deleting_is_asked_about_and_then_final(clinic, send_mail):
    reference, other = clinic.receive(), clinic.receive(name="En anden")
    about = clinic.row(reference).about
    send_mail()
    clinic.open(reference)
    assert clinic.browser.links()["Slet nu"] == f"/klinik/henvendelser/{shown(reference)}/slet"
    clinic.browser.get(f"/klinik/henvendelser/{reference}/slet")
    assert "Kirsten Prøve" in clinic.browser.words()
    assert clinic.row(reference) is not None, "asking changes nothing"
    assert clinic.browser.links()["Fortryd"].endswith(shown(reference))
    assert clinic.browser.submit("Slet henvendelsen").follow().path == "/klinik/henvendelser"
    assert clinic.names() == ["En anden"]
    assert clinic.open(reference).status == 404
    assert clinic.row(other) is not None
    stored = everything(clinic.app)
    assert f"'{about}'" not in stored
    assert len(clinic.mails()) == 2, "the other one's mails"


def test_deleting_takes_a_press_of_the_button(clinic):
    reference = clinic.receive()
    assert clinic.browser.post(f"/klinik/henvendelser/{reference}/slet").status == 400
    assert clinic.row(reference) is not None
