"""What a browser that got in by paying sees before its address is proved: its own purchase only.

Anybody can buy in another's name, and anybody can mistype their own.
"""

from __future__ import annotations

import pytest

from shop.accounts.models import id_of
from shop.booking.models import Appointment
from shop.coursework import models as coursework
from shop.rhythm import models as rhythm
from tests.booking.conftest import NOW, at, clinic, opened  # noqa: F401 (fixtures)
from tests.conftest import BUYER, FIRST_LESSON, code_in


@pytest.fixture
def vera(at, clinic) -> Appointment:  # noqa: F811 (fixtures)
    """Somebody with an appointment and no account, under the buyer's address."""
    at(NOW)
    made = clinic.book(clinic.first(), BUYER.partition("@")[0])
    assert made.email == BUYER
    return made


def test_buying_in_anothers_name_shows_no_appointment(app, browser, shop, vera, send_mail):
    token = vera.token
    shop.buy(browser)
    assert browser.get("/min-side").status == 200
    assert token not in browser.text
    assert "logget ind med et link i din mail" in browser.words()
    browser.get(FIRST_LESSON).submit("Send mig en kode")
    browser.follow().submit("Log ind med koden", code=code_in(send_mail()[-1]))
    assert token in browser.get("/min-side").text


def test_an_order_laid_in_wait_shows_nothing_of_the_next(browser, new_browser, shop):
    waiting = shop.order(browser)
    other = new_browser()
    shop.buy(other, BUYER)
    shop.stripe.pay(waiting, "card")
    browser.get(f"/koeb/tak?session_id={waiting}")
    mine = [link for link in browser.get("/min-side").links_to() if link.endswith(".pdf")]
    assert len(mine) == 2, "the confirmation and the invoice of its own order"
    every = {f"/min-side/bilag/F2026-{number:04}.pdf" for number in (1, 2)}
    [others] = every - set(mine)
    assert browser.get(others).status == 404


def test_nothing_of_somebodys_health_is_kept_before_the_address_is_proved(
    app, browser, shop, send_mail
):
    shop.buy(browser)
    assert "Gem mine svar her" not in browser.get(FIRST_LESSON).buttons()
    assert BUYER in browser.words()
    browser.post("/kursus/samtykke", {"agree": "1", "csrf_token": browser.token()})
    assert browser.status == 403
    with app.app_context():
        assert coursework.consent(id_of(BUYER)) is None
    browser.submit("Send mig en kode")
    browser.follow().submit("Log ind med koden", code=code_in(send_mail()[-1]))
    browser.follow().submit("Gem mine svar her", agree="1")
    with app.app_context():
        assert coursework.consent(id_of(BUYER)) is not None


def test_nobody_says_yes_to_mails_before_the_address_is_proved(app, browser, shop):
    shop.buy(browser)
    assert "Ja tak, skriv til mig" not in browser.get("/min-side").buttons()
    browser.post("/kursus/mails", {"what": "yes", "csrf_token": browser.token()})
    assert browser.status == 403
    with app.app_context():
        assert rhythm.standing(id_of(BUYER)) is None
