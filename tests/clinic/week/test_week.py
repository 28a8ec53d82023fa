"""The clinician's week: what stands in it, what meets what, and one appointment at a time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

import shop.coursework.actions as coursework
from bench.queries import counted
from shop.accounts import actions as accounts
from shop.accounts import models as accounts_models
from shop.booking import calendar_actions, holding, hours_actions, hours_rules, waiting
from shop.booking import opening_models as openings
from shop.booking.hours import Practitioner
from shop.booking.models import Appointment
from shop.content import consents
from shop.db import db, transaction
from shop.web import now
from tests.browser import Browser
from tests.clinic.week.conftest import MONDAY


def boxes(browser, kind: str) -> list[str]:
    """What stands in the boxes of a kind, in order."""
    found = browser.page.findall(".//{*}ol[@class='boxes']/{*}li")
    return [
        " ".join("".join(box.itertext()).split())
        for box in found
        if kind in box.get("class").split()
    ]


def test_a_week_shows_its_appointments_where_they_are(agenda):
    agenda.book(agenda.at(9), "kirsten")
    agenda.book(agenda.at(11), "jens", "opfoelgende")
    agenda.week()
    assert boxes(agenda.browser, "appointment") == [
        "9.00-10.00 Kirsten Prøve Indledende samtale",
        "11.00-11.30 Jens Prøve Opfølgende samtale",
    ]
    assert "Aftaler i uge 49" in agenda.browser.words()
    [first, _] = agenda.browser.page.findall(".//{*}li[@class]/{*}a/..")[:2]
    assert {"h9", "m0", "d1", "e0"} <= set(first.get("class").split())
    agenda.week(MONDAY + timedelta(days=7))
    assert boxes(agenda.browser, "appointment") == []
    assert agenda.browser.words().count("Ingen aftaler") == 5


def test_none_of_what_a_patient_wrote_stands_in_the_week(agenda):
    agenda.book(agenda.at(9), note="Ondt i lænden", phone="+4520123456")
    words = agenda.week().text
    assert "lænden" not in words
    assert "kirsten@example.dk" not in words


@pytest.mark.parametrize("typed", ["", "x", "0001-01-01", "9999-12-31", "2026-11-31"])
def test_any_week_that_is_none_is_this_one(agenda, typed):
    assert agenda.browser.get(f"/klinik/aftaler?uge={typed}").status == 200
    assert "Aftaler i uge 48" in agenda.browser.words()


def test_a_weekend_is_shown_when_there_is_something_in_it(agenda):
    assert len(agenda.week().page.findall(".//{*}section[@class='day']")) == 5
    with agenda.clinic.app.app_context(), transaction():
        saturday = MONDAY + timedelta(days=5)
        place = agenda.hours().weekly[0][0].place_id
        hours_actions.set_day(agenda.practitioner, saturday, hours_rules.read("10-12", place))
    words = agenda.week().words()
    assert "Lørdag den 5. december Åbningstid" in words
    assert "10.00-12.00 Kun denne dag" in words


def test_a_holiday_is_closed_and_called_by_its_name(agenda):
    words = agenda.week(date(2026, 12, 25)).words()
    assert "fredag den 25. december: Lukket Juledag" in words


def test_a_time_somebody_types_for_is_shown_and_nothing_more(agenda):
    with agenda.clinic.app.app_context(), transaction():
        holding.hold(openings.offered("indledende"), agenda.at(9), "somebody", now())
    assert boxes(agenda.week(), "held") == ["9.00-10.00 Er ved at blive booket"]
    agenda.clinic.clock.shift(timedelta(minutes=11))
    assert boxes(agenda.week(), "held") == []


def test_what_meets_another_calendar_is_flagged_and_left_alone(agenda):
    met = agenda.book(agenda.at(9), "kirsten")
    agenda.book(agenda.at(14), "jens")
    agenda.busy((agenda.at(9, 30), agenda.at(11)), (agenda.at(13), agenda.at(14)), name="Google")
    words = agenda.week().words()
    assert "En aftale falder sammen med din egen kalender" in words
    assert "Kirsten Prøve, mandag den 30. november 2026 kl. 9.00" in agenda.browser.links()
    assert boxes(agenda.browser, "busy") == [
        "Optaget 9.30-11.00 Google",
        "Optaget 13.00-14.00 Google",
    ]
    assert boxes(agenda.browser, "clash") == [
        "9.00-10.00 Kirsten Prøve Indledende samtale Falder sammen med Google"
    ]
    agenda.browser.get(f"/klinik/aftaler/{met}")
    assert "Tiden falder sammen med noget i din kalender »Google«" in agenda.browser.words()
    assert agenda.row(met).state == "confirmed"
    assert "09.30" not in agenda.free(), "but nobody else is offered the time"


def test_an_all_day_event_and_one_by_night_stretch_nothing(agenda):
    agenda.busy((agenda.at(0), agenda.at(24)), (agenda.at(27), agenda.at(29)))
    browser = agenda.week()
    assert boxes(browser, "busy") == ["Optaget hele dagen Privat", "Optaget 3.00-5.00 Privat"]
    hours = [
        "".join(li.itertext()) for li in browser.page.findall(".//{*}ol[@class='clock']/{*}li")
    ]
    assert hours == [str(hour) for hour in range(8, 16)]


def test_a_calendar_that_went_silent_is_told_with_why_and_since_when(agenda):
    calendar = agenda.busy()
    with agenda.clinic.app.app_context(), transaction():
        calendar_actions.keep_trouble(calendar, "status 404", now())
    assert "Kalenderen" not in agenda.week().words(), "once is no trouble"
    agenda.clinic.clock.shift(timedelta(hours=1, minutes=1))
    with agenda.clinic.app.app_context(), transaction():
        calendar_actions.keep_trouble(calendar, "status 404", now())
    words = agenda.week().words()
    assert "Kalenderen »Privat« er ikke læst siden 25. november 2026 kl. 10.00." in words
    assert "Serveren svarede med fejl 404." in words
    assert "De optagne tider, vi kendte, gælder stadig." in words


def test_who_waits_for_an_earlier_time_stands_in_the_order_they_came(agenda):
    ids = [agenda.book(agenda.at(hour), who) for hour, who in ((9, "kirsten"), (13, "jens"))]
    with agenda.clinic.app.app_context():
        for appointment_id in reversed(ids):
            with transaction():
                waiting.join(db.session.get_one(Appointment, appointment_id), now())
            agenda.clinic.clock.shift(timedelta(minutes=1))
    words = agenda.week().words()
    assert words.index("Jens Prøve Har tid") < words.index("Kirsten Prøve Har tid")


def test_one_appointment_shows_what_was_written_for_it(agenda):
    answers = ({"label": "Hvad håber du?", "answer": "At kunne gå en tur"},)
    found = agenda.book(agenda.at(9), note="Jeg går med stok", phone="+4520123456", answers=answers)
    words = agenda.browser.get(f"/klinik/aftaler/{found}").words()
    for told in ("Jeg går med stok", "Hvad håber du?", "At kunne gå en tur", "Ring 20 12 34 56"):
        assert told in words
    assert "Mandag den 30. november 2026 kl. 9.00" in words
    assert agenda.browser.links()["Ring 20 12 34 56"] == "tel:+4520123456"
    assert "Ja, aftalen er holdt" not in agenda.browser.buttons(), "it has not begun"


def test_it_is_noted_who_came_and_taken_back(agenda):
    found = agenda.book(agenda.at(9))
    path = f"/klinik/aftaler/{found}"
    agenda.browser.get(path)
    early = {"csrf_token": agenda.browser.get("/klinik/kalendere").csrf(), "state": "no_show"}
    assert agenda.browser.post(f"{path}/kom", early).status == 409
    assert agenda.row(found).state == "confirmed"
    agenda.clinic.clock.move_to(agenda.at(9, 20))
    for button, state in (
        ("Nej, udeblev", "no_show"),
        ("Ja, aftalen er holdt", "completed"),
        ("Fortryd", "confirmed"),
        ("Ja, aftalen er holdt", "completed"),
    ):
        agenda.clinic.clock.shift(timedelta(minutes=1))
        agenda.browser.get(path).submit(button)
        assert (agenda.browser.status, agenda.row(found).state) == (303, state)
    assert "Kom" in agenda.browser.follow().words()
    token = agenda.browser.csrf()
    for state in ("cancelled", "held", "x", ""):
        answer = agenda.browser.post(f"{path}/kom", {"csrf_token": token, "state": state})
        assert answer.status == 409
    assert agenda.row(found).state == "completed"


def test_cancelling_asks_first_tells_the_patient_and_frees_the_time(agenda, send_mail):
    found = agenda.book(agenda.at(9))
    assert "09.00" not in agenda.free()
    agenda.browser.get(f"/klinik/aftaler/{found}/aflys")
    assert agenda.row(found).state == "confirmed", "a GET changes nothing"
    agenda.browser.submit("Ja, aflys aftalen")
    assert "Aftalen er aflyst. Beskeden er på vej med mail." in agenda.browser.follow().words()
    assert (agenda.row(found).state, "09.00" in agenda.free()) == ("cancelled", True)
    [told] = [mail for mail in send_mail() if mail["to"] == ["kirsten@example.dk"]]
    assert "aflyst" in told["subject"]


def test_an_old_page_cancels_nothing_that_was_moved_since(agenda):
    found = agenda.book(agenda.at(9))
    agenda.browser.get(f"/klinik/aftaler/{found}/aflys")
    fields = {name: field.get("value") for name, field in agenda.browser.fields().items()}
    agenda.browser.get(f"/klinik/aftaler/{found}/flyt?starts_at=2026-11-30T13:00:00%2B01:00")
    agenda.browser.submit("Ja, flyt aftalen")
    assert agenda.browser.status == 303
    assert agenda.browser.post(f"/klinik/aftaler/{found}/aflys", fields).status == 409
    assert "Aftalen er ændret et andet sted imens" in agenda.browser.words()
    assert agenda.row(found).state == "confirmed"


def test_what_is_not_there_is_not_found(agenda):
    with agenda.clinic.app.app_context(), transaction():
        held = holding.hold(openings.offered("indledende"), agenda.at(9), "somebody", now()).id
    for path in (
        f"/klinik/aftaler/{held}",
        "/klinik/aftaler/2147483647",
        "/klinik/aftaler/2147483648",
        "/klinik/aftaler/2147483647/flyt",
        "/klinik/aftaler/2147483647/aflys",
        "/klinik/aftaler?hos=nobody",
    ):
        assert agenda.browser.get(path).status == 404, path
    form = {"csrf_token": agenda.browser.get("/klinik/kalendere").csrf(), "state": "completed"}
    form["starts_at"] = "2026-11-30T13:00:00+01:00"
    for path in (
        "/klinik/aftaler/2147483647/kom",
        "/klinik/aftaler/2147483647/flyt",
        "/klinik/aftaler/2147483647/aflys",
    ):
        assert agenda.browser.post(path, form).status == 404, path


def test_without_a_practitioner_every_page_says_so(clinic, app):
    with app.app_context(), transaction():
        db.session.execute(sa.delete(Practitioner))
    for path in ("aftaler", "aftaler/ny", "aabningstider", "aabningstider/2026-12-01", "kalendere"):
        assert clinic.browser.get(f"/klinik/{path}").status == 200
        assert "så snart der er nogen at booke tid hos" in clinic.browser.words()


def test_the_week_asks_ten_times_at_most(agenda, app):
    for hour in (9, 10, 13):
        agenda.book(agenda.at(hour), f"p{hour}")
    agenda.busy((agenda.at(9), agenda.at(10)))
    agenda.week()
    with counted(app) as statements:
        assert agenda.week().status == 200
    assert 0 < len(statements) <= 11, statements


def test_who_waits_without_a_time_can_be_rung_and_taken_off(agenda, app):
    form = {"name": "Anna Prøve", "email": "anna@example.dk", "phone": "20 12 34 56"}
    Browser(app).get(f"/book/opfoelgende/venteliste?fra={MONDAY}&til={MONDAY}").submit(
        "Skriv mig på ventelisten", **form, consent="y"
    )
    words = agenda.week().words()
    assert "Venteliste" in words
    assert "Har ingen tid. Opfølgende samtale, mandag den 30. november" in words
    assert "tel:+4520123456" in agenda.browser.links_to()
    agenda.browser.submit("Tag af listen: Anna Prøve")
    assert agenda.browser.status == 303
    assert "Anna" not in agenda.week().text
    token = agenda.browser.get("/klinik/kalendere").csrf()
    gone = agenda.browser.post("/klinik/aftaler/venteliste/99/slet", {"csrf_token": token})
    assert gone.status == 404


def test_the_plan_that_a_patient_shares_is_one_link_away(agenda, app):
    found, other = (
        agenda.book(agenda.at(hour), who) for hour, who in ((9, "kirsten"), (11, "ole"))
    )
    with app.app_context(), transaction():
        person_id, _ = accounts.find_or_add("kirsten@example.dk", "Kirsten", now())
        consent = next(iter(consents().values()))
        number = coursework.share_plan(person_id, {"name": ""}, consent, "x@example.dk", now())
    plan, browser = f"/klinik/planer/{number}", agenda.browser
    path = f"/klinik/aftaler/{found}"
    assert plan not in browser.get(path).links_to(), "nobody has proved that address yet"
    with app.app_context(), transaction():
        accounts_models.by_email("kirsten@example.dk").verified_at = now()
    assert plan in browser.get(path).links_to()
    assert plan not in browser.get(f"/klinik/aftaler/{other}").links_to()
    with app.app_context(), transaction():
        coursework.withdraw_plan(person_id, now())
    assert plan not in browser.get(path).links_to()
