"""Every row of the transition table, its events in order, doubled, reversed and all at once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from shop.course.models import Enrolment
from shop.db import db, transaction
from shop.orders.models import Attempt, Order, StripeEvent
from shop.outbox.models import Mail
from shop.web import now
from tests.browser import Browser
from tests.conftest import FIRST_LESSON, Shop

PARALLEL = 20  # as many as the promise says; a few show most of it in a quarter of the time
FEW = 6


def in_order(shop: Shop, events: list[dict]) -> None:
    for event in events:
        assert shop.deliver(event) == 200


def doubled(shop: Shop, events: list[dict]) -> None:
    """Each event twice, and once more under another id, as Stripe may do."""
    for event in events:
        in_order(shop, [event, event, {**event, "id": event["id"] + "again"}])


def in_order_then_doubled(shop: Shop, events: list[dict]) -> None:
    """As they come, and when all is said, each of them again and again."""
    in_order(shop, events)
    said = outcome(shop)
    doubled(shop, events)
    assert outcome(shop) == said


def backwards(shop: Shop, events: list[dict]) -> None:
    in_order(shop, list(reversed(events)))


def at_once(shop: Shop, events: list[dict], number: int = FEW) -> None:
    """So many deliveries in parallel, every event among them."""
    many = (events * number)[: max(number, len(events))] if events else []
    with ThreadPoolExecutor(number) as pool:
        assert set(pool.map(shop.deliver, many)) <= {200}


def twenty_at_once(shop: Shop, events: list[dict]) -> None:
    at_once(shop, events, PARALLEL)


HOW = [
    in_order_then_doubled,
    backwards,
    at_once,
    pytest.param(twenty_at_once, marks=pytest.mark.endurance),
]
Step = Callable[[Shop, str], object]


def pay(how: str) -> Step:
    return lambda shop, session: shop.stripe.pay(session, how)


def code(percent: int | None = None, amount: int | None = None) -> Step:
    """The buyer types a code that takes so much off."""

    def use(shop: Shop, session: str) -> None:
        shop.stripe.coupon("EFTERAAR", percent, amount)
        shop.stripe.use_code(session, "efteraar")

    return use


def settle(outcome: str) -> Step:
    return lambda shop, session: shop.stripe.settle(session, outcome)


def expire(shop: Shop, session: str) -> None:
    shop.stripe.expire(session)


def refund(amount: int | None = None) -> Step:
    return lambda shop, session: shop.stripe.refund(shop.intent(session), amount)


def fail_refund(shop: Shop, session: str) -> None:
    shop.stripe.fail_refund(shop.stripe.state()["refunds"][0]["id"])


def dispute(status: str = "needs_response") -> Step:
    return lambda shop, session: shop.stripe.open_dispute(shop.intent(session), status)


def close(status: str) -> Step:
    return lambda shop, _: shop.stripe.close_dispute(
        shop.stripe.state()["disputes"][0]["id"], status
    )


def claim(event_type: str) -> Step:
    """An event that Stripe made about a moment long past, arriving only now."""

    def late(shop: Shop, session: str) -> None:
        event = copy.deepcopy(shop.stripe.events("checkout.session.completed")[0])
        event |= {"id": f"evt_late_{event_type}", "type": event_type}
        assert shop.deliver(event) == 200

    return late


def we_thought_it_expired(shop: Shop, session: str) -> None:
    with shop.app.app_context(), transaction():
        db.session.execute(sa.update(Attempt).values(state="expired"))
        db.session.execute(sa.update(Order).values(state="expired"))


# name: (steps, the state they end in, whether the course is open)
ROWS: dict[str, tuple[list[Step], str, bool]] = {
    "paid by card": ([pay("card")], "paid", True),
    "paid by mobilepay": ([pay("mobilepay")], "paid", True),
    "half price": ([code(percent=50), pay("card")], "paid", True),
    "a hundred kroner off": ([code(amount=10000), pay("mobilepay")], "paid", True),
    "half price, all of it back": ([code(percent=50), pay("card"), refund()], "refunded", False),
    "half price, part of it back": (
        [code(percent=50), pay("card"), refund(10000)],
        "partly_refunded",
        True,
    ),
    "half price, a dispute lost": (
        [code(percent=50), pay("card"), dispute(), close("lost")],
        "charged_back",
        False,
    ),
    "nothing to pay": ([code(percent=100), pay("card")], "paid", True),
    "a code worth more than the course": ([code(amount=60000), pay("card")], "paid", True),
    "nothing to pay, never completed": ([code(percent=100), expire], "expired", False),
    "waiting for the bank": ([pay("delayed")], "processing", False),
    "the bank says yes": ([pay("delayed"), settle("succeeded")], "paid", True),
    "the bank says no": ([pay("delayed"), settle("failed")], "failed", False),
    "expired": ([expire], "expired", False),
    "thought expired, proven paid": ([we_thought_it_expired, pay("card")], "paid", True),
    "paid, stale expired": ([pay("card"), claim("checkout.session.expired")], "paid", True),
    "paid, stale failed": (
        [pay("card"), claim("checkout.session.async_payment_failed")],
        "paid",
        True,
    ),
    "part of it back": ([pay("card"), refund(10000)], "partly_refunded", True),
    "part, then the rest": ([pay("card"), refund(10000), refund()], "refunded", False),
    "all of it back": ([pay("card"), refund()], "refunded", False),
    "the refund bounced": ([pay("card"), refund(), fail_refund], "paid", True),
    "an inquiry": ([pay("card"), dispute("warning_needs_response")], "paid", True),
    "an inquiry closed": (
        [pay("card"), dispute("warning_needs_response"), close("warning_closed")],
        "paid",
        True,
    ),
    "a dispute": ([pay("card"), dispute()], "disputed", False),
    "a dispute prevented": ([pay("card"), dispute(), close("prevented")], "paid", True),
    "a dispute won": ([pay("card"), dispute(), close("won")], "paid", True),
    "a dispute lost": ([pay("card"), dispute(), close("lost")], "charged_back", False),
    "lost, then late news": (
        [
            pay("card"),
            dispute(),
            close("lost"),
            claim("charge.dispute.created"),
            claim("charge.dispute.updated"),
            claim("checkout.session.completed"),
        ],
        "charged_back",
        False,
    ),
}


NEVER_PAID = {
    "waiting for the bank",
    "the bank says no",
    "expired",
    "nothing to pay, never completed",
}


TELLING = (  # the rows where the order of things matters most
    "paid by card",
    "thought expired, proven paid",
    "the bank says yes",
    "part, then the rest",
    "the refund bounced",
    "a dispute won",
    "a dispute lost",
)
# Every row in order, and the telling ones in every way; the rest of it where there is time for it.
QUICK = [(row, how) for row in TELLING for how in (in_order_then_doubled, backwards, at_once)]
QUICK += [(row, in_order) for row in ROWS if row not in TELLING]
ALL = [(row, how) for row in ROWS for how in (in_order_then_doubled, backwards, twenty_at_once)]
WAYS = [
    pytest.param(*each, marks=[] if each in QUICK else pytest.mark.endurance)
    for each in dict.fromkeys([*QUICK, *ALL])
]


@pytest.mark.parametrize(("row", "how"), WAYS, ids=lambda each: getattr(each, "__name__", each))
def test_a_row_of_the_table(row, how, shop, browser):
    steps, state, is_open = ROWS[row]
    session = shop.order(browser)
    for step in steps[:-1]:
        step(shop, session)
        shop.deliver_all()
    heard = len(shop.stripe.events())
    steps[-1](shop, session)
    # In reverse comes all that ever happened; the news twice, or twenty at once.
    how(shop, shop.stripe.events()[0 if how is backwards else heard :])
    ever_paid = row not in NEVER_PAID
    assert outcome(shop) == (state, ever_paid * 1, ever_paid * 1)
    browser.get(f"/koeb/tak?session_id={session}")
    assert browser.get(FIRST_LESSON).status == (200 if is_open else 303)


def outcome(shop: Shop) -> tuple[str, int, int]:
    """The order's state, how many enrolments there are, and how many confirmations."""
    with shop.app.app_context():
        state = db.session.scalar(sa.select(Order.state))
        enrolments = db.session.scalar(sa.select(sa.func.count(Enrolment.id)))
        mails = db.session.scalar(
            sa.select(sa.func.count(Mail.id)).where(Mail.kind == "order-confirmed")
        )
        pending = db.session.scalar(
            sa.select(sa.func.count()).where(StripeEvent.status == "pending")
        )
    assert pending == 0
    return state, enrolments, mails


