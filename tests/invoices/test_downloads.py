"""A buyer's own documents, and nobody else's."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.accounts import actions as accounts
from shop.db import db, transaction
from shop.invoices.models import Document
from shop.orders.models import Order
from shop.web import now
from tests.conftest import let_in, link_in, sign_in
from tests.test_pdf import tags_of, words, words_in


def first_link(browser) -> str:
    links = browser.get("/min-side").links()
    return next(href for label, href in links.items() if label.startswith("Faktura "))


def test_the_buyer_finds_the_invoice_and_reads_it(app, browser, shop):
    shop.buy(browser)
    browser.get("/min-side")
    assert "Betalt" in browser.words()
    answer = browser.get(first_link(browser)).response
    assert answer.content_type == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    with app.app_context():
        [number] = db.session.scalars(sa.select(Document.number))
    disposition = f"attachment; filename=faktura-{number}.pdf"
    assert answer.headers["Content-Disposition"] == disposition
    found = words_in(answer.data)
    for said in (
        f"Faktura {number}",
        "Kirsten Prøve",
        "399,20",
        "Moms, 25 % 99,80",
        "I alt 499,00",
    ):
        assert words(said) in found, said
    assert {"/P", "/Table", "/TH", "/TD"} <= tags_of(answer.data, f"Faktura {number}")
    assert browser.get(first_link(browser)).response.data == answer.data, "the same bytes"


def test_a_credit_note_names_its_invoice(browser, shop):
    session = shop.buy(browser)
    shop.stripe.refund(shop.intent(session), 10000)
    shop.deliver_all()
    links = browser.get("/min-side").links()
    assert "En del er betalt tilbage" in browser.words()
    [path] = [href for label, href in links.items() if label.startswith("Kreditnota ")]
    number = path.rpartition("/")[2].removesuffix(".pdf")
    invoice = first_link(browser).rpartition("/")[2].removesuffix(".pdf")
    file = browser.get(path).response.data
    assert {"/P", "/Table", "/TH", "/TD"} <= tags_of(file, f"Kreditnota {number}")
    found = words_in(file)
    for said in (f"Hører til faktura {invoice}", "En del tilbage for", "80,00", "20,00", "100,00"):
        assert words(said) in found, said


def test_others_find_nothing(app, browser, new_browser, shop, send_mail):
    shop.buy(browser)
    path = first_link(browser)
    stranger = new_browser()
    assert stranger.get(path).status == 303
    shop.buy(stranger, "en.anden@example.dk")
    assert stranger.get(path).status == 404
    assert stranger.get("/min-side/bilag/F1999-0001.pdf").status == 404
    assert path not in stranger.get("/min-side").text


def test_documents_follow_an_order_to_its_right_owner(app, browser, new_browser, shop):
    """A mistyped address is mended on the order, while its documents stay as they were issued."""
    shop.buy(browser, "kristen@example.dk")
    path = first_link(browser)
    right = new_browser()
    shop.buy(right, "kirsten.rigtig@example.dk")
    with app.app_context(), transaction():
        people = sa.select(Order.person_id).where(Order.email == "kirsten.rigtig@example.dk")
        [person] = db.session.scalars(people)
        mend = sa.update(Order).where(Order.email == "kristen@example.dk")
        db.session.execute(mend.values(person_id=person))
    let_in(app, right, "kirsten.rigtig@example.dk")
    assert right.get(path).status == 200
    assert path in right.get("/min-side").text
    assert browser.get(path).status == 404
    assert path not in browser.get("/min-side").text


def test_a_browser_that_has_only_paid_in_anothers_name_finds_nothing(
    browser, new_browser, shop, send_mail
):
    shop.buy(browser)
    path = first_link(browser)
    new_browser().get(link_in(send_mail()[0])).submit("Log ind")
    other = new_browser()
    shop.buy(other)
    assert other.get(path).status == 403


def test_the_clinician_may_look(app, browser, new_browser, shop, send_mail):
    shop.buy(browser)
    path = first_link(browser)
    with app.app_context(), transaction():
        accounts.set_clinician("behandler@example.dk", True, now())
    clinician = new_browser()
    sign_in(clinician, send_mail, "behandler@example.dk")
    assert clinician.get(path).status == 200


@pytest.mark.parametrize("number", ["..%2F..%2Fetc", "F2026-0001%27", "x" * 300, "%00"])
def test_bad_numbers_are_no_documents(browser, shop, number):
    shop.buy(browser)
    assert browser.get(f"/min-side/bilag/{number}.pdf").status in {400, 404}
