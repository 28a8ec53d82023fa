"""Everything at Stripe against everything here: what is mended, what is told, and once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from shop.course.models import Enrolment
from shop.db import db, transaction
from shop.orders import emails, nightly, sync
from shop.orders.comparison_rules import Ours, Theirs, differences
from shop.orders.gateway import StripeUnavailable
from shop.orders.models import Attempt, Order, StripeEvent
from shop.outbox.models import Mail
from shop.web import now
from tests.conftest import AGREED, BUYER, FIRST_LESSON

PAID = Theirs("cs_1", "ABCD2345-1", "pi_1", is_paid=True, total_ore=49900)
KNOWN = Ours(1, "ABCD2345", 49900, 0, has_access=True)


@pytest.mark.parametrize(
    ("theirs", "ours", "kinds"),
    [
        (PAID, KNOWN, set()),
        (PAID, None, {"unknown_payment"}),
        (replace(PAID, is_paid=False), None, set()),
        (PAID, replace(KNOWN, has_access=False), {"paid_without_access"}),
        (PAID, replace(KNOWN, has_access=False, is_over=True), set()),
        (replace(PAID, is_paid=False), KNOWN, {"access_without_payment"}),
        (replace(PAID, is_paid=False), replace(KNOWN, pays_otherwise=True), set()),
        (replace(PAID, refunded_ore=10000), KNOWN, {"amounts_differ"}),
        (replace(PAID, refunded_ore=10000), replace(KNOWN, refunded_ore=10000), set()),
        (replace(PAID, total_ore=0), replace(KNOWN, total_ore=0), set()),
        (replace(PAID, dispute_states=frozenset({"won"})), KNOWN, set()),
        (replace(PAID, dispute_states=frozenset({"lost"})), KNOWN, {"access_without_payment"}),
        (
            replace(PAID, refunded_ore=49900),
            replace(KNOWN, refunded_ore=49900, has_access=False),
            set(),
        ),
    ],
)
def test_what_differs_has_a_name(theirs, ours, kinds):
    assert differences(theirs, ours) == kinds


@given(st.booleans(), st.booleans(), st.integers(0, 49900), st.sampled_from(["", "lost", "won"]))
def test_nobody_is_in_unseen_without_money(is_paid, has_access, refunded, dispute):
    theirs = replace(
        PAID, is_paid=is_paid, refunded_ore=refunded, dispute_states=frozenset({dispute} - {""})
    )
    found = differences(theirs, replace(KNOWN, has_access=has_access, refunded_ore=refunded))
    assert bool(found) == (has_access != theirs.gives_access)


@pytest.fixture
def compare(app):
    def run(since=None):
        with app.app_context():
            return nightly.compare(since)

    return run


def told(app):
    with app.app_context():
        mails = db.session.scalars(sa.select(Mail).where(Mail.kind == "reconcile-alert")).all()
        assert all(BUYER not in str(mail.letter) for mail in mails)
        assert all(mail.as_letter().to == "rh@kirohaderslev.dk" for mail in mails)
        return sorted(mail.dedupe_key.split(":")[1] for mail in mails)


@pytest.mark.parametrize("kind", emails.DIFFERENCES)
def test_a_difference_of_an_order_leads_to_it(app, kind):
    with app.app_context():
        letter = emails.difference(kind, "ABCD2345")
    for shown in (letter.text, letter.html):
        assert ("/klinik/ordrer/ABCD2345" in shown) == (kind in emails.OF_ORDERS)
        assert "ABCD2345" in shown


def test_what_nobody_told_us_is_mended_and_nothing_is_said(app, shop, browser, compare):
    session = shop.order(browser)
    shop.stripe.pay(session, "card")
    assert compare()["orders mended"] == 1
    browser.get(f"/koeb/tak?session_id={session}")
    assert browser.get(FIRST_LESSON).status == 200
    shop.stripe.refund(shop.intent(session), 10000)
    assert compare()["orders mended"] == 1
    shop.stripe.refund(shop.intent(session))
    assert compare()["differences left"] == 0
    assert browser.get(FIRST_LESSON).status == 403
    assert compare()["orders mended"] == 0
    assert told(app) == []


def test_a_session_whose_answer_was_lost_finds_its_order(app, shop, browser, compare):
    shop.stripe.pay(shop.order(browser), "card")
    with app.app_context(), transaction():
        db.session.execute(sa.update(Attempt).values(session_id=None, url=None))
    assert compare()["differences left"] == 0
    with app.app_context():
        assert db.session.scalars(sa.select(Order.state)).one() == "paid"


def test_a_refund_of_a_payment_long_ago_is_followed(app, shop, browser, compare):
    session = shop.buy(browser)
    with time_machine.travel(now() + timedelta(days=100)):
        shop.stripe.refund(shop.intent(session))
        counts = compare(now() - timedelta(days=8))
    assert (counts["sessions compared"], counts["orders mended"]) == (0, 1)
    with app.app_context():
        assert db.session.scalars(sa.select(Order.state)).one() == "refunded"


def test_an_unknown_paid_session_is_told_once(app, shop, browser, compare):
    shop.buy(browser)
    theirs = shop.stripe.ledger.objects["checkout.session"]
    [session] = theirs.values()
    other = {**session, "id": "cs_test_theirs", "client_reference_id": None, "payment_intent": None}
    theirs["cs_test_theirs"] = other
    assert compare()["told of"] == 1
    counts = compare()
    assert (counts["differences left"], counts["told of"]) == (1, 0)
    assert told(app) == ["unknown_payment"]


def test_a_course_that_was_closed_by_a_mistake_is_told(app, shop, browser, compare):
    shop.buy(browser)
    with app.app_context(), transaction():
        db.session.execute(sa.update(Enrolment).values(open=False))
    compare()
    assert told(app) == ["paid_without_access"]


def test_a_course_that_is_open_by_a_mistake_is_told(app, shop, browser, compare):
    session = shop.buy(browser)
    shop.stripe.refund(shop.intent(session))
    shop.deliver_all()
    with app.app_context(), transaction():
        db.session.execute(sa.update(Enrolment).values(open=True))
    compare()
    compare()
    assert told(app) == ["access_without_payment"]


def test_a_course_that_stays_open_after_a_withdrawal_is_told(app, shop, browser, compare):
    """The money has not gone back yet, so the order still says that it is paid."""
    shop.buy(browser)
    with app.app_context(), transaction():
        db.session.execute(sa.update(Order).values(withdrawn_at=now()))
    compare()
    assert told(app) == ["access_without_payment"]


def test_a_payment_that_stripe_has_never_heard_of_is_told(app, shop, browser, compare):
    shop.buy(browser)
    shop.stripe.reset()
    compare()
    assert told(app) == ["access_without_payment"]


def test_an_amount_that_stays_different_is_told(app, shop, browser, compare):
    shop.buy(browser)
    [session] = shop.stripe.ledger.objects["checkout.session"].values()
    [intent] = shop.stripe.ledger.objects["payment_intent"].values()
    session["amount_total"] = 100  # as no coupon of ours would make it
    with app.app_context(), transaction():
        db.session.execute(sa.update(Attempt).values(total_ore=49900))
    first = compare()
    assert first["orders mended"] == 1, "looking again has written Stripe's own word down"
    assert intent["amount_received"] == 49900
    assert told(app) == []


def test_gifts_are_compared_by_whether_they_are_open(app, shop, browser, compare):
    given = {"email": BUYER, "name": "Kirsten Prøve", **AGREED, "gift": "card"}
    browser.get("/koeb").submit("Køb med betalingspligt", **given)
    shop.stripe.pay(browser.response.location.rsplit("/", 1)[1], "card")
    assert compare()["orders mended"] == 1
    assert compare()["differences left"] == 0


def test_thousands_come_page_by_page(app, shop, browser, compare):
    shop.buy(browser)
    theirs = shop.stripe.ledger.objects["checkout.session"]
    [session] = list(theirs.values())
    for number in range(250):
        key = f"cs_test_{number}"
        theirs[key] = {**session, "id": key, "payment_intent": None, "payment_status": "unpaid"}
    counts = compare()
    assert (counts["sessions compared"], counts["differences left"]) == (251, 0)


@pytest.mark.parametrize("answered", [0, 1, 2])
def test_stripe_down_midway_is_said_and_nothing_is_half_done(
    app, shop, browser, compare, answered, monkeypatch
):
    shop.stripe.pay(shop.order(browser), "card")
    calls = iter(range(100))
    through = shop.stripe.gate.through

    def falls_silent(key, call, work):
        if next(calls) == answered:
            shop.stripe.fail_next(3, drop=True)
        return through(key, call, work)

    monkeypatch.setattr(shop.stripe.gate, "through", falls_silent)
    with pytest.raises(StripeUnavailable):
        compare()
    with app.app_context():
        assert db.session.scalars(sa.select(Order.state)).one() == "awaiting"
    monkeypatch.undo()
    assert compare()["orders mended"] == 1
    assert told(app) == []


def test_an_event_that_waits_too_long_is_told_once(app, shop, browser):
    shop.stripe.pay(shop.order(browser), "card")
    shop.stripe.fail_next(1, drop=True)
    shop.deliver(shop.stripe.events("checkout.session.completed")[0])
    with app.app_context():
        assert db.session.scalars(sa.select(StripeEvent.status)).one() == "pending"
        nightly.watch_inbox()
        assert told(app) == []
        with time_machine.travel(now() + timedelta(minutes=6)):
            nightly.watch_inbox()
            nightly.watch_inbox()
        assert told(app) == ["inbox_waits"]
        sync.reconcile()
        with time_machine.travel(now() + timedelta(minutes=6)):
            nightly.watch_inbox()
    assert told(app) == ["inbox_waits"]


def test_the_command_compares_and_says_when_stripe_is_away(app, shop, browser):
    shop.buy(browser)
    done = app.test_cli_runner().invoke(args=["orders", "reconcile", "--all"])
    assert done.exit_code == 0, done.output
    assert "sessions compared: 1" in done.output
    shop.stripe.fail_next(3, drop=True)
    done = app.test_cli_runner().invoke(args=["orders", "reconcile"])
    assert done.exit_code == 1
    assert "Stripe did not answer" in done.output