def alerts(shop: Shop) -> list[str]:
    with shop.app.app_context():
        keys = db.session.scalars(sa.select(Mail.dedupe_key).where(Mail.kind == "order-alert"))
        return sorted(key.rsplit(":", 1)[1] for key in keys)


@pytest.mark.parametrize("how", HOW, ids=lambda how: how.__name__)
def test_a_refund_heard_of_before_the_payment_opens_nothing(how, shop, browser):
    session = shop.order(browser)
    shop.stripe.pay(session, "card")
    shop.stripe.refund(shop.intent(session))
    events = shop.stripe.events()
    how(shop, [event for event in events if "refund" in event["type"]])
    assert outcome(shop) == ("refunded", 0, 0)
    how(shop, [event for event in events if "refund" not in event["type"]])
    assert outcome(shop) == ("refunded", 0, 0)


@pytest.mark.parametrize("how", HOW, ids=lambda how: how.__name__)
def test_an_order_paid_twice_stays_open_and_alerts(how, app, shop, browser):
    first = shop.order(browser)
    with app.app_context(), transaction():
        # It takes a wrong belief of ours: the program never leaves two pages open.
        db.session.execute(sa.update(Attempt).values(state="failed"))
    shop.stripe.fail_next(1, drop=True)  # and nobody to tell us better
    second = shop.order(browser)
    assert first != second
    shop.stripe.pay(first, "card")
    shop.stripe.pay(second, "mobilepay")
    how(shop, shop.stripe.events())
    assert outcome(shop) == ("paid", 1, 1)
    assert alerts(shop) == ["paid_twice"]
    shop.stripe.refund(shop.intent(first))
    how(shop, shop.stripe.events())
    assert outcome(shop) == ("paid", 1, 1), "the other payment still gives access"


