"""Money goes on moving when its people are gone: the books follow, and nobody is written to."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
import time_machine

from shop.accounts.models import Person
from shop.accounts.rules import fold
from shop.course.models import Enrolment
from shop.db import db, transaction
from shop.gifts.models import Gift
from shop.invoices.models import Document
from shop.orders import address_actions, nightly, timeline_models
from shop.orders.models import Order
from shop.outbox.models import Mail
from shop.privacy import erasure_actions
from shop.privacy.models import Erasure
from shop.privacy.rules import COOLING
from shop.web import now
from tests.conftest import AGREED, BUYER, FIRST_LESSON, sign_in
from tests.stored import everything

FRIEND = "jens@example.dk"


def erase(app, email):
    with app.app_context(), transaction():
        who = sa.select(Person).where(Person.email == fold(email))
        assert erasure_actions.ask(db.session.scalars(who).one(), now())
        [asked] = db.session.scalars(sa.select(Erasure.id).where(Erasure.state == "asked"))
    later = now() + COOLING + timedelta(minutes=1)
    with time_machine.travel(later), app.app_context(), transaction():
        assert erasure_actions.carry_out(asked, now())


def kinds(app):
    with app.app_context():
        return db.session.scalars(sa.select(Mail.kind).order_by(Mail.id)).all()


def lessons_open(app):
    with app.app_context():
        return db.session.scalars(sa.select(Enrolment.open)).all()


def test_a_dispute_and_a_refund_reach_the_books_and_not_the_buyer(
    app, shop, bought, browser, new_browser, send_mail, counter
):
    payment = bought()
    send_mail()
    with app.app_context(), transaction():
        clinician = Person(email="k@example.dk", name="", is_clinician=True, created_at=now())
        db.session.add(clinician)
    erase(app, BUYER)
    dispute = shop.stripe.open_dispute(payment)["id"]
    shop.deliver_all()
    shop.stripe.close_dispute(dispute, "won")
    shop.deliver_all()
    assert counter.order().state == "paid"
    assert lessons_open(app) == []
    with app.app_context():
        assert nightly.compare(None)["differences left"] == 0, "nobody waits to be let in"
    counter.refund(10_000)
    shop.deliver_all()
    assert counter.order().state == "partly_refunded"
    with app.app_context():
        papers = db.session.scalars(sa.select(Document.kind).order_by(Document.id)).all()
    assert papers == ["invoice", "credit_note"]
    assert kinds(app) == ["data-gone", "order-alert", "order-alert"]
    assert counter.timeline()[-2:] == ["refund_asked", "refund_succeeded"]
    assert browser.get(FIRST_LESSON).status == 303

    office, page = new_browser(), f"/klinik/ordrer/{counter.order().number}"
    sign_in(office, send_mail, "k@example.dk")
    office.get(page)
    assert "Køberen er slettet" in office.words()
    assert "Ret mailadressen" not in office.links()
    assert office.get(f"{page}/mail").status == 404
    assert office.get(f"{page}/bevis.pdf").status == 200


def test_a_gift_that_has_not_left_yet_goes_with_its_giver(app, shop, browser):
    form = {"email": BUYER, "name": "Kirsten Prøve", **AGREED, "gift": "mail"}
    day = str(now().date() + timedelta(days=30))
    browser.get("/koeb").submit("Køb med betalingspligt", **form, recipient=FRIEND, send_on=day)
    shop.stripe.pay(browser.response.location.rsplit("/", 1)[1], "card")
    shop.deliver_all()
    assert kinds(app) == ["gift", "order-confirmed"]
    erase(app, BUYER)
    assert kinds(app) == ["data-gone"], "nobody is sent a link that leads nowhere"


def test_the_timeline_of_who_is_gone_says_what_and_when_and_no_address(
    app, shop, browser, new_browser, counter, send_mail
):
    mistyped = "kirsten@exmaple.dk"
    shop.buy(browser, mistyped)
    with app.app_context(), transaction():
        order = db.session.scalars(sa.select(Order)).one()
        address_actions.correct(order, BUYER, "k@example.dk", now())
    counter.refund(10_000)
    with app.app_context():
        told = [row.facts for row in timeline_models.timeline(counter.order().id)]
        assert told[0] == {"was": "ki…@exmaple.dk"}, "an address may be a stranger's"
        assert told[1]["amount_ore"] == 10_000
    reader = new_browser()
    sign_in(reader, send_mail, BUYER)
    with ZipFile(BytesIO(reader.get("/min-side/data.zip").response.data)) as packed:
        names = packed.namelist()
        written = json.loads(packed.read("data.json"))
    assert len([name for name in names if name.startswith("bilag/")]) == 2
    assert [paper["kind"] for paper in written["document"]] == ["invoice", "credit_note"]
    erase(app, BUYER)
    with app.app_context():
        lines = timeline_models.timeline(counter.order().id)
        assert [(row.what, row.facts) for row in lines] == [
            ("address_corrected", {}),
            ("refund_asked", {}),
            ("refund_succeeded", {}),
        ]
    [knows] = [row for row in everything(app).splitlines() if mistyped in row]
    assert "'invoice'" in knows, "papers are never changed"


@pytest.mark.parametrize("gone", [BUYER, FRIEND])
def test_a_gift_whose_giver_or_reader_is_gone_follows_the_payment(
    app, shop, browser, new_browser, send_mail, gone
):
    form = {"email": BUYER, "name": "Kirsten Prøve", **AGREED, "gift": "card"}
    browser.get("/koeb").submit("Køb med betalingspligt", **form)
    session = browser.response.location.rsplit("/", 1)[1]
    shop.stripe.pay(session, "card")
    shop.deliver_all()
    code = next(m["text"] for m in send_mail() if "gavekort" in m["subject"])
    code = code.partition("/gave/")[2].partition("/")[0]
    friend = new_browser().get(f"/gave/{code}")
    friend.submit("Åbn gaven", email=FRIEND, name="Jens Prøve", **AGREED)
    send_mail()
    with app.app_context(), transaction():
        db.session.execute(sa.delete(Mail))
    erase(app, gone)
    stays = [] if gone == FRIEND else [True]
    assert lessons_open(app) == stays
    shop.stripe.refund(shop.intent(session))
    shop.deliver_all()
    assert lessons_open(app) == [not each for each in stays]
    if stays:
        assert friend.get(FIRST_LESSON).status == 403
        assert "Gaven er lukket" in friend.words()
        assert "har fået en indsigelse" not in friend.text
    shop.stripe.fail_refund(shop.stripe.state()["refunds"][0]["id"])
    shop.deliver_all()
    assert lessons_open(app) == stays
    with app.app_context():
        assert nightly.compare(None)["differences left"] == 0
        assert db.session.scalars(sa.select(Order.state)).one() == "paid"
    told = {"data-gone", "order-alert"} | ({"credit-note", "invoice"} if gone == FRIEND else set())
    assert set(kinds(app)) <= told


def test_what_a_free_gift_gave_stays_and_takes_nothing_from_the_next_buyer(
    app, shop, browser, new_browser
):
    """No paper holds the order back, so all of it goes; its reader was given the course."""
    form = {"email": BUYER, "name": "Kirsten Prøve", **AGREED, "gift": "card"}
    browser.get("/koeb").submit("Køb med betalingspligt", **form)
    session = browser.response.location.rsplit("/", 1)[1]
    shop.stripe.coupon("FRI", 100)
    shop.stripe.use_code(session, "FRI")
    shop.stripe.pay(session, "card")
    shop.deliver_all()
    with app.app_context():
        code = db.session.scalars(sa.select(Gift)).one().shown_code
    friend = new_browser().get(f"/gave/{code}")
    friend.submit("Åbn gaven", email=FRIEND, name="Jens Prøve", **AGREED)
    erase(app, BUYER)
    with app.app_context():
        assert db.session.scalars(sa.select(Order)).all() == []
    assert friend.get(FIRST_LESSON).status == 200

    buyer = new_browser()
    session = shop.buy(buyer, "anne@example.dk")
    assert buyer.get(FIRST_LESSON).status == 200
    shop.stripe.refund(shop.intent(session))
    shop.deliver_all()
    assert buyer.get(FIRST_LESSON).status == 403
    assert friend.get(FIRST_LESSON).status == 200


def test_the_next_gift_is_told_of_like_the_first(app, shop, new_browser, send_mail):
    """The mail that welcomed its reader stays when the gift goes with its giver."""
    for giver, reader in ((BUYER, FRIEND), ("anne@example.dk", "ole@example.dk")):
        form = {
            "email": giver,
            "name": "Kirsten Prøve",
            **AGREED,
            "gift": "card",
        }
        buyer = new_browser().get("/koeb").submit("Køb med betalingspligt", **form)
        shop.stripe.pay(buyer.response.location.rsplit("/", 1)[1], "card")
        shop.deliver_all()
        with app.app_context():
            code = db.session.scalars(sa.select(Gift)).one().shown_code
        friend = new_browser().get(f"/gave/{code}")
        friend.submit("Åbn gaven", email=reader, name="Jens Prøve", **AGREED)
        assert [mail["subject"] for mail in send_mail() if mail["to"] == [reader]] == [
            "Din gave er åben"
        ]
        if giver == BUYER:
            erase(app, giver)
