"""A course for somebody else, from the order page to the recipient's first lesson."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
import time_machine
from pypdf import PdfReader

from shop.content import consents
from shop.course.models import Course, Enrolment
from shop.danish import COPENHAGEN
from shop.db import db, transaction
from shop.gifts import actions
from shop.gifts.models import Gift
from shop.orders.models import Order
from shop.outbox.models import Mail
from shop.web import now
from tests.browser import Browser
from tests.conftest import AGREED, BUYER, FIRST_LESSON, link_in

FRIEND = "jens@example.dk"
TAKE = {"email": FRIEND, "name": "Jens Prøve", **AGREED}


def order_gift(shop, browser, gift="card", path="/koeb", **fields):
    """Orders a gift; returns the session."""
    given = {
        "email": BUYER,
        "name": "Kirsten Prøve",
        **AGREED,
        "gift": gift,
        **fields,
    }
    browser.get(path).submit("Køb med betalingspligt", **given)
    assert browser.status == 303, browser.text
    return browser.response.location.rsplit("/", 1)[1]


def give(shop, browser, gift="card", **fields):
    """Buys a gift and comes back to the thank-you page."""
    session = order_gift(shop, browser, gift, **fields)
    shop.stripe.pay(session, "card")
    browser.get(f"/koeb/tak?session_id={session}")
    return session


def the_gift(app):
    with app.app_context():
        return db.session.scalars(sa.select(Gift)).one()


def shown_code(app):
    return the_gift(app).shown_code


def take(app, browser, **fields):
    browser.get(f"/gave/{shown_code(app)}").submit("Åbn gaven", **{**TAKE, **fields})
    return browser


def count(app, model, *which):
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*which))


def test_a_card_is_bought_printed_and_opened_by_somebody_else(
    app, shop, browser, new_browser, send_mail
):
    give(shop, browser)
    assert "Tak, gaven er klar" in browser.words()
    assert browser.get(FIRST_LESSON).status == 303, "the giver has bought nothing for themselves"
    assert count(app, Enrolment) == 0
    mails = {mail["subject"]: mail for mail in send_mail()}
    card = mails["Dit gavekort er klar til print"]
    assert [file["name"] for file in card["attachments"]] == ["gave.pdf"]
    code = shown_code(app)
    assert code in card["text"]
    confirmed = next(mail for subject, mail in mails.items() if "Tak for dit køb" in subject)
    assert "som gave" in confirmed["text"]
    assert "/log-ind/" not in confirmed["text"]

    friend = new_browser()
    typed = code.lower().replace("-", " ")
    friend.get("/gave").submit("Se gaven", code=typed).follow()
    assert "Kirsten Prøve har givet dig e-forløbet" in friend.words()
    assert BUYER not in friend.text
    friend.submit("Åbn gaven", **TAKE).follow()
    assert friend.status == 200
    assert friend.path.startswith(FIRST_LESSON)
    assert friend.get("/min-side").status == 200, "all there is came from this browser"
    [welcome] = [mail for mail in send_mail() if mail["to"] == [FRIEND]]
    phone = new_browser()
    phone.get(link_in(welcome)).submit("Log ind").follow()
    assert phone.path.startswith(FIRST_LESSON)
    assert friend.get("/min-side").status == 403, "the address is proved elsewhere now"
    assert friend.get(FIRST_LESSON).status == 200


def test_access_begins_when_the_gift_is_opened(app, shop, browser, new_browser):
    give(shop, browser)
    moment = now()
    with time_machine.travel(moment + timedelta(days=800)):
        take(app, new_browser())
    with app.app_context():
        enrolment = db.session.scalars(sa.select(Enrolment)).one()
        assert enrolment.access_until - moment > timedelta(days=1150)


def test_a_mail_goes_on_its_day_and_alarms_nobody_before(app, shop, browser, send_mail):
    day = (now().astimezone(COPENHAGEN) + timedelta(days=20)).date()
    give(shop, browser, "mail", recipient=FRIEND, send_on=day.isoformat())
    assert FRIEND in browser.words()
    assert [mail["to"] for mail in send_mail()] == [[BUYER]]
    with app.app_context():
        from shop.outbox.models import health

        with time_machine.travel(now() + timedelta(days=1)):
            assert "mail_waits" not in health(now())[0]
    with time_machine.travel(now() + timedelta(days=21)):
        [mail] = [mail for mail in send_mail() if mail["to"] == [FRIEND]]
    assert mail["subject"] == "Der er en gave til dig fra Kirsten Prøve"
    assert f"/gave/{shown_code(app)}" in mail["text"]
    assert "smerter" not in mail["subject"] + mail["text"].partition("Venlig hilsen")[0]


def test_without_a_day_the_mail_goes_at_once(shop, browser, send_mail):
    give(shop, browser, "mail", recipient=FRIEND)
    assert sorted(mail["to"] for mail in send_mail()) == [[FRIEND], [BUYER]]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"recipient": ""}, "Skriv modtagerens mailadresse."),
        ({"recipient": "jens@"}, "Mailadressen ser ikke rigtig ud"),
        ({"recipient": FRIEND, "send_on": "juleaften"}, "Vælg en dag, for eksempel"),
        ({"recipient": FRIEND, "send_on": "2020-01-01"}, "Vælg en dag fra i dag"),
        ({"recipient": FRIEND, "send_on": "2999-01-01"}, "Vælg en dag fra i dag"),
    ],
)
def test_what_a_mail_needs_is_asked_for_and_what_was_typed_stays(browser, stripe, fields, said):
    given = {
        "email": BUYER,
        "name": "Kirsten Prøve",
        **AGREED,
        "gift": "mail",
        **fields,
    }
    browser.get("/koeb").submit("Køb med betalingspligt", **given)
    assert browser.status == 422
    assert said in browser.words()
    for text in fields.values():
        assert f'value="{text}"' in browser.text
    chosen = [
        field.get("value")
        for field in browser.page.iter("input")
        if field.get("type") == "radio" and "checked" in field.attrib
    ]
    assert chosen == ["mail"]


def test_what_is_typed_about_a_recipient_counts_only_for_a_mail(app, shop, browser):
    order_gift(shop, browser, "", recipient="jens@", send_on="2020-01-01")
    assert count(app, Gift) == 0
    with app.app_context():
        assert db.session.scalars(sa.select(Order.is_gift)).one() is False


def test_unpaid_nobody_can_use_it_and_the_code_says_nothing(app, shop, browser, new_browser):
    order_gift(shop, browser)
    code = shown_code(app)
    stranger = new_browser()
    assert stranger.get(f"/gave/{code}").status == 404
    assert stranger.get("/gave").submit("Se gaven", code=code).status == 422
    assert stranger.get(f"/gave/{code}/kort.pdf").status == 404


def test_it_is_opened_once(app, shop, browser, new_browser):
    give(shop, browser)
    take(app, new_browser())
    late = new_browser()
    late.get(f"/gave/{shown_code(app)}")
    assert late.status == 410
    assert "Gaven er allerede åbnet" in late.words()
    assert FRIEND not in late.text
    assert "Åbn gaven" not in late.buttons()


def test_of_eight_at_once_one_wins_and_the_others_read_a_kind_sentence(app, shop, browser):
    give(shop, browser)
    path = f"/gave/{shown_code(app)}"

    visitors = [Browser(app).get(path) for _ in range(8)]

    def hurry(number: int) -> str:
        visitor = visitors[number]
        form = {"csrf_token": visitor.csrf(), **TAKE, "email": f"nr{number}@example.dk"}
        visitor.post(path, form)
        assert visitor.status == 303
        return str(visitor.response.location)

    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(hurry, range(8)))
    assert sorted(place == path for place in places) == [False] + [True] * 7
    assert count(app, Enrolment) == 1
    assert count(app, Mail, Mail.kind == "gift-taken") == 1


def test_two_clicks_in_one_browser_are_one_person(app, shop, browser, new_browser):
    give(shop, browser)
    friend = new_browser()
    path = f"/gave/{shown_code(app)}"
    form = {"csrf_token": friend.get(path).csrf(), **TAKE}
    twin = new_browser()
    twin.client.set_cookie("session", friend.client.get_cookie("session").value)
    friend.post(path, form)
    twin.post(path, form)
    assert twin.response.location == "/kursus?fortsaet=1"
    assert twin.get(FIRST_LESSON).status == 200
    assert twin.get("/min-side").status == 403, "the second click shows no more than it must"


@pytest.mark.parametrize("opened", [False, True])
def test_money_back_closes_it_and_a_bounced_refund_opens_it_again(
    app, shop, browser, new_browser, opened
):
    session = give(shop, browser)
    friend = new_browser().get(f"/gave/{shown_code(app)}")
    if opened:
        take(app, friend)
    shop.stripe.refund(shop.intent(session))
    shop.deliver_all()
    if not opened:  # the page has stood there all the while
        friend.submit("Åbn gaven", **TAKE).follow()
    friend.get(f"/gave/{shown_code(app)}")
    assert friend.status == 410
    assert "Gaven gælder ikke mere" in friend.words()
    assert friend.get(FIRST_LESSON).status == (403 if opened else 303)
    shop.stripe.fail_refund(shop.stripe.state()["refunds"][0]["id"])
    shop.deliver_all()
    if not opened:
        take(app, friend)
    assert friend.get(FIRST_LESSON).status == 200


def test_a_mail_that_waits_stays_when_the_money_goes_back(app, shop, browser, send_mail):
    day = (now().astimezone(COPENHAGEN) + timedelta(days=20)).date()
    session = give(shop, browser, "mail", recipient=FRIEND, send_on=day.isoformat())
    shop.stripe.refund(shop.intent(session))
    shop.deliver_all()
    with time_machine.travel(now() + timedelta(days=21)):
        assert [mail for mail in send_mail() if mail["to"] == [FRIEND]] == []
    shop.stripe.fail_refund(shop.stripe.state()["refunds"][0]["id"])
    shop.deliver_all()
    assert [mail for mail in send_mail() if mail["to"] == [FRIEND]] == [], "not before its day"
    with time_machine.travel(now() + timedelta(days=21)):
        assert len([mail for mail in send_mail() if mail["to"] == [FRIEND]]) == 1


def test_three_years_later_it_is_too_old(app, shop, browser, new_browser):
    give(shop, browser)
    gift, friend = the_gift(app), new_browser()
    with time_machine.travel(now() + timedelta(days=1097)):
        friend.get(f"/gave/{shown_code(app)}")
        assert friend.status == 410
        assert "Gaven er for gammel" in friend.words()
        with app.app_context(), pytest.raises(actions.NotToBeHad, match="expired"), transaction():
            actions.redeem(
                gift.id, actions.Taker(FRIEND, "Jens Prøve", "1", consents()["gift"], ""), now()
            )
    assert count(app, Enrolment) == 0


def test_a_code_worth_it_all_buys_a_gift_too(app, shop, browser, new_browser):
    session = order_gift(shop, browser)
    shop.stripe.coupon("FRI", 100)
    shop.stripe.use_code(session, "FRI")
    shop.stripe.pay(session, "card")
    browser.get(f"/koeb/tak?session_id={session}")
    assert "Du skal ikke betale noget." in browser.words()
    assert take(app, new_browser()).get(FIRST_LESSON).status == 200


def test_a_gift_in_anothers_name_shows_nothing_of_theirs(
    app, shop, browser, new_browser, send_mail
):
    """Somebody opens a gift with the address of a person who has the course."""
    owner = new_browser()
    shop.buy(owner, FRIEND)
    [mail] = send_mail()
    owner.get(link_in(mail)).submit("Log ind").follow()
    owner.get(FIRST_LESSON).submit("Markér som gennemført")
    give(shop, browser)
    stranger = take(app, new_browser())
    assert stranger.get(FIRST_LESSON).status == 200
    assert "Gennemført" not in stranger.words()
    assert stranger.get("/min-side").status == 403


def test_who_is_signed_in_stays_themselves(app, shop, browser, new_browser, send_mail):
    owner = new_browser()
    shop.buy(owner, FRIEND)
    [mail] = send_mail()
    owner.get(link_in(mail)).submit("Log ind").follow()
    give(shop, browser)
    owner.get(f"/gave/{shown_code(app)}")
    assert "Du har allerede kurset til og med" in owner.words()
    assert f'value="{FRIEND}"' in owner.text
    owner.submit("Åbn gaven", **AGREED)
    assert owner.get("/min-side").status == 200


def test_an_owner_may_give_and_a_giver_may_give_again_and_buy(app, shop, browser):
    shop.buy(browser)
    browser.get("/koeb")
    assert "Køb som gave" in browser.links()
    first = give(shop, browser, path="/koeb?gave=1")
    second = give(shop, browser, path="/koeb?gave=1")
    assert first != second
    assert count(app, Gift, Gift.is_open) == 2
    assert browser.get(FIRST_LESSON).status == 200, "their own stays open"


def test_a_giver_who_buys_for_themselves_gets_in(shop, browser):
    give(shop, browser)
    shop.buy(browser)
    assert browser.get(FIRST_LESSON).status == 200


def test_two_clicks_at_once_are_one_gift(app, shop, browser):
    browser.get("/koeb")
    form = {"csrf_token": browser.csrf(), "gift": "card"}
    form |= {"email": BUYER, "name": "Kirsten Prøve", **AGREED}
    cookie = browser.client.get_cookie("session").value

    def click(_: int) -> str:
        tab = Browser(app)
        tab.client.set_cookie("session", cookie)
        return tab.post("/koeb", form).response.location

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(click, range(8)))) == 1
    assert count(app, Gift) == count(app, Order) == 1


def test_stripe_down_forgets_nothing_of_the_wish(app, shop, browser):
    shop.stripe.fail_next(3, drop=True)
    given = {"email": BUYER, "name": "Kirsten Prøve", **AGREED}
    wish = {"gift": "mail", "recipient": FRIEND}
    browser.get("/koeb").submit("Køb med betalingspligt", **given, **wish)
    assert browser.status == 503
    browser.submit("Prøv igen")
    assert browser.status == 303
    gift = the_gift(app)
    with app.app_context():
        assert (gift.way, gift.recipient) == ("mail", FRIEND)


def test_guessing_is_stopped(app, shop, browser, new_browser):
    give(shop, browser)
    guesser = new_browser()
    assert guesser.post("/gave", {"code": "2345-6789-ABCD"}).status == 400, "no token, no guess"
    guesser.get("/gave")
    for _ in range(20):
        guesser.submit("Se gaven", code="2345-6789-ABCD")
        assert guesser.status == 422
    guesser.submit("Se gaven", code=shown_code(app))
    assert guesser.status == 429
    assert guesser.get(f"/gave/{shown_code(app)}").status == 429


def test_whom_it_is_for_lies_encrypted(app, shop, browser):
    give(shop, browser, "mail", recipient=FRIEND)
    with app.app_context():
        row = db.session.execute(sa.text("SELECT recipient, code FROM gift")).one()
        code = shown_code(app).replace("-", "")
        assert FRIEND.encode() not in bytes(row[0])
        assert code.encode() not in bytes(row[1])


def test_a_gift_can_be_sent_to_another_address(app, shop, browser, send_mail):
    give(shop, browser, "mail", recipient="forkert@example.dk")
    send_mail()
    with app.app_context(), transaction():
        gift = db.session.scalars(sa.select(Gift)).one()
        assert actions.send_to(gift, FRIEND, now())
    assert send_mail()[-1]["to"] == [FRIEND]


def test_who_got_a_gift_by_mistake_cannot_open_it(app, shop, browser, new_browser, send_mail):
    give(shop, browser, "mail", recipient="forkert@example.dk")
    send_mail()
    astray, stranger = shown_code(app), new_browser()
    stranger.get(f"/gave/{astray}")
    with app.app_context(), transaction():
        gift = db.session.scalars(sa.select(Gift)).one()
        assert actions.send_to(gift, FRIEND, now())
    assert stranger.submit("Åbn gaven", **TAKE).status == 404
    assert new_browser().get(f"/gave/{astray}").status == 404
    assert f"/gave/{shown_code(app)}" in send_mail()[-1]["text"]
    assert take(app, new_browser()).get(FIRST_LESSON).status == 200


def test_a_gift_sent_once_more_to_the_same_opens_by_either_mail(app, shop, browser):
    give(shop, browser, "mail", recipient=FRIEND)
    first = shown_code(app)
    with app.app_context(), transaction():
        gift = db.session.scalars(sa.select(Gift)).one()
        assert actions.send_to(gift, FRIEND, now())
    assert shown_code(app) == first


def test_the_card_can_be_fetched_by_who_has_the_code(app, shop, browser, new_browser):
    give(shop, browser)
    reader = new_browser()
    reader.get(f"/gave/{shown_code(app)}/kort.pdf")
    assert reader.response.mimetype == "application/pdf"
    assert reader.response.get_data().startswith(b"%PDF-")
    assert reader.response.headers["Cache-Control"] == "no-store"


def test_the_outside_of_the_card_says_nothing_of_health(app, shop, browser):
    give(shop, browser)
    browser.get(f"/gave/{shown_code(app)}/kort.pdf")
    assert b"pdfuaid" in browser.response.get_data()
    pages = PdfReader(BytesIO(browser.response.get_data())).pages
    outside, inside = (" ".join(page.extract_text().split()) for page in pages)
    assert "En gave til dig" in outside
    assert "fra Kirsten Prøve" in outside
    assert not re.search("smerte|kursus|klinik|kiroprak", outside, re.IGNORECASE)
    assert "Kørekortet til kroniske smerter" in inside
    assert shown_code(app) in inside


@pytest.mark.parametrize("is_open", [False, True])
def test_a_giver_who_withdraws_gets_the_money_and_the_gift_closes(
    app, shop, browser, new_browser, is_open
):
    give(shop, browser)
    friend = new_browser()
    if is_open:
        take(app, friend)
        assert friend.get(FIRST_LESSON).status == 200
    with app.app_context():
        bought = db.session.scalars(sa.select(Order)).one()
    typed = {"order": bought.number, "email": bought.email, "name": bought.name}
    assert new_browser().post("/fortryd/bekraeft", typed).status == 303
    assert [each["amount"] for each in shop.stripe.state()["refunds"]] == [49900]
    assert not the_gift(app).is_open
    assert friend.get(FIRST_LESSON).status in {303, 403}


def test_a_gift_lasts_as_long_as_was_agreed_when_it_was_bought(app, shop, browser, new_browser):
    session = order_gift(shop, browser)
    shop.stripe.pay(session, "card")
    browser.get(f"/koeb/tak?session_id={session}")
    with app.app_context():
        sold = db.session.scalar(sa.select(Course.access_months))
        with transaction():
            db.session.execute(sa.update(Course).values(access_months=3))
    friend = new_browser()
    assert f"adgang i {sold} måneder" in friend.get(f"/gave/{shown_code(app)}").words()
    take(app, friend)
    with app.app_context():
        until = db.session.scalar(sa.select(Enrolment.access_until))
        assert until > now() + timedelta(days=30 * (sold - 1))
        words = db.session.scalar(sa.select(Gift.consent))
    assert "må gemme og bruge oplysningen om, at jeg har fået et e-forløb" in words
