"""A purchase from the order form to the open lesson, and the ways it can go wrong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from shop.accounts.models import Person
from shop.course.models import Course, Enrolment, Lesson
from shop.db import db, transaction
from shop.orders import gateway
from shop.orders.models import Attempt, Order
from shop.web import now
from tests.browser import Browser
from tests.conftest import AGREED, BUYER, FIRST_LESSON, SOUND, link_in


def rows(app, model):
    with app.app_context():
        return db.session.scalars(sa.select(model).order_by(*sa.inspect(model).primary_key)).all()


def test_paying_opens_the_lesson_in_the_same_browser(browser, shop):
    shop.buy(browser, how="mobilepay")
    assert "Tak, kurset er dit" in browser.text
    assert browser.get(FIRST_LESSON).status == 200
    assert "Dine smerter er virkelige" in browser.text
    assert browser.get(SOUND).status == 200


def test_the_mail_opens_the_course_in_another_browser(browser, new_browser, shop, send_mail):
    shop.buy(browser)
    browser.get(FIRST_LESSON)
    mails = send_mail()
    assert [mail["to"] for mail in mails] == [[BUYER]]
    phone = new_browser()
    phone.get(link_in(mails[0]))
    assert phone.status == 200
    assert phone.get(FIRST_LESSON).status == 303, "opening the link must not sign in"
    phone.get(link_in(mails[0])).submit("Log ind").follow()
    assert phone.path.startswith(FIRST_LESSON)
    assert phone.status == 200


def test_the_webhook_alone_opens_the_course(browser, shop, send_mail, new_browser):
    session = shop.order(browser)
    shop.stripe.pay(session, "card")
    shop.deliver_all()
    assert len(send_mail()) == 1
    assert browser.get(f"/koeb/tak?session_id={session}").status == 200
    assert browser.get(FIRST_LESSON).status == 200


@pytest.mark.parametrize(
    "tries",
    [
        [(BUYER, "Kirsten")],
        [("forkert@example.dk", "Kirsten Prøve")],
        [(BUYER, "Kirsten Prøve"), ("forkert@example.dk", "Kirsten Prøve")],
    ],
)
def test_who_corrects_what_they_typed_is_no_stranger_afterwards(browser, shop, tries):
    for email, name in tries:
        shop.order(browser, email, name)
    shop.buy(browser)
    browser.get(FIRST_LESSON).submit("Markér som gennemført")
    browser.get(FIRST_LESSON)
    assert "Gennemført" in browser.words()
    assert browser.get("/min-side").status == 200


def test_an_unpaid_order_makes_no_other_browsers_purchase_a_strangers(browser, new_browser, shop):
    shop.order(new_browser())
    shop.buy(browser)
    assert browser.get("/min-side").status == 403


def test_what_was_ordered_is_written_down(app, browser, shop):
    shop.buy(browser)
    [order], [attempt] = rows(app, Order), rows(app, Attempt)
    assert (order.email, order.amount_ore, order.currency) == (BUYER, 49900, "dkk")
    assert (order.state, attempt.state) == ("paid", "paid")
    assert order.terms_version
    assert order.confirmed_at is not None


def test_an_order_for_a_course_that_is_gone_is_404_and_writes_nothing(app, browser):
    browser.get("/koeb")
    with app.app_context(), transaction():
        db.session.execute(sa.delete(Lesson))
        db.session.execute(sa.delete(Course))
    browser.submit("Køb med betalingspligt", email=BUYER, name="Kirsten Prøve", **AGREED)
    assert browser.status == 404
    assert rows(app, Person) == rows(app, Order) == []


def test_a_wrong_token_orders_nothing(app, browser):
    token = browser.get("/koeb").csrf()
    fields = {"email": BUYER, "name": "Kirsten Prøve", **AGREED}
    assert browser.post("/koeb", {**fields, "csrf_token": token[:-1]}).status == 400
    assert browser.post("/koeb", fields).status == 400
    assert rows(app, Order) == []


def test_nothing_about_health_reaches_stripe(app, browser, shop):
    session = shop.buy(browser)
    with app.app_context():
        items = gateway.client().v1.checkout.sessions.line_items.list(session).to_dict()
    said = str(shop.stripe.state()) + str(items)
    assert "smerte" not in said.lower()
    assert "E-forløb" in said


def test_a_query_string_opens_nothing(browser, new_browser, shop):
    session = shop.buy(browser)
    stranger = new_browser()
    stranger.get(f"/koeb/tak?session_id={session}")
    assert stranger.status == 200
    assert BUYER not in stranger.text
    assert "Start på første lektion" not in stranger.text
    assert stranger.get(FIRST_LESSON).status == 303
    assert stranger.get("/koeb/tak?session_id=cs_test_made_up").status == 200
    assert stranger.get("/koeb/tak").status == 200


def test_an_unpaid_order_opens_nothing(browser, shop):
    session = shop.order(browser)
    browser.get(f"/koeb/tak?session_id={session}")
    assert "Du har ikke betalt endnu" in browser.text
    assert browser.get(FIRST_LESSON).status == 303


def test_a_late_answer_keeps_the_buyer_waiting_and_then_lets_them_in(browser, shop):
    session = shop.buy(browser, how="delayed")
    assert "Vi venter på betalingen" in browser.text
    assert browser.get(FIRST_LESSON).status == 303
    shop.stripe.settle(session, "succeeded")
    fragment = browser.get(f"/koeb/tak?session_id={session}", HX_Request="true")
    assert fragment.response.headers["Vary"].count("HX-Request") == 1
    assert "Start på første lektion" in fragment.text
    assert browser.get(FIRST_LESSON).status == 200


def test_a_declined_card_can_try_again_on_the_same_page(app, browser, shop):
    session = shop.order(browser)
    shop.stripe.pay(session, "declined")
    assert shop.order(browser) == session
    shop.stripe.pay(session, "mobilepay")
    browser.get(f"/koeb/tak?session_id={session}")
    assert browser.get(FIRST_LESSON).status == 200
    assert len(rows(app, Order)) == 1


def test_ordering_for_another_address_closes_the_first_page(app, browser, shop):
    first = shop.order(browser, "forkert@example.dk")
    second = shop.order(browser)
    sessions = {s["id"]: s["status"] for s in shop.stripe.state()["sessions"]}
    assert sessions == {first: "expired", second: "open"}
    assert [order.state for order in rows(app, Order)] == ["expired", "awaiting"]


def test_ordering_again_after_paying_unseen_does_not_charge_twice(browser, shop):
    session = shop.order(browser)
    shop.stripe.pay(session, "card")
    browser.get("/koeb").submit("Køb med betalingspligt", email=BUYER, name="Kirsten", **AGREED)
    assert browser.status == 303
    assert browser.response.location == f"/koeb/tak?session_id={session}"
    browser.follow()
    assert browser.get(FIRST_LESSON).status == 200
    assert len(shop.stripe.state()["sessions"]) == 1


def test_an_expired_page_gives_way_to_a_new_one(app, browser, shop):
    first = shop.order(browser)
    shop.stripe.expire(first)
    second = shop.order(browser)
    assert second != first
    assert [attempt.number for attempt in rows(app, Attempt)] == [1, 2]
    assert len(rows(app, Order)) == 1


def test_an_owner_is_told_so_instead_of_sold_to(browser, shop):
    shop.buy(browser)
    browser.get("/koeb")
    assert "Køb med betalingspligt" not in browser.buttons()


def test_what_was_typed_stays_when_something_is_missing(browser, stripe):
    browser.get("/koeb").submit("Køb med betalingspligt", email="kirsten@", name="Kirsten")
    assert browser.status == 422
    assert 'value="kirsten@"' in browser.text
    assert 'value="Kirsten"' in browser.text
    assert "Mailadressen ser ikke rigtig ud" in browser.text


def test_an_address_that_looks_mistyped_is_asked_about_once(app, browser, shop):
    form = {"email": "kirsten@gmial.com", "name": "Kirsten Prøve", **AGREED}
    browser.get("/koeb").submit("Køb med betalingspligt", **form)
    assert browser.status == 422
    assert "Mente du kirsten@gmail.com?" in browser.words()
    assert rows(app, Order) == []
    browser.submit("Køb med betalingspligt")
    assert browser.status == 303
    assert [order.email for order in rows(app, Order)] == ["kirsten@gmial.com"]


def test_a_buyer_who_comes_back_unpaid_finds_what_they_typed(browser, new_browser, shop):
    shop.order(browser, name="Kirsten Prøve")
    browser.get("/koeb")
    assert f'value="{BUYER}"' in browser.text
    assert 'value="Kirsten Prøve"' in browser.text
    assert BUYER not in new_browser().get("/koeb").text


def test_stripe_down_keeps_the_order_and_offers_to_try_again(app, browser, shop):
    shop.stripe.fail_next(3, drop=True)
    browser.get("/koeb").submit("Køb med betalingspligt", email=BUYER, name="Kirsten", **AGREED)
    assert browser.status == 503
    [order] = rows(app, Order)
    assert order.state == "awaiting"
    browser.submit("Prøv igen")
    assert browser.status == 303, browser.text
    assert len(rows(app, Order)) == 1
    assert len(rows(app, Attempt)) == 1, "the same attempt, with the same idempotency key"
    assert len(shop.stripe.state()["sessions"]) == 1


def test_a_lost_answer_does_not_open_two_pay_pages(browser, shop):
    shop.stripe.fail_next(1, drop=True, done_first=True)
    shop.order(browser)
    assert len(shop.stripe.state()["sessions"]) == 1


def test_a_remembered_500_gives_a_new_attempt(app, browser, shop):
    shop.stripe.fail_next(1, status=500)  # and the library's retries hear it again
    browser.get("/koeb").submit("Køb med betalingspligt", email=BUYER, name="Kirsten", **AGREED)
    assert browser.status == 503
    browser.submit("Prøv igen")
    assert browser.status == 303
    assert [attempt.refused for attempt in rows(app, Attempt)] == [True, False]


def test_a_purchase_in_anothers_name_shows_nothing_of_theirs(
    app, browser, new_browser, shop, send_mail
):
    """Somebody pays with the address of a person who has an account: the course, no more."""
    owner = new_browser()
    shop.buy(owner)
    owner.get(link_in(send_mail()[0])).submit("Log ind").follow()
    owner.get(FIRST_LESSON).submit("Markér som gennemført")
    shop.buy(browser)
    assert browser.get(FIRST_LESSON).status == 200
    assert "Gennemført" not in browser.words()
    assert browser.get("/min-side").status == 403
    assert owner.get("/min-side").status == 200
    assert len(rows(app, Enrolment)) == 2


def test_the_paying_browser_reads_on_after_the_link_is_used_elsewhere(
    browser, new_browser, shop, send_mail
):
    """Somebody else may have paid with this address; from now on the person's traces are theirs."""
    shop.buy(browser)
    phone = new_browser()
    phone.get(link_in(send_mail()[0])).submit("Log ind")
    phone.get(FIRST_LESSON).submit("Markér som gennemført")
    assert browser.get(FIRST_LESSON).status == 200
    assert "Gennemført" not in browser.words()
    assert "Log ind" in browser.links(), "and is told how to go on where they left"
    assert browser.get("/min-side").status == 403


