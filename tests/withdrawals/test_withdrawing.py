"""Withdrawing: whatever is typed it is kept and receipted; what fits is paid back, once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
import time_machine
from pypdf import PdfReader

from shop.db import db, transaction
from shop.orders.models import Order
from shop.orders.timeline_models import timeline
from shop.outbox.models import Mail
from shop.privacy.actions import purge
from shop.web import now
from shop.withdrawals.forms import LINK
from shop.withdrawals.models import Withdrawal
from tests.browser import Browser
from tests.conftest import BUYER, FIRST_LESSON
from tests.test_pdf import tags_of, words, words_in

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def bought(shop, browser):
    """Somebody has bought; the number of their order."""
    shop.buy(browser)
    with shop.app.app_context():
        return db.session.scalars(sa.select(Order.number)).one()


@pytest.fixture
def stranger(app) -> Browser:
    return Browser(app, "203.0.113.9")


def withdraw(browser: Browser, number: str, email: str = BUYER, name: str = "Kirsten Prøve"):
    browser.get("/fortryd").submit("Se det igennem", order=number, email=email, name=name)
    assert browser.status == 200, browser.text
    browser.submit("Bekræft fortrydelse")
    return browser


def rows(app) -> list[Withdrawal]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Withdrawal).order_by(Withdrawal.id)))


def order(app) -> Order:
    with app.app_context():
        return db.session.scalars(sa.select(Order)).one()


def kinds(app) -> list[str]:
    with app.app_context():
        kinds = db.session.scalars(sa.select(Mail.kind).order_by(Mail.id))
        return [kind for kind in kinds if kind.startswith("withdrawal")]


def test_in_time_and_fitting_is_paid_back_at_once(app, shop, browser, stranger, bought, send_mail):
    withdraw(stranger, bought).follow()
    assert "Vi har fået din fortrydelse" in stranger.words()
    assert [refund["amount"] for refund in shop.stripe.state()["refunds"]] == [49900]
    assert order(app).state == "refunded"
    assert browser.get(FIRST_LESSON).status == 403
    assert "Du har fortrudt dit køb" in browser.words()
    assert "kopi af det" in browser.words()
    [kept] = rows(app)
    assert (kept.verdict, kept.asked_ore, kept.channel) == ("in_time", 49900, "form")
    mails = [mail for mail in send_mail() if "fortrydelse" in mail["subject"]]
    assert [mail["to"] for mail in mails] == [[BUYER]]
    assert bought in mails[0]["text"]
    assert "Kirsten Prøve" in mails[0]["text"]
    assert re.search(r"Modtaget: +\d+\. \w+ \d{4} kl\. \d+\.\d\d", mails[0]["text"])
    assert "499 kr. tilbage" in mails[0]["text"]
    with app.app_context():
        told = [line.what for line in timeline(order(app).id)]
    assert told[:3] == ["withdrawn", "refund_asked", "statement_in_time"]
    assert "refund_succeeded" in told


def test_the_owner_who_is_signed_in_finds_the_form_filled_in(app, browser, bought):
    browser.get("/fortryd")
    assert {name: browser.fields()[name].get("value") for name in ("name", "email", "order")} == {
        "name": "Kirsten Prøve",
        "email": BUYER,
        "order": bought,
    }
    withdraw(browser, bought, email="ny.adresse@example.dk").follow()
    assert rows(app)[0].verdict == "in_time"
    assert "Kurset er lukket" in browser.words()


@pytest.mark.parametrize(
    ("number", "email"),
    [("ABCD2345", BUYER), (None, "fremmed@example.dk"), ("den 2. marts 2026", BUYER)],
)
def test_what_fits_nothing_is_kept_and_flagged(app, shop, stranger, bought, number, email):
    withdraw(stranger, number or bought, email).follow()
    assert stranger.status == 200
    assert [row.verdict for row in rows(app)] == ["unmatched"]
    assert kinds(app) == ["withdrawal-receipt", "withdrawal-flag"]
    assert order(app).state == "paid"
    assert shop.stripe.state()["refunds"] == []


def test_foreign_numbers_reveal_nothing(app, bought):
    """Hit and miss look alike to who is not signed in; only what they typed differs."""
    pages = []
    for number in (bought, "ABCD2345", bought):
        seen = withdraw(Browser(app, f"203.0.113.{len(pages)}"), number).follow()
        pages.append(re.sub(r"kl\. \d+\.\d+", "", seen.words().replace(number, "NUMMER")))
    assert len(set(pages)) == 1
    assert [row.verdict for row in rows(app)] == ["in_time", "unmatched", "again"]


def test_a_second_time_changes_nothing_and_says_so(app, shop, browser, stranger, bought, send_mail):
    for visitor in (stranger, browser):
        withdraw(visitor, bought).follow()
    assert "Du har allerede fortrudt det køb" in browser.words()
    assert [row.verdict for row in rows(app)] == ["in_time", "again"]
    assert len(shop.stripe.state()["refunds"]) == 1
    texts = [mail["text"] for mail in send_mail() if "fortrydelse" in mail["subject"]]
    assert "allerede fortrudt" in texts[1]
    assert "withdrawal-flag" not in kinds(app)


def test_two_clicks_are_one_statement(app, stranger, bought):
    stranger.get("/fortryd")
    given = {"order": bought, "email": BUYER, "name": "Kirsten Prøve"}
    stranger.submit("Se det igennem", **given)
    fields = {name: field.get("value") for name, field in stranger.fields().items()}
    for _ in range(2):
        assert stranger.post("/fortryd/bekraeft", fields).status == 303
    assert [row.verdict for row in rows(app)] == ["in_time"]
    assert kinds(app) == ["withdrawal-receipt"]


def test_ten_at_once_are_paid_back_once(app, shop, bought):
    def click(number: int) -> int:
        return withdraw(Browser(app, f"203.0.113.{number}"), bought).status

    with ThreadPoolExecutor(5) as pool:
        assert set(pool.map(click, range(5))) == {303}
    assert sorted(row.verdict for row in rows(app)) == ["again"] * 4 + ["in_time"]
    assert len(shop.stripe.state()["refunds"]) == 1


@pytest.mark.parametrize(("days", "verdict"), [(0, "in_time"), (14, "in_time"), (15, "late")])
def test_until_the_last_minute_of_the_last_day(app, shop, browser, days, verdict):
    with time_machine.travel(MONDAY) as clock:
        shop.buy(browser)
        number = order(app).number
        # 23.30 in Denmark is 22.30 in UTC; half an hour past midnight there is the next day.
        clock.move_to(datetime(2026, 3, 2, 22, 30, tzinfo=UTC) + timedelta(days=days))
        withdraw(Browser(app), number)
        assert [row.verdict for row in rows(app)] == [verdict]
        assert browser.get(FIRST_LESSON).status == (403 if verdict == "in_time" else 200)
    assert ("withdrawal-flag" in kinds(app)) == (verdict == "late")


def test_half_an_hour_past_midnight_is_the_next_day(app, shop, browser):
    with time_machine.travel(MONDAY) as clock:
        shop.buy(browser)
        clock.move_to(datetime(2026, 3, 16, 23, 30, tzinfo=UTC))
        withdraw(Browser(app), order(app).number)
    assert [row.verdict for row in rows(app)] == ["late"]


def test_with_stripe_away_it_is_taken_all_the_same(app, shop, browser, stranger, bought):
    shop.stripe.fail_next(20, drop=True)
    withdraw(stranger, bought)
    assert stranger.status == 303
    assert browser.get(FIRST_LESSON).status == 403
    shop.stripe.recover()
    done = app.test_cli_runner().invoke(args=["worker", "--once"])
    assert done.exit_code == 0, done.output
    assert order(app).state == "refunded"


def test_a_refund_that_bounces_opens_no_course_again(app, shop, browser, stranger, bought):
    withdraw(stranger, bought)
    shop.stripe.fail_refund(shop.stripe.state()["refunds"][0]["id"])
    shop.deliver_all()
    assert order(app).state == "paid"
    assert browser.get(FIRST_LESSON).status == 403
    with app.app_context():
        keys = db.session.scalars(sa.select(Mail.dedupe_key).where(Mail.kind == "order-alert"))
        assert [key.rpartition(":")[2] for key in keys] == ["refund_failed"]


def test_what_is_paid_only_later_goes_back_by_itself(app, shop, browser):
    session = shop.buy(browser, how="delayed")
    withdraw(browser, order(app).number)
    assert shop.stripe.state()["refunds"] == []
    shop.stripe.settle(session, "succeeded")
    shop.deliver_all()
    app.test_cli_runner().invoke(args=["worker", "--once"])
    assert (order(app).state, order(app).confirmed_at) == ("refunded", None)
    assert browser.get(FIRST_LESSON).status in {303, 403}
    with app.app_context():
        told = db.session.scalars(sa.select(Mail.kind).order_by(Mail.id)).all()
    assert told == ["withdrawal-receipt", "invoice", "credit-note"], "no welcome to a closed course"


def test_what_a_bank_holds_goes_back_when_it_lets_go(app, shop, browser, stranger, bought):
    intent = shop.stripe.state()["payment_intents"][0]["id"]
    dispute = shop.stripe.open_dispute(intent)["id"]
    shop.deliver_all()
    withdraw(stranger, bought)
    shop.stripe.close_dispute(dispute, "won")
    shop.deliver_all()
    app.test_cli_runner().invoke(args=["worker", "--once"])
    assert order(app).state == "refunded"
    assert [refund["amount"] for refund in shop.stripe.state()["refunds"]] == [49900]


def test_who_has_withdrawn_may_buy_again_in_the_same_browser(app, shop, browser, bought):
    withdraw(browser, bought)
    shop.buy(browser)
    assert browser.get(FIRST_LESSON).status == 200


BAD = {
    "no name": {"name": ""},
    "no number": {"order": " "},
    "no address": {"email": "kirsten"},
    "a CPR number": {"order": "010190-1234"},
    "a link for a name": {"name": "Se http://spam.example"},
    "an address for a name": {"name": "Din konto er spærret, se ondt.dk"},
    "a link for a number": {"order": "https://ondt.example/konto-lukket"},
    "an address for a number": {"order": "Konto lukket: ondt.dk/login"},
    "markup": {"order": "<b>7KQ2M4XA</b>"},
    "very long": {"order": "7" * 61},
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_wrong_comes_back_with_all_that_was_typed(app, stranger, what):
    typed = {"order": "7KQ2M4XA", "email": BUYER, "name": "Kirsten Prøve", **BAD[what]}
    stranger.get("/fortryd").submit("Se det igennem", **typed)
    assert stranger.status == 422
    for name, value in typed.items():
        assert stranger.fields()[name].get("value") == value.strip()
    assert stranger.post("/fortryd/bekraeft", typed).status == 422
    assert rows(app) == []


@pytest.mark.parametrize(
    "typed",
    [
        *("https://ondt", "www.ondt", "ondt.dk", "ONDT.IO/x", "t.co/x", "x.ai", "24.dk", "a.b.dk"),
        *(
            "ondt.example",
            "k@ondt.dk",
            "ondt.xn--p1ai",
            "smærte.dk",
            "on-d.example",
            "x.example/y",
            "ondt\u3002dk",
            "nu:ondt.dk",
        ),
    ],
)
def test_addresses_are_seen(typed):
    assert LINK.search(f"Se {typed}, nu")


@pytest.mark.parametrize(
    "typed",
    [
        *("Jens P. Hansen", "J.P. Hansen", "J.P.Hansen", "Chr. Prøve", "Anne-Mette Ø. Prøve"),
        *("24.11.2026", "24. nov. 2026", "24.nov.2026", "d.2.marts", "den 2. marts 2026"),
        *("7KQ2-M4XA", "nr.7KQ2M4XA", "nr: 7KQ2 M4XA", "#7KQ2M4XA", "24/11-2026 kl. 14.30"),
    ],
)
def test_names_numbers_and_days_are_no_addresses(typed):
    assert not LINK.search(typed)


def test_what_is_looked_over_can_be_corrected(stranger):
    typed = {"order": "7KQ2M4XA", "email": BUYER, "name": "Kirsten Prøve"}
    stranger.get("/fortryd").submit("Se det igennem", **typed)
    assert stranger.buttons()[-2:] == ["Bekræft fortrydelse", "Ret det"]
    stranger.post("/fortryd", {**typed, "ret": "1"})
    assert {name: stranger.fields()[name].get("value") for name in typed} == typed


def test_it_works_without_a_cookie_but_not_from_elsewhere(app, bought):
    typed = {"order": bought, "email": BUYER, "name": "Kirsten Prøve"}
    forged = Browser(app).post("/fortryd/bekraeft", typed, Sec_Fetch_Site="cross-site")
    assert forged.status == 422
    assert forged.fields()["order"].get("value") == bought
    assert rows(app) == []
    bare = Browser(app).post("/fortryd/bekraeft", typed)
    assert bare.status == 303
    assert "kl." not in Browser(app).get("/fortryd/kvittering").words()


def test_guessing_is_limited_and_nothing_typed_is_lost(app, stranger):
    typed = {"email": BUYER, "name": "Kirsten Prøve"}
    answers = []
    for number in range(21):
        stranger.post(
            "/fortryd/bekraeft",
            {**typed, "order": f"ABCD{number:04d}", "email": f"k{number}@example.dk"},
        )
        answers.append(stranger.status)
    assert answers == [303] * 20 + [429]
    assert stranger.fields()["order"].get("value") == "ABCD0020"
    assert "rh@kirohaderslev.dk" in stranger.words()


def test_nobody_is_flooded_with_receipts_and_a_withdrawal_counts_all_the_same(app, bought):
    """Who uses somebody's address up takes no right away from them."""
    typed = {"email": BUYER, "name": "Kirsten Prøve"}

    def sent(number: int, order: str) -> int:
        return (
            Browser(app, f"203.0.113.{number}")
            .post("/fortryd/bekraeft", typed | {"order": order})
            .status
        )

    assert [sent(number, "ABCD2345") for number in range(7)] == [303] * 6 + [429]
    assert [sent(7, bought), sent(8, bought)] == [303, 429]
    assert [row.verdict for row in rows(app)] == ["unmatched"] * 6 + ["in_time"]
    assert order(app).state == "refunded"


def test_statements_are_deleted_after_three_years(app, stranger):
    withdraw(stranger, "ABCD2345")
    for days, left in ((1094, 1), (1096, 0)):
        with app.app_context(), transaction():
            purge(now() + timedelta(days=days))
        assert len(rows(app)) == left


def test_the_form_of_the_law_can_be_had_as_a_file(browser):
    response = browser.get("/fortryd/formular.pdf").response
    assert response.mimetype == "application/pdf"
    assert {"/P", "/BlockQuote", "/Link"} <= tags_of(response.data, "Fortrydelsesformular")
    found = words_in(response.data)
    assert words("gøre fortrydelsesretten gældende") in found
    assert words("Forbrugerens adresse (Forbrugernes adresse):") in found
    # To write on there are rules as wide as the text: one for each line, two for the address.
    assert "…" not in found
    [page] = PdfReader(BytesIO(response.data)).pages
    drawn = page.get_contents().get_data()
    assert len(re.findall(rb"(4\d\d\.\d+) [\d.]+ m \1 [\d.]+ l 0 [\d.]+ l", drawn)) == 6
