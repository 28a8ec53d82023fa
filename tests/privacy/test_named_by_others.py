"""Where somebody stands in what is another's: a gift to them, a withdrawal from their purchase."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

import shop.accounts.actions as accounts
from shop import cli
from shop.accounts.models import Person
from shop.clinic.labels import SUSPICIONS
from shop.content import data_map
from shop.db import db, transaction
from shop.enquiries.models import Enquiry
from shop.gifts import actions as gifts
from shop.gifts.models import Gift
from shop.outbox.models import Mail
from shop.privacy import erasure_actions
from shop.privacy.rules import COOLING
from shop.web import now
from shop.withdrawals.actions import Statement, receive
from tests.conftest import AGREED, BUYER
from tests.gifts.test_gifts import FRIEND, give, order_gift, shown_code
from tests.orders.test_erased import erase, kinds
from tests.privacy.conftest import signed_in
from tests.privacy.test_my_data import taken
from tests.privacy.test_purge import enquiry
from tests.stored import everything

ALERT = "En gave har ingen modtager"


def soon() -> str:
    return (now().date() + timedelta(days=20)).isoformat()


def the_gift(app: Flask) -> Gift:
    with app.app_context():
        return db.session.scalars(sa.select(Gift)).one()


def alerts(app: Flask) -> list[str]:
    with app.app_context():
        mails = db.session.scalars(sa.select(Mail).where(Mail.kind == "order-alert"))
        return [mail.as_letter().subject.partition(" (")[0] for mail in mails]


def test_a_recipient_who_is_erased_is_nowhere_and_the_clinician_is_told_once(
    app, shop, browser, new_browser, send_mail
):
    session = give(shop, browser, "mail", recipient=FRIEND.upper(), send_on=soon())
    signed_in(app, new_browser(), FRIEND)
    erase(app, FRIEND)
    assert the_gift(app).recipient is None
    with app.app_context():
        assert the_gift(app).state(now()) == "ready", "it is its giver's, and stays good"
    assert "gift" not in kinds(app)
    assert alerts(app) == [ALERT]
    shop.stripe.refund(shop.intent(session))
    shop.deliver_all()
    shop.stripe.fail_refund(shop.stripe.state()["refunds"][0]["id"])
    shop.deliver_all()
    assert alerts(app).count(ALERT) == 1
    with time_machine.travel(now() + timedelta(days=21)):
        assert not [mail for mail in send_mail() if mail["subject"].startswith("Der er en gave")]


def test_the_giver_is_helped_by_another_address(app, shop, browser, new_browser, send_mail):
    give(shop, browser, "mail", recipient=FRIEND)
    with app.app_context(), transaction():
        db.session.execute(sa.update(Mail).where(Mail.kind == "gift").values(state="failed"))
    signed_in(app, new_browser(), FRIEND)
    erase(app, FRIEND)
    assert alerts(app) == [ALERT], "what did not arrive was not sent"
    with app.app_context(), transaction():
        assert gifts.send_to(db.session.scalars(sa.select(Gift)).one(), "ida@example.dk", now())
    assert [mail for mail in send_mail() if mail["to"] == ["ida@example.dk"]]


def test_a_gift_that_arrived_is_no_trouble(app, shop, browser, new_browser, send_mail):
    give(shop, browser, "mail", recipient=FRIEND)
    send_mail()
    signed_in(app, new_browser(), FRIEND)
    erase(app, FRIEND)
    assert the_gift(app).recipient == ""
    assert alerts(app) == []


def test_one_that_is_paid_afterwards_is_not_sent_to_nobody(app, shop, browser, send_mail):
    asked_at = now() - COOLING - timedelta(minutes=5)
    with time_machine.travel(asked_at, tick=False), app.app_context(), transaction():
        accounts.find_or_add(FRIEND, "Jens Prøve", now())
        erasure_actions.ask(db.session.scalars(sa.select(Person)).one(), now())
    session = order_gift(shop, browser, "mail", recipient=FRIEND)
    with app.app_context():
        cli._erase()
    assert alerts(app) == []
    shop.stripe.pay(session, "card")
    shop.deliver_all()
    assert kinds(app).count("gift") == 0
    assert alerts(app) == [ALERT]
    [confirmed] = [mail for mail in send_mail() if mail["subject"].startswith("Tak for dit køb")]
    assert "Vi kan ikke sende den til den adresse" in " ".join(confirmed["text"].split())


def test_the_file_says_that_a_gift_was_meant_for_them_and_nothing_of_the_giver(
    app, shop, browser, new_browser
):
    give(shop, browser, "mail", recipient=FRIEND, send_on=soon())
    friend = signed_in(app, new_browser(), FRIEND)
    packed = taken(friend)
    assert json.loads(packed.read("data.json"))["gift"] == [{"recipient": FRIEND}]
    page = packed.read("gift.html").decode()
    assert FRIEND in page
    for name in packed.namelist():
        if name not in {"stil.css", "mail.html"}:
            assert BUYER not in packed.read(name).decode()
    assert shown_code(app) not in page


def test_who_opened_a_gift_sees_when_and_its_giver_does_not(app, shop, browser, new_browser):
    give(shop, browser, "mail", recipient=FRIEND)
    friend, code = new_browser(), shown_code(app)
    friend.get(f"/gave/{code}").submit("Åbn gaven", email=FRIEND, name="Jens Prøve", **AGREED)
    reader, giver = signed_in(app, new_browser(), FRIEND), signed_in(app, new_browser(), BUYER)
    [opened] = json.loads(taken(reader).read("data.json"))["gift"]
    assert opened["redeemed_at"]
    [given] = json.loads(taken(giver).read("data.json"))["gift"]
    assert "redeemed_at" not in given
    assert given["giver"] == "Kirsten Prøve"


def test_a_withdrawal_by_another_address_is_in_the_buyers_file(app, shop, browser, new_browser):
    shop.buy(browser)
    with app.app_context(), transaction():
        number = db.session.execute(sa.text("SELECT number FROM purchase_order")).scalar_one()
        said = Statement("Ole", "ole@example.dk", number, now().date(), "letter")
        receive(said, "key", None, "k@example.dk", now())
    told = json.loads(taken(signed_in(app, new_browser(), BUYER)).read("data.json"))
    assert [row["order_typed"] for row in told["withdrawal"]] == [number]


def test_why_a_message_was_set_aside_is_in_its_writers_file(app, browser):
    enquiry(app, "suspected")
    with app.app_context(), transaction():
        db.session.execute(sa.update(Enquiry).values(suspicions="links too_fast"))
    packed = taken(signed_in(app, browser, BUYER))
    assert "Mange links" in packed.read("enquiry.html").decode()
    with app.app_context():
        assert set(SUSPICIONS) <= set(data_map()["enquiry"]["words"])


@pytest.mark.parametrize("gone", [FRIEND, BUYER])
def test_no_address_of_who_is_gone_is_left_in_a_gift(app, shop, browser, new_browser, gone):
    give(shop, browser, "mail", recipient=FRIEND, send_on=soon())
    signed_in(app, new_browser(), gone)
    erase(app, gone)
    with app.app_context():
        left = db.session.scalars(sa.select(Gift.recipient)).all()
    assert left == ([None] if gone == FRIEND else [])
    assert FRIEND not in everything(app) or gone == BUYER