def test_a_second_purchase_in_the_same_name_sees_nothing_of_the_first(browser, new_browser, shop):
    shop.buy(browser)
    browser.get(FIRST_LESSON).submit("Markér som gennemført")
    other = new_browser()
    shop.buy(other)
    assert other.get(FIRST_LESSON).status == 200
    assert "Gennemført" not in other.words()
    assert other.get("/min-side").status == 403


def test_pressing_buy_again_after_the_webhook_does_not_charge_twice(browser, shop):
    session = shop.order(browser)
    shop.stripe.pay(session, "card")
    shop.deliver_all()
    browser.get("/koeb").submit("Køb med betalingspligt", email=BUYER, name="Kirsten", **AGREED)
    assert browser.response.location == f"/koeb/tak?session_id={session}"
    assert len(shop.stripe.state()["sessions"]) == 1


def test_an_owners_old_form_does_not_sell_again(browser, shop):
    browser.get("/koeb")
    old_form = browser.page
    shop.buy(browser)
    browser.page, browser.path = old_form, "/koeb"
    browser.submit("Køb med betalingspligt", email=BUYER, name="Kirsten", **AGREED)
    assert browser.status == 200
    assert "Køb med betalingspligt" not in browser.buttons()
    assert len(shop.stripe.state()["sessions"]) == 1


