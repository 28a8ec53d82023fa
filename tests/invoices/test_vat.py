"""VAT as the accountant has decided: every page, mail and paper says the same of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from shop.content import VAT
from shop.db import db
from shop.invoices import papers as invoice_papers
from shop.invoices.models import Document
from shop.orders import papers as order_papers
from shop.orders.models import Order
from shop.web import settings
from tests.test_pdf import words, words_in

# What a page says after the price; what the papers say; what was written down.
SAID = {
    "standard": (
        "inkl. moms",
        ["Beløb uden moms 399,20", "Moms, 25 % 99,80"],
        (39920, 9980, 25),
    ),
    "exempt": ("momsfrit", ["Fritaget for moms efter momslovens § 13"], (49900, 0, 0)),
    "unregistered": (
        "ingen moms",
        ["Sælger er ikke registreret for moms. Der er ikke moms i prisen."],
        (49900, 0, 0),
    ),
}


@pytest.fixture(params=SAID)
def treatment(app, monkeypatch, request) -> str:
    """The program as if clinic.toml said so."""
    with app.app_context():
        clinic = {**settings().clinic, "vat_treatment": request.param}
        changed = replace(settings(), clinic=clinic)
    monkeypatch.setitem(app.extensions, "settings", changed)
    monkeypatch.setitem(app.extensions, "agreements", {})
    monkeypatch.setitem(app.jinja_env.globals, "clinic", clinic)
    monkeypatch.setitem(app.jinja_env.globals, "vat", VAT[request.param])
    yield request.param
    app.extensions["pages_in_memory"].clear()


def test_everything_says_the_same_of_vat(app, treatment, browser, shop, send_mail):
    after_price, on_paper, written_down = SAID[treatment]
    others = {short for short, _, _ in SAID.values()} - {after_price}
    for path in ("/", "/kursus", "/priser", "/koeb"):
        said = browser.get(path).words()
        assert after_price in said, path
        assert not [other for other in others if other in said], path
    shop.buy(browser)
    [mail] = send_mail()
    assert after_price in mail["text"]
    assert after_price in mail["html"]
    with app.app_context():
        [document] = db.session.scalars(sa.select(Document))
        [number] = db.session.scalars(sa.select(Order.number))
        files = [invoice_papers.made(document.number), order_papers.made(number)]
    assert document.vat_treatment == treatment
    assert (document.base_ore, document.vat_ore, document.vat_rate) == written_down
    for file in files:
        for said in on_paper:
            assert words(said) in words_in(file)
    invoice = words_in(files[0])
    assert ("Moms,25%" in invoice) == (treatment == "standard")
