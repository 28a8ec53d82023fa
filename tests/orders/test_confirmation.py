"""What a buyer gets to keep: the confirmation, by the very terms that were agreed to."""

from __future__ import annotations

import io
from dataclasses import replace

import sqlalchemy as sa
from pypdf import PdfReader

from shop.content import consents
from shop.course.models import Course, Enrolment
from shop.course.rules import access_until
from shop.db import db, transaction
from shop.invoices.models import Document
from shop.orders import papers
from shop.orders.models import AgreedText, Order
from tests.conftest import AGREED, BUYER
from tests.test_pdf import tags_of, words, words_in

# Forbrugeraftaleloven § 8: each of its points in some words of the file.
POINTS = {
    "the seller": "CVR-nummer",
    "what": "E-forløbet »Kørekortet til kroniske smerter«, adgang i",
    "how long": "Du kan bruge kurset i",
    "price": "Betalt i alt 499,00",
    "vat": "Moms, 25 % 99,80",
    "no subscription": "Det er ikke et abonnement",
    "delivery": "Kurset åbnede i din browser, så snart betalingen var godkendt",
    "equipment": "en nyere browser",
    "no protection": "ingen kopibeskyttelse",
    "withdrawal": "Du kan fortryde købet i 14 dage",
    "the promise": "du beholder de fulde 14 dage, også efter at du har åbnet kurset",
    "the function": "127.0.0.1:5000/fortryd",
    "its effect": "senest 14 dage efter, at vi fik din besked",
    "defects": "to års reklamationsret",
    "complaints": "Mæglingsteamet for Forbrugerklager",
    "consent": "må gemme og bruge oplysningen om, at jeg har købt",
    "the form": "meddeler herved, at jeg/vi (*) ønsker at gøre fortrydelsesretten gældende",
    "the terms": "Bilag 2: Handelsbetingelser",
    "and their end": "For dit køb gælder den udgave, du sagde ja til, da du købte",
}


def only_order(app) -> Order:
    with app.app_context():
        return db.session.scalars(sa.select(Order)).one()


def confirmation(app) -> bytes:
    with app.app_context():
        return papers.made(db.session.scalars(sa.select(Order.number)).one())


def test_the_mail_brings_everything_that_was_agreed(app, browser, shop, send_mail):
    shop.buy(browser)
    [mail] = send_mail()
    number = only_order(app).number
    names = [each["name"] for each in mail["attachments"]]
    assert names[0] == f"ordrebekraeftelse-{number}.pdf"
    assert names[1].startswith("faktura-F")
    assert {each["type"] for each in mail["attachments"]} == {"application/pdf"}
    assert "http://127.0.0.1:5000/fortryd" in mail["text"]


def test_the_confirmation_holds_all_that_the_law_asks_for(app, browser, shop):
    shop.buy(browser)
    file = confirmation(app)
    found = words_in(file)
    for what, said in {**POINTS, "the buyer": BUYER, "number": only_order(app).number}.items():
        assert words(said) in found, what
    tags = tags_of(file, f"Ordrebekræftelse {only_order(app).number}")
    assert {"/H1", "/H2", "/P", "/L", "/Table", "/TH", "/Link"} <= tags
    marks = PdfReader(io.BytesIO(file)).outline
    titles = [mark.title for mark in marks if not isinstance(mark, list)]
    assert titles[-2:] == ["Bilag 1: Standardfortrydelsesformular", "Bilag 2: Handelsbetingelser"]
    assert confirmation(app) == file, "the same file each time"


def test_an_old_order_keeps_the_words_it_was_placed_by(app, browser, new_browser, shop):
    """The text changes, and nobody remembers to give it a new version."""
    shop.buy(browser)
    old = only_order(app)
    texts = app.extensions["texts"]
    before = texts["handelsbetingelser"]
    changed = before.body.replace("Aftalen følger dansk lov.", "Aftalen følger svensk lov.")
    assert changed != before.body
    try:
        texts["handelsbetingelser"] = replace(before, body=changed)
        app.extensions["agreements"].clear()
        shop.buy(new_browser(), "en.anden@example.dk")
    finally:
        texts["handelsbetingelser"] = before
        app.extensions["agreements"].clear()
    with app.app_context():
        first, second = db.session.scalars(sa.select(Order).order_by(Order.id))
        files = [papers.made(number) for number in (first.number, second.number)]
        kept = db.session.scalars(sa.select(AgreedText)).all()
    assert first.number == old.number
    assert first.agreed != second.agreed
    assert first.terms_version == second.terms_version
    assert len(kept) == 2
    assert ["dansklov" in words_in(file) for file in files] == [True, False]
    assert ["svensklov" in words_in(file) for file in files] == [False, True]


def sell_something_else(app) -> None:
    with app.app_context(), transaction():
        db.session.execute(sa.update(Course).values(title="Noget andet", access_months=3))


def test_what_was_bought_stays_what_it_was_when_the_course_is_sold_otherwise(
    app, browser, shop, monkeypatch
):
    shop.buy(browser)
    bought = confirmation(app)
    sell_something_else(app)
    known = app.extensions["settings"]
    clinic = {**known.clinic, "withdrawal_mode": "ends_when_opened"}
    monkeypatch.setitem(app.extensions, "settings", replace(known, clinic=clinic))
    assert confirmation(app) == bought


