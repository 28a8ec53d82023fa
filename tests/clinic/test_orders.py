"""The back office's orders: found, told of whole, paid back, put right."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZipFile

import pypdf
import pytest
import sqlalchemy as sa

from bench.queries import counted
from shop.accounts.models import Person
from shop.course.models import Enrolment
from shop.db import db
from shop.orders.models import Order
from shop.outbox.models import Mail
from shop.withdrawals.models import Withdrawal
from tests.browser import Browser
from tests.clinic.conftest import CLINICIAN
from tests.conftest import AGREED, BUYER, FIRST_LESSON, link_in, sign_in

MISTYPED, MEANT = "kirsten@exmaple.dk", "kirsten@example.dk"


@pytest.fixture
def buyer(app) -> Browser:
    return Browser(app, "203.0.113.7")


@pytest.fixture
def number(app, shop, clinic, buyer) -> str:
    """Somebody has bought; the number of their order."""
    shop.buy(buyer)
    with app.app_context():
        return db.session.scalars(sa.select(Order.number)).one()


def state(app) -> str:
    with app.app_context():
        return db.session.scalars(sa.select(Order.state)).one()


def refund(browser: Browser, number: str, **fields: str) -> Browser:
    """As far as the page that asks whether it is meant."""
    browser.get(f"/klinik/ordrer/{number}/betal-tilbage")
    return browser.submit("Fortsæt", **{"how_much": "all", "reason": "goodwill", **fields})


@pytest.mark.parametrize("query", ["Østergaard", "østergaard", "ØSTERGAARD", "åse", "Åse Ø"])
def test_capital_or_small_danish_letters_are_the_same_to_a_search(app, shop, clinic, buyer, query):
    shop.order(buyer, name="Åse Østergaard")
    clinic.browser.get("/klinik/ordrer").submit("Søg", query=query)
    assert "Åse Østergaard" in clinic.browser.words()


def test_an_order_is_found_by_filter_and_by_search(clinic, number):
    browser = clinic.browser.get("/klinik/ordrer")
    assert "Kirsten Prøve" in browser.words()
    assert "Kirsten Prøve" not in browser.get("/klinik/ordrer?state=refunded").words()
    for query in (number.lower(), "kirsten", f"prøve {BUYER[:6]}"):
        browser.get("/klinik/ordrer").submit("Søg", query=query)
        assert "Kirsten Prøve" in browser.words(), query
        assert query not in browser.path
    assert "ingen ordrer" in browser.submit("Søg", query="Nobody").words()
    assert browser.get("/klinik/ordrer?state=unknown").status == 404


def test_the_list_takes_five_queries(app, clinic, number):
    with counted(app) as statements:
        assert clinic.browser.get("/klinik/ordrer").status == 200
    assert 0 < len(statements) <= 5, statements


def test_an_order_tells_all_there_is(shop, clinic, number):
    shop.stripe.open_dispute(shop.stripe.state()["payment_intents"][0]["id"])
    shop.deliver_all()
    words = clinic.browser.get(f"/klinik/ordrer/{number}").words()
    for told in (number, BUYER, "499 kr.", "Bestilt med betalingspligt", "Ordrebekræftelse"):
        assert told in words
    assert "Banken gør indsigelse" in words
    assert "Faktura" in words
    assert clinic.browser.get("/klinik/ordrer/ABCD2345").status == 404


def test_all_of_it_is_paid_back_after_a_second_thought(app, shop, clinic, number, buyer):
    browser = clinic.browser.get(f"/klinik/ordrer/{number}/betal-tilbage")
    assert "Hvorfor? (kan udelades)" not in browser.words(), "one is always chosen"
    assert "Note (kan udelades)" in browser.words()
    browser = refund(clinic.browser, number, note="Ringede")
    assert shop.stripe.state()["refunds"] == []
    browser.submit("Betal 499 kr. tilbage").follow()
    assert "sat i gang" in browser.words()
    assert state(app) == "refunded"
    assert "Bedt om at betale tilbage" in browser.words()
    assert CLINICIAN in browser.words()
    assert buyer.get(FIRST_LESSON).status == 403
    assert "Dit køb er betalt tilbage" in buyer.words()
    assert "Betal penge tilbage" not in clinic.browser.links()


@pytest.mark.parametrize(("typed", "ore"), [("100", 10000), ("99,50", 9950), ("1.00,00", 10000)])
def test_a_part_of_it_is_paid_back(app, shop, clinic, number, typed, ore):
    refund(clinic.browser, number, how_much="part", amount=typed)
    kroner = {10000: "100 kr.", 9950: "99,50 kr."}[ore]
    clinic.browser.submit(f"Betal {kroner} tilbage")
    assert [each["amount"] for each in shop.stripe.state()["refunds"]] == [ore]
    assert state(app) == "partly_refunded"


@pytest.mark.parametrize(
    "typed",
    ["0", "-5", "1000", "499,01", "NaN", "Infinity", "1e3", "", "alt", "9" * 50, "1,005", "1.000"],
)
def test_more_than_there_is_or_no_amount_is_refused(shop, clinic, number, typed):
    refund(clinic.browser, number, how_much="part", amount=typed)
    assert clinic.browser.status == 422
    assert shop.stripe.state()["refunds"] == []


def test_a_second_refund_changes_nothing_and_says_so(app, shop, clinic, number):
    refund(clinic.browser, number)
    fields = {name: field.get("value") for name, field in clinic.browser.fields().items()}
    clinic.browser.submit("Betal 499 kr. tilbage")
    again = clinic.browser.post(f"/klinik/ordrer/{number}/betal-tilbage/bekraeft", fields)
    assert again.status == 409
    assert "lige bedt om en tilbagebetaling" in again.words()
    assert len(shop.stripe.state()["refunds"]) == 1


def test_a_mistyped_address_is_put_right_in_one_step(app, shop, clinic, buyer, send_mail):
    shop.buy(buyer, MISTYPED)
    with app.app_context():
        number = db.session.scalars(sa.select(Order.number)).one()
    lost = link_in(send_mail()[-1])
    page = clinic.browser.get(f"/klinik/ordrer/{number}/mail")
    page.submit("Ret adressen, og send bekræftelsen igen", email=MEANT).follow()
    assert "Mailadressen er rettet" in page.words()
    assert "Før: ki…@exmaple.dk" in page.words()
    assert MISTYPED not in page.words(), "a stranger's, perhaps"
    mails = [mail for mail in send_mail() if mail["to"] == [MEANT]]
    assert [number in mail["subject"] for mail in mails] == [True]
    stranger = Browser(app, "203.0.113.8")
    stranger.post(lost, {"csrf_token": stranger.get("/log-ind").csrf()})
    assert stranger.get(FIRST_LESSON).status == 303
    reader = Browser(app, "203.0.113.9")
    reader.get(link_in(mails[0])).submit("Log ind")
    assert reader.get(FIRST_LESSON).status == 200
    assert "Faktura" in reader.get("/min-side").words()
    assert buyer.get(FIRST_LESSON).status == 200, "who paid goes on"
    with app.app_context():
        assert set(db.session.scalars(sa.select(Person.email))) == {CLINICIAN, MEANT}


def test_an_address_that_somebody_has_gets_the_course_but_the_browser_not_their_life(
    app, shop, clinic, buyer, new_browser, send_mail
):
    other = new_browser()
    shop.order(other, MEANT)
    shop.buy(buyer, MISTYPED)
    with app.app_context():
        number = db.session.scalar(sa.select(Order.number).where(Order.email == MISTYPED))
    page = clinic.browser.get(f"/klinik/ordrer/{number}/mail")
    page.submit("Ret adressen, og send bekræftelsen igen", email=MEANT)
    with app.app_context():
        owner = db.session.scalar(sa.select(Order.person_id).where(Order.number == number))
        assert db.session.get_one(Person, owner).email == MEANT
    assert buyer.get(FIRST_LESSON).status == 200
    assert buyer.get("/min-side").status == 403
    sign_in(other, send_mail, MEANT)
    with ZipFile(BytesIO(other.get("/min-side/data.zip").response.data)) as packed:
        assert [name for name in packed.namelist() if name.startswith("bilag/F")]


def test_a_giver_with_another_address_takes_nothing_from_who_opened_the_gift(
    app, shop, clinic, buyer, new_browser, send_mail
):
    given = {
        "email": MISTYPED,
        "name": "Kirsten Prøve",
        **AGREED,
        "gift": "card",
    }
    buyer.get("/koeb").submit("Køb med betalingspligt", **given)
    shop.stripe.pay(buyer.response.location.rsplit("/", 1)[1], "card")
    shop.deliver_all()
    with app.app_context():
        number = db.session.scalar(sa.select(Order.number))
    page, correct = clinic.browser, "Ret adressen, og send bekræftelsen igen"
    page.get(f"/klinik/ordrer/{number}/mail").submit(correct, email="kirsten@exampel.dk")
    [card] = [mail for mail in send_mail() if "gavekort" in mail["subject"]]
    assert card["to"] == ["kirsten@exampel.dk"], "the card comes along, and not to the old address"
    friend = new_browser().get(f"/gave/{card['text'].partition('/gave/')[2].partition('/')[0]}")
    friend.submit("Åbn gaven", email="jens@example.dk", name="Jens Prøve", **AGREED)
    friend.get(FIRST_LESSON)
    with app.app_context():
        reader = db.session.scalar(sa.select(Enrolment.person_id))
    page.get(f"/klinik/ordrer/{number}/mail").submit(correct, email=MEANT)
    assert page.status == 303
    with app.app_context():
        assert db.session.scalar(sa.select(Enrolment.person_id)) == reader
        assert db.session.get_one(Person, reader).email == "jens@example.dk"
    assert friend.get(FIRST_LESSON).status == 200
    assert "jens@example.dk" in friend.get("/min-side").text
    assert MEANT in [mail["to"][0] for mail in send_mail()]
    assert "gaven bliver lukket, også hvis den er åbnet" in refund(page, number).words()
    part = refund(page, number, how_much="part", amount="100")
    assert "Gaven gælder stadig" in part.words()


def corrected(browser: Browser, number: str) -> str:
    """What is said once the address of an order that gives no access is mended."""
    browser.get(f"/klinik/ordrer/{number}/mail").submit("Ret adressen", email=MEANT).follow()
    return browser.words()


def test_the_papers_of_what_is_paid_back_follow_to_the_right_address(
    app, shop, clinic, buyer, send_mail
):
    shop.buy(buyer, MISTYPED)
    with app.app_context():
        number = db.session.scalars(sa.select(Order.number)).one()
    page = clinic.browser.get(f"/klinik/fortrydelser?ordre={number}")
    page.submit("Registrér fortrydelsen", name="K", email=MISTYPED, channel="letter")
    assert "bilag og kvitteringer er sendt" in corrected(page, number)
    told = [mail["subject"].partition(" ")[0] for mail in send_mail() if mail["to"] == [MEANT]]
    assert sorted(told) == ["Faktura", "Kreditnota", "Kvittering:"]


def test_an_address_put_right_before_there_is_anything_to_send_says_so(
    app, shop, clinic, buyer, send_mail
):
    shop.order(buyer, MISTYPED)
    with app.app_context():
        number = db.session.scalars(sa.select(Order.number)).one()
    assert "Der var ikke noget at sende igen" in corrected(clinic.browser, number)
    assert not [mail for mail in send_mail() if mail["to"] == [MEANT]]


def test_the_same_address_again_is_said_to_be_so(clinic, number):
    page = clinic.browser.get(f"/klinik/ordrer/{number}/mail")
    page.submit("Ret adressen, og send bekræftelsen igen", email=BUYER.upper())
    assert page.status == 422
    assert "i forvejen" in page.words()
    assert page.submit("Ret adressen, og send bekræftelsen igen", email="kirsten").status == 422


def test_the_evidence_is_one_file_without_secrets(app, shop, clinic, number, buyer):
    buyer.get(FIRST_LESSON)
    shop.stripe.open_dispute(shop.stripe.state()["payment_intents"][0]["id"])
    shop.deliver_all()
    response = clinic.browser.get(f"/klinik/ordrer/{number}/bevis.pdf").response
    reader = pypdf.PdfReader(BytesIO(response.data))
    words = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for told in (
        *(number, BUYER, "499 kr.", "Køb med betalingspligt", "Version 20"),
        *("Ordrebekræftelse", "Faktura", "Banken gør indsigelse", "åbnet"),
    ):
        assert told in words, told
    assert re.search(r"Taget i brug senest \d.* Sidst brugt \d.* Lektioner åbnet 1 af \d\d", words)
    assert "Lektion 1" not in words, "which one tells of the reader"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in response.data
    for secret in ("/log-ind/", "smerte", "token"):
        assert secret not in words.lower().replace("smertevejleder", "")


def test_a_withdrawal_by_letter_counts_from_the_day_it_was_sent(app, shop, clinic, number):
    page = clinic.browser.get(f"/klinik/fortrydelser?ordre={number}")
    given = {"name": "Kirsten Prøve", "email": "anden@example.dk", "channel": "letter"}
    page.submit("Registrér fortrydelsen", **given).follow()
    assert "Pengene er på vej tilbage" in page.words()
    assert state(app) == "refunded"
    with app.app_context():
        kept = db.session.scalars(sa.select(Withdrawal)).one()
        assert (kept.channel, kept.who, kept.verdict) == ("letter", CLINICIAN, "in_time")


@pytest.mark.parametrize(
    "wrong",
    [{"sent_on": "2999-01-01"}, {"sent_on": "igår"}, {"order": ""}, {"name": "010190-1234"}],
)
def test_a_letter_that_cannot_be_is_refused(app, clinic, number, wrong):
    page = clinic.browser.get(f"/klinik/fortrydelser?ordre={number}")
    page.submit("Registrér fortrydelsen", **{"name": "K", "email": BUYER, **wrong})
    assert page.status == 422
    assert state(app) == "paid"


def test_what_fits_nothing_waits_until_somebody_has_looked(app, clinic, number):
    given = {"order": "ABCD2345", "email": BUYER, "name": "Kirsten Prøve"}
    assert Browser(app).post("/fortryd/bekraeft", given).status == 303
    assert "En fortrydelse skal ses efter" in clinic.browser.get("/klinik/ordrer").words()
    page = clinic.browser.get("/klinik/fortrydelser")
    assert "Passer ikke med et køb" in page.words()
    page.submit("Jeg har taget mig af den").follow()
    assert "Jeg har taget mig af den" not in page.buttons()
    with app.app_context():
        id = db.session.scalars(sa.select(Withdrawal.id)).one()
    assert page.post(f"/klinik/fortrydelser/{id}/set", {"csrf_token": page.csrf()}).status == 303


def test_nobody_else_comes_in(app, number, buyer):
    for path in (
        *("/klinik/ordrer", f"/klinik/ordrer/{number}", f"/klinik/ordrer/{number}/bevis.pdf"),
        *(f"/klinik/ordrer/{number}/betal-tilbage", "/klinik/fortrydelser"),
        f"/klinik/ordrer/{number}/mail",
    ):
        assert Browser(app).get(path).status == 303, path
        assert buyer.get(path).status == 403, path


def test_a_mail_lost_is_seen_on_the_order(app, clinic, number):
    clinic.set_mail("order-confirmed", state="failed", failure="permanent")
    words = clinic.browser.get(f"/klinik/ordrer/{number}").words()
    assert "Kom ikke frem" in words
    with app.app_context():
        assert db.session.scalar(sa.select(Mail.about).where(Mail.kind == "order-confirmed"))
