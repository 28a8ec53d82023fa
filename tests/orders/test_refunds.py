"""Paying back: never too much, never twice, whatever breaks on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from shop.db import db, transaction
from shop.orders import gateway, refund_actions, refund_gateway, refund_rules, refunds
from shop.orders.models import Attempt, Order
from shop.orders.refund_models import RefundRequest
from shop.web import now
from tests.conftest import FIRST_LESSON

AMOUNTS = st.lists(st.integers(0, 60_000), min_size=1, max_size=4)


@given(AMOUNTS, st.data())
def test_an_amount_is_taken_whole_and_from_no_payment_more_than_it_has(lefts, data):
    wanted = data.draw(st.integers(0, sum(lefts)))
    shares = refund_rules.shares(wanted, lefts)
    assert sum(shares) == wanted
    assert all(0 <= share <= left for share, left in zip(shares, lefts, strict=True))


@given(st.sampled_from(["paid", "disputed", "charged_back"]), st.tuples(*[st.integers(0, 99)] * 3))
def test_what_is_left_is_never_more_than_came_in(state, amounts):
    received, refunded, asked = amounts
    left = refund_rules.left(state, received, refunded, asked)
    assert 0 <= left <= received
    assert left == 0 or left + refunded + asked == received


def test_all_of_it_goes_back_at_once(counter, bought, browser):
    bought()
    assert browser.get(FIRST_LESSON).status == 200
    counter.refund()
    assert counter.requests() == [(49900, "succeeded")]
    assert counter.at_stripe() == [49900]
    assert counter.order().state == "refunded"
    assert counter.timeline() == ["refund_asked", "refund_succeeded"]
    assert browser.get(FIRST_LESSON).status == 403


def test_a_part_leaves_the_course_open_and_then_the_rest_closes_it(counter, bought, browser):
    bought()
    counter.refund(10_000)
    assert counter.order().state == "partly_refunded"
    assert browser.get(FIRST_LESSON).status == 200
    counter.refund(39_900)
    assert counter.order().state == "refunded"
    with pytest.raises(refund_actions.MoreThanLeft) as error:
        counter.ask()
    assert error.value.left_ore == 0


def test_never_more_than_came_in(counter, bought):
    bought()
    for amount in (0, -1, 49_901, 10**12):
        with pytest.raises(refund_actions.MoreThanLeft) as error:
            counter.ask(amount)
        assert error.value.left_ore == 49_900
    assert counter.requests() == []


def test_what_is_asked_for_is_not_asked_for_again(counter, bought):
    bought()
    counter.ask(30_000)
    with pytest.raises(refund_actions.MoreThanLeft) as error:
        counter.ask(20_000)
    assert error.value.left_ore == 19_900


def test_of_two_who_look_at_the_same_page_one_wins(counter, bought):
    bought()

    def ask(_: int) -> bool:
        try:
            counter.ask(10_000, seen=0)
        except refund_actions.AskedMeanwhile:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(ask, range(8))) == [False] * 7 + [True]
    counter.carry_out()
    assert counter.at_stripe() == [10_000]


def test_eight_workers_at_once_pay_back_once(app, counter, bought):
    bought()
    counter.ask(10_000)
    counter.ask(5_000)

    def work(_: int) -> None:
        with app.app_context():
            refunds.carry_out_due()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    counter.carry_out()
    assert sorted(counter.at_stripe()) == [5_000, 10_000]
    assert {state for _, state in counter.requests()} == {"succeeded"}


TROUBLE = {
    "nobody answers": {"drop": True},
    "done, but nobody hears": {"drop": True, "done_first": True},
    "an error of Stripe's own": {"status": 500},
    "done, and an error all the same": {"status": 500, "done_first": True},
    "away": {"status": 503},
    "too many calls": {"status": 429},
    "busy with the same": {"status": 409},
}


@pytest.mark.parametrize(
    "calls", [1, 2, *(pytest.param(n, marks=pytest.mark.endurance) for n in (3, 5))]
)
def test_bad_weather_pays_back_once_in_the_end(calls, shop, counter, bought):
    bought()
    for number, trouble in enumerate(TROUBLE, start=1):
        shop.stripe.fail_next(calls, **TROUBLE[trouble])
        counter.refund(5_000 + number)
        shop.stripe.recover()
        counter.carry_out()
        counter.carry_out()
        asked = [5_000 + each for each in range(1, number + 1)]
        assert sorted(counter.at_stripe()) == asked, trouble
        assert counter.requests() == [(amount, "succeeded") for amount in asked], trouble
        assert counter.order().state == "partly_refunded"


class Crash(Exception):
    pass


@pytest.mark.parametrize("place", ["before asking", "after asking", "before settling"])
def test_a_crash_anywhere_is_harmless(place, app, shop, counter, bought, monkeypatch):
    """Also when it is gone on with only days later: Stripe keeps a key for one."""
    bought()
    counter.ask(10_000)

    def crash(*_: object) -> None:
        raise Crash

    made = refund_gateway.refund

    def made_and_crash(*given: object) -> None:
        made(*given)
        raise Crash

    with monkeypatch.context() as patch:
        if place == "before settling":
            patch.setattr(refunds, "sync", crash)
        else:
            patch.setattr(
                refund_gateway, "refund", crash if place == "before asking" else made_and_crash
            )
        with pytest.raises(Crash):
            counter.carry_out()
    assert counter.requests() == [(10_000, "sent")]
    shop.stripe.gate.clear()
    with app.app_context():
        refunds.carry_out_due()
    assert counter.at_stripe() == [10_000]
    assert counter.requests() == [(10_000, "succeeded")]


def test_two_who_ask_for_the_same_before_either_could_look_are_paid_back_once(app, counter, bought):
    bought()
    counter.ask(10_000)
    with app.app_context():
        with transaction():
            sending = refund_actions.send(
                db.session.scalars(sa.select(RefundRequest.id)).one(), now()
            )
        for _ in range(2):
            refund_gateway.refund(sending)
    assert counter.at_stripe() == [10_000]


def test_the_webhook_alone_ends_what_a_crash_began(shop, counter, bought, monkeypatch):
    bought()
    counter.ask()
    with monkeypatch.context() as patch:
        patch.setattr(refunds, "sync", lambda *_: None)
        counter.carry_out()
    shop.deliver_all()
    assert counter.requests() == [(49900, "succeeded")]


def test_a_refund_that_takes_its_time_and_one_that_bounces(shop, counter, bought, browser):
    bought()
    shop.stripe.refund_outcome("pending")
    counter.refund()
    assert counter.requests() == [(49900, "pending")]
    refund = shop.stripe.state()["refunds"][0]["id"]
    shop.stripe.settle_refund(refund)
    shop.deliver_all()
    assert counter.requests() == [(49900, "succeeded")]
    shop.stripe.fail_refund(refund)
    shop.deliver_all()
    shop.deliver_all()
    assert counter.requests() == [(49900, "failed")]
    assert counter.order().state == "paid"
    assert browser.get(FIRST_LESSON).status == 200
    assert counter.mails("order-alert") == ["refund_failed"]
    told = ["refund_asked", "refund_pending", "refund_succeeded", "refund_failed"]
    assert counter.timeline() == told


def test_what_bounced_is_not_sent_again_because_more_comes_in(app, shop, counter, browser):
    """It is the clinician's to pay by then; only the other payment goes back by itself."""
    first = shop.order(browser)
    with app.app_context(), transaction():
        db.session.execute(sa.update(Attempt).values(state="failed"))  # as if we believed so
    shop.stripe.fail_next(1, drop=True)
    second = shop.order(browser)
    shop.stripe.pay(first, "card")
    shop.deliver_all()
    with app.app_context(), transaction():
        assert refund_actions.withdraw(counter.order().id, "buyer", now()) == 49900
    counter.carry_out()
    shop.stripe.fail_refund(shop.stripe.state()["refunds"][0]["id"])
    shop.deliver_all()
    shop.stripe.pay(second, "card")
    shop.deliver_all()
    counter.carry_out()
    assert counter.requests() == [(49900, "failed"), (49900, "succeeded")]