def test_who_ordered_before_the_course_changed_gets_what_was_agreed(app, browser, shop, send_mail):
    session = shop.order(browser)
    sell_something_else(app)
    shop.stripe.pay(session, "card")
    shop.deliver_all()
    with app.app_context():
        enrolment = db.session.scalars(sa.select(Enrolment)).one()
        item = db.session.scalars(sa.select(Document)).one().line["item"]
    assert enrolment.access_until == access_until(enrolment.starts_at, 24)
    assert item == "E-forløbet »Kørekortet til kroniske smerter«, adgang i 24 måneder"
    [mail] = send_mail()
    assert "24 måneder fra købsdagen" in mail["text"]
    assert "Noget andet" not in mail["text"] + mail["html"]


def test_orders_by_the_same_words_keep_them_once(app, browser, new_browser, shop):
    shop.order(browser)
    shop.order(new_browser(), "en.anden@example.dk")
    with app.app_context():
        [kept] = db.session.scalars(sa.select(AgreedText))
        consent = consents()["order"]
        orders = db.session.scalars(sa.select(Order)).all()
    assert {order.agreed for order in orders} == {kept.digest}
    assert (kept.consent_version, kept.consent) == (consent.version, consent.text)
    assert "{{" not in kept.terms + kept.consent, "every fact is filled in"


def test_an_unpaid_order_by_old_words_gives_way_to_one_by_new(app, browser, shop):
    first = shop.order(browser)
    consent = app.extensions["consents"]["order"]
    try:
        app.extensions["consents"]["order"] = replace(consent, text="Noget andet.")
        app.extensions["agreements"].clear()
        assert shop.order(browser) != first
    finally:
        app.extensions["consents"]["order"] = consent
        app.extensions["agreements"].clear()
    with app.app_context():
        states = db.session.scalars(sa.select(Order.state).order_by(Order.id)).all()
    assert states == ["expired", "awaiting"]


def test_an_order_from_before_words_were_kept_is_printed_without_them(app, browser, shop):
    shop.buy(browser)
    with app.app_context(), transaction():
        db.session.execute(sa.update(Order).values(agreed=None))
    found = words_in(confirmation(app))
    assert words("Bilag 1: Standardfortrydelsesformular") in found
    assert words("Bilag 2") not in found.replace(words("bilag 2"), "")


def test_the_buyer_fetches_it_again_and_others_do_not(app, browser, new_browser, shop):
    shop.buy(browser)
    path = browser.get("/min-side").links()["Ordrebekræftelse"]
    assert path == f"/min-side/ordre/{only_order(app).number}.pdf"
    answer = browser.get(path).response
    assert answer.content_type == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert words("Du kan fortryde købet i 14 dage") in words_in(answer.data)
    stranger = new_browser()
    assert stranger.get(path).status == 303
    shop.buy(stranger, "en.anden@example.dk")
    assert stranger.get(path).status == 404
    assert stranger.get("/min-side/ordre/ABCD2345.pdf").status == 404


def test_an_unpaid_order_has_no_confirmation(app, browser, new_browser, shop):
    shop.buy(browser)
    shop.order(new_browser())
    with app.app_context():
        unpaid = db.session.scalars(sa.select(Order.number).order_by(Order.id.desc())).first()
    assert browser.get(f"/min-side/ordre/{unpaid}.pdf").status == 404
    assert unpaid not in browser.get("/min-side").text


def test_what_stands_before_the_button(browser):
    """Forbrugeraftaleloven § 12: contents, how long, total, right above it; nothing is ticked."""
    browser.get("/koeb")
    said = browser.words()
    button = said.index("Køb med betalingspligt")
    for point in (
        "Alle lektioner med tekst",
        "Du har adgang i",
        "Det er ikke et abonnement",
        "inkl. moms",
        "Vi lover, at du beholder de fulde 14 dages fortrydelsesret, også efter at du har åbnet",
        "Fortryd aftale",
        "Kurset åbner i din browser, så snart betalingen er godkendt",
        "en nyere browser",
        "to års reklamationsret",
        "Mæglingsteamet for Forbrugerklager",
        "CVR-nummer",
        "fyldt 18 år",
        "handelsbetingelserne",
        "må gemme og bruge oplysningen om, at jeg har købt",
    ):
        assert said.index(point) < button, point
    assert said[:button].rstrip().endswith("499 kr."), "the total stands right above the button"
    ticked = [
        field.get("value") for field in browser.fields().values() if "checked" in field.attrib
    ]
    assert not any(ticked), "nothing is chosen for the buyer, who buys for themselves"
    assert {"email", "name", "terms"} <= set(browser.fields())


def test_a_gift_says_so_on_paper(app, browser, shop):
    fields = {"email": BUYER, "name": "Kirsten Prøve", **AGREED, "gift": "card"}
    browser.get("/koeb").submit("Køb med betalingspligt", **fields)
    session = browser.response.location.rsplit("/", 1)[1]
    shop.stripe.pay(session, "card")
    browser.get(f"/koeb/tak?session_id={session}")
    found = words_in(confirmation(app))
    assert words("Kurset er en gave. Modtageren kan bruge det i") in found
    assert words("Kurset åbnede i din browser, så snart") not in found