@pytest.mark.parametrize(
    ("steps", "kinds"),
    [
        ([dispute("warning_needs_response")], ["inquiry"]),
        ([dispute()], ["disputed"]),
        ([dispute(), close("lost")], ["charged_back", "disputed"]),
        ([refund()], []),
    ],
)
def test_the_clinician_hears_once_of_what_needs_a_look(steps, kinds, shop, browser):
    session = shop.buy(browser)
    for step in steps:
        heard = len(shop.stripe.events())
        step(shop, session)
        doubled(shop, shop.stripe.events()[heard:])
    assert alerts(shop) == kinds


def test_the_clinician_hears_when_somebody_buys_what_they_have(shop, browser, new_browser):
    shop.buy(browser)
    assert alerts(shop) == []
    shop.buy(new_browser())
    assert alerts(shop) == ["bought_again"]


def test_a_renewal_after_access_has_run_out_alarms_nobody(shop, browser, new_browser):
    shop.buy(browser)
    with time_machine.travel(now() + timedelta(days=800)):
        shop.buy(new_browser())
    assert alerts(shop) == []


def test_after_a_failed_payment_the_buyer_may_buy_again(shop, browser):
    session = shop.buy(browser, how="delayed")
    shop.stripe.settle(session, "failed")
    shop.deliver_all()
    again = shop.order(browser)
    assert again != session
    shop.stripe.pay(again, "card")
    shop.deliver_all()
    assert outcome(shop) == ("paid", 1, 1)


def test_twenty_landings_and_webhooks_at_once_make_one_of_each(app, shop, browser):
    session = shop.order(browser)
    shop.stripe.pay(session, "card")
    events = shop.stripe.events()
    cookie = browser.client.get_cookie("session").value

    def land(_: int) -> int:
        visitor = Browser(app)
        visitor.client.set_cookie("session", cookie)
        return visitor.get(f"/koeb/tak?session_id={session}").status

    with ThreadPoolExecutor(PARALLEL) as pool:
        landings = pool.map(land, range(10))
        deliveries = pool.map(shop.deliver, (events * 10)[:10])
        assert set(landings) | set(deliveries) == {200}
    assert outcome(shop) == ("paid", 1, 1)
