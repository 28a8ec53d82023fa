"""Promotion codes: what the buyer is told, what is remembered, and a course that costs nothing."""

from __future__ import annotations

import sqlalchemy as sa

from shop.db import db
from shop.orders import models, papers
from shop.orders.models import Order
from tests.conftest import FIRST_LESSON
from tests.test_pdf import words, words_in


def buy_with(shop, browser, percent=None, amount=None):
    session = shop.order(browser)
    shop.stripe.coupon("VEJEN", percent, amount)
    shop.stripe.use_code(session, "vejen")
    shop.stripe.pay(session, "card")
    browser.get(f"/koeb/tak?session_id={session}")
    return session


def test_a_code_is_seen_on_the_thank_you_page_in_the_mail_and_in_the_order(
    app, shop, browser, send_mail
):
    session = buy_with(shop, browser, amount=10050)
    assert "Din kode trak 100,50 kr. fra. Du har betalt 398,50 kr." in browser.words()
    assert browser.get(FIRST_LESSON).status == 200
    [mail] = send_mail()
    assert "Din kode:     100,50 kr. mindre" in mail["text"]
    assert "Betalt:       398,50 kr." in mail["text"]
    assert "398,50 kr." in mail["html"]
    with app.app_context():
        order = db.session.scalars(sa.select(Order)).one()
        paid = models.paid_attempt(order.id)
        assert (order.amount_ore, paid.total_ore, paid.discount_ore) == (49900, 39850, 10050)
        agreed = papers.confirmation(order)
    assert words("Betalt i alt 398,50") in words_in(agreed)
    shop.stripe.refund(shop.intent(session))
    shop.deliver_all()
    with app.app_context():
        assert papers.made(order.number) == agreed, "what was agreed stays, wherever the money is"


def test_a_free_course_is_open_with_no_payment_at_stripe(app, shop, browser, send_mail):
    buy_with(shop, browser, percent=100)
    assert "Du skal ikke betale noget." in browser.words()
    assert browser.get(FIRST_LESSON).status == 200
    [mail] = send_mail()
    assert "Du har ikke betalt noget" in " ".join(mail["text"].split())
    assert "Betalingen er gået igennem" not in mail["text"] + mail["html"]
    assert shop.stripe.state()["payment_intents"] == []
    with app.app_context():
        order = db.session.scalars(sa.select(Order)).one()
        assert order.state == "paid"
        paid = models.paid_attempt(order.id)
        assert (paid.intent_id, paid.total_ore, paid.discount_ore) == (None, 0, 49900)