def test_two_clicks_at_once_are_one_order_with_one_pay_page(app, browser, shop):
    browser.get("/koeb")
    form = {name: field.get("value") for name, field in browser.fields().items()}
    form |= {"email": BUYER, "name": "Kirsten Prøve", **AGREED}
    cookie = browser.client.get_cookie("session").value

    def click(_: int) -> str:
        tab = Browser(app)
        tab.client.set_cookie("session", cookie)
        return tab.post("/koeb", form).response.location

    with ThreadPoolExecutor(8) as pool:
        addresses = set(pool.map(click, range(8)))
    assert len(addresses) == 1
    assert len(rows(app, Order)) == len(rows(app, Attempt)) == 1
    assert len(shop.stripe.state()["sessions"]) == 1


def test_a_page_that_cannot_be_closed_lets_no_other_open(app, browser, shop):
    shop.order(browser, "forkert@example.dk")
    shop.stripe.fail_next(4, drop=True)  # the look, and three tries to close
    browser.get("/koeb").submit("Køb med betalingspligt", email=BUYER, name="Kirsten", **AGREED)
    assert browser.status == 503
    assert len(shop.stripe.state()["sessions"]) == 1
    browser.submit("Prøv igen")
    assert browser.status == 303
    states = [session["status"] for session in shop.stripe.state()["sessions"]]
    assert sorted(states) == ["expired", "open"]


