"""The clinician sees where a gift stands and helps a giver who mistyped."""

from __future__ import annotations

from io import BytesIO

import sqlalchemy as sa
from pypdf import PdfReader

from shop.db import db
from shop.orders.models import Order
from tests.conftest import AGREED, BUYER, FIRST_LESSON
from tests.gifts.test_gifts import FRIEND, take


def give(app, shop, browser, gift="mail", **fields):
    """Buys a gift; returns where it is in the back office."""
    given = {
        "email": BUYER,
        "name": "Kirsten Prøve",
        **AGREED,
        "gift": gift,
        **fields,
    }
    browser.get("/koeb").submit("Køb med betalingspligt", **given)
    shop.stripe.pay(browser.response.location.rsplit("/", 1)[1], "card")
    shop.deliver_all()
    with app.app_context():
        number = db.session.scalars(sa.select(Order.number)).one()
    return f"/klinik/ordrer/{number}/gave"


def test_a_mistyped_recipient_is_helped_in_one_step(app, clinic, shop, new_browser, send_mail):
    path = give(app, shop, new_browser(), recipient="forkert@example.dk")
    words = clinic.browser.get(path).words()
    assert "Venter på at blive åbnet" in words
    assert "Til forkert@example.dk" in words
    clinic.browser.submit("Send gaven hertil", email="jens@")
    assert clinic.browser.status == 422
    clinic.browser.submit("Send gaven hertil", email="jens@example.dk").follow()
    assert "Til jens@example.dk" in clinic.browser.words()
    sent = [mail["to"] for mail in send_mail() if "gave til dig" in mail["subject"]]
    assert sent == [["jens@example.dk"]], "the first had not left yet, and did not"


def test_a_card_has_nobody_to_send_it_to(app, clinic, shop, new_browser):
    path = give(app, shop, new_browser(), "card")
    assert "som køberen printer" in clinic.browser.get(path).words()
    assert "Send gaven hertil" not in clinic.browser.buttons()


def test_an_order_that_is_no_gift_has_no_such_page(app, clinic, shop, new_browser):
    shop.buy(new_browser())
    with app.app_context():
        number = db.session.scalars(sa.select(Order.number)).one()
    assert clinic.browser.get(f"/klinik/ordrer/{number}/gave").status == 404
    assert clinic.browser.get("/klinik/ordrer/2345ABCD/gave").status == 404


def test_the_bank_learns_nothing_of_who_opened_it(app, clinic, shop, new_browser):
    path = give(app, shop, new_browser(), "card")
    reader = take(app, new_browser()).follow()
    assert reader.path.startswith(FIRST_LESSON)
    file = clinic.browser.get(path.replace("/gave", "/bevis.pdf")).response.data
    words = " ".join(
        "".join(page.extract_text() for page in PdfReader(BytesIO(file)).pages).split()
    )
    used = words.partition("Brugen af kurset")[2]
    assert used == " Hvad Oplysning – Købt som gave. Modtagerens brug er ikke med. Side 2 af 2"
    assert FRIEND not in words
    assert "Gaven åbnet" not in words
