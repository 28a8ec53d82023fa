"""Who may enter the back office: a clinician who signed in by a mailed link within a week."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from shop.accounts import actions
from shop.booking import actions as booking
from shop.booking import calendar_actions, files, offer_actions, vacancy_actions, week_models
from shop.booking import opening_models as openings
from shop.booking.models import Waiting
from shop.booking.rules import Patient
from shop.content import consents
from shop.coursework import actions as coursework
from shop.coursework.plan import SHARE_CONSENT
from shop.danish import day_start
from shop.db import db, transaction
from shop.orders.models import Order
from shop.settings import ROOT
from shop.web import now
from tests.browser import Browser
from tests.clinic.conftest import CLINICIAN
from tests.conftest import AGREED, PREVIEW, sign_in

LIST = "/klinik/henvendelser"


@pytest.fixture
def doors(clinic, shop):
    """(method, path) of every view below /klinik, about things that exist."""
    giver = Browser(clinic.app, "203.0.113.77").get("/koeb")
    giver.submit(
        "Køb med betalingspligt",
        email="g@example.dk",
        name="G",
        **AGREED,
        gift="card",
    )
    reference = clinic.receive()
    appointment_id, calendar_id, waiting_id = booked(clinic.app)
    values = {
        "reference": reference,
        "id": clinic.mails()["lead"].id,
        "appointment_id": appointment_id,
        "calendar_id": calendar_id,
        "waiting_id": waiting_id,
        "number": order_number(clinic.app),
        "plan_reference": shared_plan(clinic.app),
        "day": now().date() + timedelta(days=1),
        "slug": PREVIEW[8:],
    }
    adapter = clinic.app.url_map.bind("localhost")
    found = [
        (method, adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}))
        for rule in clinic.app.url_map.iter_rules()
        if rule.rule.startswith("/klinik")
        for method in sorted(rule.methods & {"GET", "POST"})
    ]
    assert len(found) >= 12
    assert ("POST", f"{LIST}/{reference}/slet") in found
    return found


def order_number(app) -> str:
    with app.app_context():
        return db.session.scalars(sa.select(Order.number)).one()


def shared_plan(app) -> str:
    with app.app_context(), transaction():
        person_id, _ = actions.find_or_add("aase@example.dk", "Åse Prøve", now())
        consent = consents()[SHARE_CONSENT]
        return coursework.share_plan(person_id, {"name": ""}, consent, CLINICIAN, now())


def booked(app) -> tuple[int, int, int]:
    """An appointment in some weeks, a calendar elsewhere, and somebody in line."""
    with app.app_context(), transaction():
        offer_actions.import_offer(files.read(ROOT / "content" / "booking.toml"))
        [practitioner] = week_models.practitioners()
        patient = Patient("Kirsten Prøve", "kirsten@example.dk")
        offered = openings.offered("indledende")
        starts_at = day_start(now()) + timedelta(days=20, hours=9)
        given = (offered, practitioner.id, starts_at, patient, now(), True)
        appointment = booking.book_for_caller(*given)
        calendar_id = calendar_actions.add_calendar(practitioner.id, "K", "https://k.dk/")
        asker = vacancy_actions.Asker("Åse Prøve", "aase@example.dk", "", "1")
        vacancy_actions.ask(offered, asker, now(), starts_at, now())
        return appointment.id, calendar_id, db.session.scalars(sa.select(Waiting.id)).one()


def knock(browser: Browser, method: str, path: str) -> Browser:
    if method == "GET":
        return browser.get(path)
    token = browser.get("/log-ind").csrf()
    return browser.post(path, {"csrf_token": token, "state": "closed", "version": "0"})


def untouched(clinic) -> bool:
    [listed] = clinic.all_rows()
    mails = clinic.mails().values()
    return listed.state == "new" and {mail.state for mail in mails} == {"queued"}


def test_each_room_opens_to_the_clinician(clinic, doors):
    for method, path in doors:
        if method == "GET":
            assert clinic.browser.get(path).follow().status == 200, path


def test_strangers_are_asked_to_sign_in(clinic, doors, new_browser):
    stranger = new_browser()
    for method, path in doors:
        knock(stranger, method, path)
        assert stranger.status == 303, path
        target = path if method == "GET" else "/min-side"
        assert stranger.response.location == f"/log-ind?next={quote(target, safe='/')}"
    assert untouched(clinic)


def test_others_who_are_signed_in_are_kept_out(app, clinic, doors, new_browser, send_mail):
    with app.app_context(), transaction():
        actions.find_or_add("kirsten@example.dk", "Kirsten Prøve", now())
    patient = new_browser()
    sign_in(patient, send_mail, "kirsten@example.dk")
    for mail in clinic.mails().values():
        clinic.set_mail(mail.kind, state="queued")
    for method, path in doors:
        assert knock(patient, method, path).status == 403, path
        assert "Kirsten Prøve" not in patient.text
    assert untouched(clinic)


def test_paying_in_the_clinicians_name_opens_nothing(clinic, doors, shop, new_browser):
    buyer = new_browser()
    shop.buy(buyer, CLINICIAN)
    assert buyer.get("/kursus/velkommen-paa-koereskolen").status == 200
    for method, path in doors:
        knock(buyer, method, path)
        assert (buyer.status, buyer.response.location[:8]) == (303, "/log-ind"), path
    assert untouched(clinic)


def test_a_buyer_who_becomes_a_clinician_signs_in_first(app, shop, browser):
    shop.buy(browser, "ny@example.dk")
    assert browser.get(LIST).status == 403
    with app.app_context(), transaction():
        actions.set_clinician("ny@example.dk", True, now())
    assert browser.get(LIST).status == 303


def test_after_a_week_one_signs_in_again_and_comes_back(clinic, send_mail):
    clinic.clock.shift(timedelta(days=7, seconds=-1))
    assert clinic.browser.get(f"{LIST}?state=spam").status == 200
    clinic.clock.shift(timedelta(seconds=1))
    clinic.browser.get(f"{LIST}?state=spam")
    assert clinic.browser.status == 303
    clinic.browser.follow()
    assert clinic.browser.get("/min-side").status == 200, "the rest of the site asks for nothing"
    clinic.browser.get(f"/log-ind?next={LIST}?state=spam")
    clinic.browser.submit("Send mig et link", email=CLINICIAN)
    mail = send_mail()[-1]
    path = mail["text"].partition("127.0.0.1:5000")[2].split()[0]
    clinic.browser.get(path).submit("Log ind")
    assert clinic.browser.response.location == f"{LIST}?state=spam"
    assert clinic.browser.follow().status == 200


def test_who_is_removed_is_out_at_once(clinic, doors):
    removed = clinic.app.test_cli_runner().invoke(args=["clinician", "remove", CLINICIAN])
    assert removed.exit_code == 0, removed.output
    for method, path in doors:
        assert knock(clinic.browser, method, path).status == 403, path
    assert untouched(clinic)


def test_what_is_not_there_is_said_to_nobody_but_the_clinician(clinic, new_browser):
    for path in (f"{LIST}/K7M4-2QX9", f"{LIST}/nej", f"{LIST}/K7M4-2QX9/slet"):
        assert clinic.browser.get(path).status == 404
        assert new_browser().get(path).status == 303
    assert clinic.browser.get(f"{LIST}?state=findes-ikke").status == 404
    assert clinic.browser.get(f"{LIST}.csv?state=findes-ikke").status == 404


def test_no_room_is_kept_by_anybody(clinic, doors):
    """Other people's words stand there: no browser, proxy or search engine keeps them."""
    for method, path in doors:
        if method == "GET" and clinic.browser.get(path).status == 200:
            assert "no-store" in clinic.browser.response.headers["Cache-Control"], path
            assert path.endswith((".csv", ".pdf")) or "noindex" in clinic.browser.text
    assert "Disallow: /klinik" in clinic.browser.get("/robots.txt").text
