"""Giving a time over the telephone, and moving one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.clinic.week.conftest import MONDAY

NEW = "/klinik/aftaler/ny?ydelse=indledende"
CALLER = {"name": "Ole Ringer", "phone": "20 12 34 56", "email": ""}


def times(browser) -> list[str]:
    return [link for link in browser.links_to() if "starts_at=" in link]


def test_a_caller_gets_a_time(agenda, send_mail):
    browser = agenda.week()
    browser.get(browser.links()["Book en tid"])
    browser.get(browser.links()["Indledende samtale"])
    browser.get(times(browser.get(f"{browser.path}&uge={MONDAY}"))[0])
    browser.submit("Book tiden", **CALLER | {"email": "ole@example.dk"})
    assert browser.status == 303
    assert "Bekræftelsen er på vej med mail." in browser.follow().words()
    [row] = agenda.rows()
    assert (row.name, row.phone, row.booked_by) == ("Ole Ringer", "+4520123456", "clinic")
    assert row.starts_at == agenda.at(9)
    [told] = [mail for mail in send_mail() if mail["to"] == ["ole@example.dk"]]
    assert [each["name"] for each in told["attachments"]] == ["aftale.ics"]


def test_one_without_a_mail_address_is_told_out_loud(agenda, send_mail):
    browser = agenda.browser.get(f"{NEW}&starts_at=2026-11-30T09:00:00%2B01:00")
    browser.submit("Book tiden", **CALLER)
    assert "Der er ingen mailadresse, så sig tiden højt." in browser.follow().words()
    assert [mail["to"] for mail in send_mail()] == [["rh@kirohaderslev.dk"]]


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"name": ""}, "Skriv dit navn."),
        ({"phone": ""}, "Skriv en mailadresse eller et telefonnummer."),
        ({"email": "ole@"}, "Mailadressen ser ikke rigtig ud."),
        ({"note": "010190-1234"}, "CPR-nummer"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(agenda, typed, error):
    browser = agenda.browser.get(f"{NEW}&starts_at=2026-11-30T09:00:00%2B01:00")
    browser.submit("Book tiden", **CALLER | typed)
    assert browser.status == 422
    assert error in browser.words()
    assert browser.fields()["name"].get("value") == (CALLER | typed)["name"]
    assert agenda.rows() == []


def test_the_button_pressed_twice_books_once(agenda):
    browser = agenda.browser.get(f"{NEW}&starts_at=2026-11-30T09:00:00%2B01:00")
    page = browser.page
    browser.submit("Book tiden", **CALLER)
    first = browser.response.location
    browser.page = page
    browser.submit("Book tiden", **CALLER)
    assert (browser.status, browser.response.location, len(agenda.rows())) == (303, first, 1)


def test_a_time_that_was_taken_meanwhile_says_so_and_keeps_what_was_typed(agenda):
    browser = agenda.browser.get(f"{NEW}&starts_at=2026-11-30T09:00:00%2B01:00")
    agenda.book(agenda.at(9), "hurtig")
    browser.submit("Book tiden", **CALLER)
    assert browser.status == 409
    assert "Tiden er desværre lige taget" in browser.words()
    assert browser.fields()["name"].get("value") == "Ole Ringer"
    assert len(agenda.rows()) == 1


def test_any_other_time_may_be_given_and_that_is_logged(agenda):
    agenda.browser.get(f"{NEW}&uge={MONDAY}")
    browser = agenda.browser.get(f"{NEW}&hos=rasmus&dag=2026-12-05&kl=19:05")
    assert "Du kan stadig give den." in browser.words()
    with capture_logs() as logs:
        browser.submit("Book tiden", **CALLER)
    assert browser.status == 303
    [row] = agenda.rows()
    assert row.starts_at == agenda.at(19, 5, MONDAY + timedelta(days=5))
    assert [line["event"] for line in logs] == ["booked outside what is on offer"]
    assert "Ole" not in str(logs)
    assert "Uden for åbningstiden" in agenda.week().words()


def test_but_never_on_top_of_another(agenda):
    agenda.book(agenda.at(9), "kirsten")
    for clock in ("08:30", "09:00", "09:55"):
        browser = agenda.browser.get(f"{NEW}&dag=2026-11-30&kl={clock}")
        browser.submit("Book tiden", **CALLER)
        assert browser.status == 409
    browser = agenda.browser.get(f"{NEW}&dag=2026-11-30&kl=10:00")
    browser.submit("Book tiden", **CALLER)
    assert browser.status == 303


@pytest.mark.parametrize(
    "typed",
    [
        "dag=2026-11-30&kl=9",
        "dag=2026-11-30&kl=24:30",
        "dag=2026-11-30&kl=-1:00",
        "dag=2026-11-30&kl=09:03",
        "dag=2026-11-24&kl=09:00",
        "dag=2026-11-25&kl=10:00",
        "dag=2036-11-24&kl=09:00",
        "dag=i+morgen&kl=09:00",
        "dag=9999-12-31&kl=23:55",
        "dag=2026-11-30&kl=99999999999:00",
        "starts_at=2026-11-30T09:00:00",
        "starts_at=2026-11-30T09:00:00%2B99:00",
        "starts_at=0001-01-01T00:00:00%2B14:00",
        "starts_at=x",
    ],
)
def test_a_time_that_is_none_is_asked_for_again(agenda, typed):
    browser = agenda.browser.get(f"{NEW}&{typed}")
    assert browser.status == 200
    assert "Vælg en dag og et klokkeslæt" in browser.words()


def test_an_appointment_is_moved_and_the_patient_is_told(agenda, send_mail):
    found = agenda.book(agenda.at(9))
    send_mail()
    browser = agenda.browser.get(f"/klinik/aftaler/{found}")
    browser.get(browser.links()["Flyt aftalen"])
    offered = times(browser)
    assert not [link for link in offered if "T09%3A00" in link and "2026-11-30" in link]
    browser.get(next(link for link in offered if "2026-11-30T13%3A00" in link))
    assert agenda.row(found).starts_at == agenda.at(9), "a GET changes nothing"
    browser.submit("Ja, flyt aftalen")
    assert "Aftalen er flyttet." in browser.follow().words()
    moved = agenda.row(found)
    assert (moved.starts_at, moved.sequence) == (agenda.at(13), 1)
    told = [mail for mail in send_mail() if mail["to"] == ["kirsten@example.dk"]]
    assert "flyttet" in told[-1]["subject"]


def test_a_move_to_a_time_that_was_taken_leaves_it_where_it_was(agenda):
    found = agenda.book(agenda.at(9))
    browser = agenda.browser.get(
        f"/klinik/aftaler/{found}/flyt?starts_at=2026-11-30T13:00:00%2B01:00"
    )
    agenda.book(agenda.at(13), "hurtig")
    browser.submit("Ja, flyt aftalen")
    assert browser.status == 409
    assert "Aftalen står, hvor den stod." in browser.words()
    assert agenda.row(found).starts_at == agenda.at(9)


def test_what_is_cancelled_is_not_moved(agenda):
    found = agenda.book(agenda.at(9))
    agenda.browser.get(f"/klinik/aftaler/{found}/aflys").submit("Ja, aflys aftalen")
    assert agenda.browser.get(f"/klinik/aftaler/{found}/flyt").status == 409
    token = agenda.browser.get("/klinik/kalendere").csrf()
    form = {"csrf_token": token, "version": "1", "starts_at": "2026-11-30T13:00:00+01:00"}
    assert agenda.browser.post(f"/klinik/aftaler/{found}/flyt", form).status == 409
    assert agenda.row(found).state == "cancelled"


def test_a_service_that_is_none_is_not_found(agenda):
    assert agenda.browser.get("/klinik/aftaler/ny?ydelse=findes-ikke").status == 404
    token = agenda.browser.get("/klinik/kalendere").csrf()
    form = {"csrf_token": token, "ydelse": "x", **CALLER, "starts_at": "2026-11-30T13:00:00+01:00"}
    assert agenda.browser.post("/klinik/aftaler/ny", form).status == 404
    assert agenda.browser.post("/klinik/aftaler/ny", form | {"ydelse": "indledende"}).status == 303
