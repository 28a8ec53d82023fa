"""The books in the back office: a period's sums, and the file for the accountant."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shop.danish import COPENHAGEN
from shop.orders import ledger
from shop.web import now


@pytest.fixture
def today():
    return now().astimezone(COPENHAGEN).date()


def test_a_period_is_summed_and_fetched(app, clinic, shop, new_browser, today):
    shop.buy(new_browser())
    shop.stripe.pay_out(10000)
    with app.app_context():
        ledger.fetch()
    page = clinic.browser.get(f"/klinik/regnskab?fra={today}&til={today}")
    words = page.words()
    assert "Salg af e-forløb 0 kr. 399,20 kr." in words
    assert "Udgående moms 0 kr. 99,80 kr." in words
    assert "Bank 100 kr. 0 kr." in words
    assert "Stod hos Stripe før 0 kr." in words
    answer = page.get(f"/klinik/regnskab.csv?fra={today}&til={today}")
    assert answer.response.mimetype == "text/csv"
    assert f"regnskab-{today}-{today}.csv" in answer.response.headers["Content-Disposition"]
    assert answer.response.headers["Cache-Control"] == "no-store"
    lines = answer.text.split("\r\n")
    assert lines[0] == "\ufeffDato;Bilag;Konto;Tekst;Debet;Kredit;Ordre;Stripe"
    assert f"{today};F{today.year}-0001;Udgående moms;Salg, moms;;99,80;" in answer.text


def test_without_a_choice_the_month_that_has_ended_is_shown(clinic, today):
    words = clinic.browser.get("/klinik/regnskab").words()
    last = today.replace(day=1) - timedelta(days=1)
    assert str(last.year) in words
    assert "Der er ingen bevægelser i perioden." in words


@pytest.mark.parametrize("query", ["fra=2026-02-30", "fra=x&til=y", "til=%00"])
def test_a_day_that_is_none_is_refused(clinic, query):
    assert clinic.browser.get(f"/klinik/regnskab?{query}").status in {400, 404}


@pytest.mark.parametrize(
    "query", ["fra=2026-12-31&til=2026-01-01", "fra=9999-12-31&til=9999-12-31"]
)
def test_a_period_the_wrong_way_round_is_no_error(clinic, query):
    assert clinic.browser.get(f"/klinik/regnskab?{query}").status in {200, 404}


def test_the_books_are_the_clinicians_alone(browser):
    assert browser.get("/klinik/regnskab").status == 303
    assert browser.get("/klinik/regnskab.csv").status == 303