def test_what_stripe_refuses_is_told_once(shop, counter, bought):
    intent = bought()
    counter.ask(40_000)
    shop.stripe.refund(intent, 20_000)  # by hand at Stripe, and no word of it yet
    counter.carry_out()
    counter.carry_out()
    assert counter.requests() == [(40_000, "refused")]
    assert counter.at_stripe() == [20_000]
    assert counter.mails("order-alert") == ["refund_refused"]


def test_a_disputed_payment_is_not_paid_back_as_well(shop, counter, bought):
    shop.stripe.open_dispute(bought())
    shop.deliver_all()
    with pytest.raises(refund_actions.MoreThanLeft):
        counter.ask()


def test_a_refund_that_waits_for_a_day_is_told_once(app, shop, counter, bought):
    bought()
    counter.ask()
    moment = now()
    for hours in (23, 25, 50):
        with time_machine.travel(moment + timedelta(hours=hours)), app.app_context():
            shop.stripe.fail_next(3, drop=True)
            with pytest.raises(gateway.StripeUnavailable):
                refunds.carry_out_due()
            shop.stripe.recover()
        assert counter.mails("order-alert") == (["refund_waits"] if hours > 24 else [])
    assert counter.requests() == [(49900, "sent")]


def test_one_refund_that_cannot_be_followed_keeps_no_other_waiting(
    app, shop, counter, bought, new_browser
):
    """Both lost their answer; of the first one Stripe then knows nothing any more."""
    bought()
    with app.app_context(), transaction():
        db.session.execute(sa.update(Attempt).values(session_id="cs_test_gone"))
    shop.buy(new_browser(), "anne@example.dk")
    with app.app_context():
        orders = db.session.scalars(sa.select(Order.id).order_by(Order.id)).all()
        for order_id in orders:
            shop.stripe.fail_next(1, drop=True)
            with transaction():
                refund_actions.ask(order_id, None, "goodwill", "k@example.dk", now())
            refunds.carry_out(order_id)
        refunds.carry_out_due()
    assert counter.requests()[1] == (49900, "succeeded")
    assert counter.at_stripe() == [49900, 49900]


def test_a_payment_that_stripe_does_not_know_is_refused_and_told(app, shop, counter, bought):
    """A key changed from test to live, say; the answer to the first try may be lost as well."""
    bought()
    counter.ask()
    shop.stripe.reset()
    shop.stripe.fail_next(1, drop=True)
    counter.carry_out()
    assert counter.requests() == [(49900, "sent")]
    for _ in range(2):
        with app.app_context():
            refunds.carry_out_due()
        assert counter.requests() == [(49900, "refused")]
    assert counter.timeline() == ["refund_asked", "refund_refused"]
    assert counter.mails("order-alert") == ["refund_refused"]


def test_requests_hold_no_words_in_the_clear(app, counter, bought):
    bought()
    counter.ask(words="Har haft mange smerter")
    with app.app_context():
        assert db.session.scalars(sa.select(RefundRequest.note)).all() == ["Har haft mange smerter"]
        raw = db.session.execute(sa.text("SELECT note FROM refund_request")).scalar_one()
    assert b"smerter" not in bytes(raw)