def test_coming_back_from_an_earlier_page_of_the_same_order_finds_its_payment(app, browser, shop):
    first = shop.order(browser)
    with app.app_context(), transaction():
        db.session.execute(sa.update(Attempt).values(state="failed"))
    shop.stripe.fail_next(1, drop=True)  # and nobody to tell us better
    second = shop.order(browser)
    assert first != second
    shop.stripe.pay(first, "card")
    browser.get(f"/koeb/tak?session_id={first}")
    assert "Tak, kurset er dit" in browser.text


def test_a_session_that_stripe_has_forgotten_gives_way_to_a_new_one(app, browser, shop):
    shop.order(browser)
    shop.stripe.reset()
    with app.app_context(), transaction():
        db.session.execute(sa.update(Attempt).values(expires_at=Attempt.created_at))
    shop.order(browser)
    assert len(shop.stripe.state()["sessions"]) == 1


def test_signing_out_holds_also_on_the_thank_you_page(browser, shop, send_mail):
    session = shop.buy(browser)
    browser.get("/min-side").submit("Log ud")
    browser.get(f"/koeb/tak?session_id={session}")
    assert "Dit køb kan ikke ses her" in browser.text
    assert browser.get(FIRST_LESSON).status == 303


def test_signing_out_everywhere_holds_in_the_browser_that_paid(
    browser, new_browser, shop, send_mail
):
    session = shop.buy(browser)
    phone = new_browser()
    phone.get(link_in(send_mail()[0])).submit("Log ind").follow()
    phone.post("/log-ud", {"everywhere": "1", "csrf_token": phone.csrf()})
    browser.get(f"/koeb/tak?session_id={session}")
    assert browser.get(FIRST_LESSON).status == 303


def test_the_thank_you_page_lets_nobody_in_after_two_days(browser, shop):
    session = shop.order(browser)
    shop.stripe.pay(session, "card")
    shop.deliver_all()
    with time_machine.travel(now() + timedelta(hours=49)):
        browser.get(f"/koeb/tak?session_id={session}")
        assert browser.get(FIRST_LESSON).status == 303


def test_whose_access_has_run_out_buys_again_in_the_same_browser(app, browser, shop):
    with app.app_context(), transaction():
        db.session.execute(sa.update(Course).values(access_months=3))
    first = shop.buy(browser)
    with time_machine.travel(now() + timedelta(days=100)):
        assert browser.get(FIRST_LESSON).status == 403
        second = shop.buy(browser)
        assert first != second
        assert browser.get(FIRST_LESSON).status == 200
        browser.get("/koeb")
        assert "Køb med betalingspligt" not in browser.buttons()
    assert [order.state for order in rows(app, Order)] == ["paid", "paid"]
