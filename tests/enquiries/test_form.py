"""Writing to the clinician: what is kept, what is said, and what comes back to be mended."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shop.enquiries import rules
from shop.enquiries.rules import shown
from tests.browser import Browser
from tests.enquiries.conftest import BUTTON, WORDS
from tests.stored import everything


def error_of(browser: Browser, field: str) -> str:
    found = re.search(rf'id="{field}-error".*?<span class="sr">(.*?)</p>', browser.text, re.DOTALL)
    assert found, browser.words()
    return re.sub("<.*?>", "", found[1])


def test_an_enquiry_is_kept_before_thanks_are_said(desk, browser):
    desk.write(browser)
    assert browser.status == 303
    kept = desk.one()
    assert (kept.name, kept.email, kept.phone) == (WORDS["name"], WORDS["email"], "+4520123456")
    assert (kept.topic, kept.message, kept.state) == ("forloeb", WORDS["message"], "new")
    consent = desk.app.extensions["consents"]["enquiry"]
    assert (kept.consent_version, kept.consent_text) == (consent.version, consent.text)
    browser.follow()
    assert shown(kept.reference) in browser.words()


def test_the_clinician_has_it_in_the_mailbox_and_can_answer(desk, browser, send_mail):
    desk.write(browser)
    lead = next(mail for mail in send_mail() if mail["to"] == ["rh@kirohaderslev.dk"])
    reference = shown(desk.one().reference)
    assert lead["reply_to"] == WORDS["email"]
    assert "smertevejleder.test" in lead["from"], "from our own domain"
    assert reference in lead["subject"]
    assert "forløb" in lead["subject"]
    for body in (lead["text"], lead["html"]):
        for words in ("Kirsten Prøve", "20 12 34 56", "ondt i lænden i fire år", "Kan du hjælpe"):
            assert words in body
        assert f"/klinik/henvendelser/{desk.one().reference}" in body


def test_the_visitor_gets_a_receipt_without_the_words(desk, browser, send_mail):
    desk.write(browser)
    receipt = next(mail for mail in send_mail() if mail["to"] == [WORDS["email"]])
    assert receipt["headers"]["Auto-Submitted"] == "auto-replied"
    assert receipt["reply_to"] == "rh@kirohaderslev.dk"
    assert shown(desk.one().reference) in receipt["text"]
    for body in (receipt["text"], receipt["html"], receipt["subject"]):
        assert "lænden" not in body


def test_the_database_does_not_show_the_message(app, desk, browser):
    desk.write(browser, message="Mit sommerhus er fugtigt.")
    stored = everything(app)
    assert WORDS["email"] in stored
    assert "fugtigt" not in stored


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Skriv dit navn"),
        ("email", "", "Skriv din mailadresse"),
        ("email", "kirsten@", "ser ikke rigtig ud"),
        ("phone", "12", "Telefonnummeret"),
        ("message", "", "Skriv et par linjer"),
        ("message", "x" * 20_001, "for lang"),
        ("consent", None, "Sæt flueben"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_above(desk, browser, field, typed, said):
    desk.write(browser, **{field: typed})
    assert browser.status == 422
    assert desk.rows() == []
    assert said in error_of(browser, field)
    assert any(said in text and href == f"#{field}" for text, href in browser.links().items())
    if field != "message":
        assert "ondt i lænden" in browser.text, "what was typed stands there still"


def test_a_mended_form_is_sent_at_once(desk, browser):
    desk.write(browser, name="")
    browser.submit(BUTTON, **WORDS)
    assert browser.status == 303
    assert desk.one().state == "new", "the time on the page counts, not since the error"


@pytest.mark.parametrize("field", ["name", "email", "phone", "message"])
@pytest.mark.parametrize("cpr", ["010190-1234", "0101901234", "01.01.90 1234"])
def test_a_cpr_number_is_not_taken_in(app, desk, browser, field, cpr):
    desk.write(browser, **{field: f"{cpr}"})
    assert browser.status == 422
    assert "CPR-nummer" in error_of(browser, field)
    stored = everything(app)
    assert cpr not in stored
    assert desk.rows() == []


def test_a_phone_number_may_be_left_out(desk, browser):
    desk.write(browser, phone="")
    assert desk.one().phone == ""


@pytest.mark.parametrize("topic", [None, "", "noget helt andet", "e-forløb"])
def test_no_enquiry_is_refused_for_its_topic(desk, browser, topic):
    desk.write(browser, topic=topic)
    assert desk.one().topic == ("e-forloeb" if topic == "e-forløb" else "andet")


def test_a_mistyped_mail_domain_is_asked_about_once(desk, browser):
    desk.write(browser, email="kirsten@gmial.com")
    assert browser.status == 422
    assert "kirsten@gmail.com" in browser.words()
    assert desk.rows() == []
    again = {**WORDS, "email": "kirsten@gmial.com"}
    browser.submit(BUTTON, **again)
    assert browser.status == 303, "whoever means it, means it"
    assert desk.one().email == "kirsten@gmial.com"


def test_a_click_too_many_and_back_and_send_again_are_one_enquiry(desk, browser, send_mail):
    desk.write(browser)
    first = browser.response.location
    form = {**WORDS, "csrf_token": desk_ticket(desk, browser)}  # Back may fetch a new form
    for _ in range(2):
        assert browser.post("/kontakt", form).response.location == first
    desk.one()
    assert len([mail for mail in send_mail() if mail["to"] == ["rh@kirohaderslev.dk"]]) == 1


def test_who_asks_the_same_another_day_is_heard_again(desk, browser):
    desk.write(browser)
    desk.clock.shift(timedelta(days=1))
    desk.write(browser)
    assert len(desk.rows()) == 2


def desk_ticket(desk, browser: Browser) -> str:
    ticket = browser.get("/kontakt").fields()["csrf_token"].get("value")
    desk.clock.shift(timedelta(seconds=30))
    return ticket


def test_who_goes_back_and_adds_something_is_heard(desk, browser):
    ticket = desk_ticket(desk, browser)
    browser.post("/kontakt", {**WORDS, "csrf_token": ticket})
    browser.post("/kontakt", {**WORDS, "csrf_token": ticket, "message": "Og ondt i knæet."})
    assert [row.message for row in desk.rows()] == [WORDS["message"], "Og ondt i knæet."]


def test_twenty_clicks_at_once_are_one_enquiry(app, desk, browser):
    from concurrent.futures import ThreadPoolExecutor

    form = {**WORDS, "csrf_token": desk_ticket(desk, browser)}
    with ThreadPoolExecutor(20) as pool:
        answers = pool.map(lambda _: Browser(app).post("/kontakt", form).response, range(20))
    assert len({answer.location for answer in answers}) == 1
    desk.one()


@pytest.mark.parametrize("ticket", [None, "", "made-up", "WyJ4IiwxXQ.abc"])
def test_a_form_without_its_ticket_is_shown_again_with_the_words(desk, browser, ticket):
    browser.get("/kontakt")
    desk.clock.shift(timedelta(minutes=1))
    browser.submit(BUTTON, **WORDS, csrf_token=ticket)
    assert browser.status == 422
    assert desk.rows() == []
    assert "ondt i lænden" in browser.text


def test_a_page_that_stood_open_over_night_needs_one_more_click(desk, browser):
    desk.write(browser, seconds=25 * 3600)
    assert browser.status == 422
    assert "står her stadig" in browser.words()
    browser.submit(BUTTON, **WORDS)
    assert browser.status == 303
    assert desk.one().state == "new"


@pytest.mark.parametrize(
    "headers",
    [{"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
)
def test_another_site_cannot_send_the_form(desk, browser, headers):
    form = {**WORDS, "csrf_token": desk_ticket(desk, browser)}
    assert browser.post("/kontakt", form, **headers).status == 422
    assert desk.rows() == []


@pytest.mark.parametrize(
    "headers", [{"Sec_Fetch_Site": "same-origin"}, {"Origin": "http://127.0.0.1:5000"}, {}]
)
def test_our_own_page_can(desk, browser, headers):
    form = {**WORDS, "csrf_token": desk_ticket(desk, browser)}
    assert browser.post("/kontakt", form, **headers).status == 303


def test_no_cookie_is_needed_or_given(desk, browser):
    desk.write(browser)
    assert browser.client._cookies == {}


def test_the_form_alone_is_what_htmx_gets(browser):
    browser.get("/kontakt", HX_Request="true")
    assert "<html" not in browser.text
    assert 'id="enquiries-form"' in browser.text


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("email", "kirsten@", "ser ikke rigtig ud"),
        ("email", "kirsten@gmial.com", "kirsten@gmail.com"),
        ("phone", "1", "Telefonnummeret"),
        ("message", "Mit nummer er 010190-1234", "CPR-nummer"),
        ("name", "", "Skriv dit navn"),
    ],
)
def test_a_field_is_checked_when_it_is_left(desk, browser, name, typed, said):
    browser.post(f"/kontakt/felt/{name}", {name: typed}, HX_Request="true")
    assert browser.status == 200
    assert said in browser.text
    assert f'id="enquiries-{name}"' in browser.text
    assert desk.rows() == []


def test_a_right_field_has_nothing_to_say(browser):
    browser.post("/kontakt/felt/email", {"email": "kirsten@example.dk"}, HX_Request="true")
    assert 'class="error"' not in browser.text
    assert browser.post("/kontakt/felt/consent", {}).status == 404


def test_the_thanks_page_knows_only_what_was_sent(desk, browser):
    browser.get("/kontakt/tak?nr=<script>")
    assert browser.status == 200
    assert "script>" not in browser.text
    browser.get("/kontakt/tak?nr=K7M4-2QX9")
    assert "K7M4" not in browser.text


def test_too_many_from_one_client_are_asked_to_wait_and_keep_their_words(desk, browser):
    ticket = desk_ticket(desk, browser)
    for number in range(60):
        browser.post("/kontakt", {**WORDS, "csrf_token": ticket, "name": f"Nr. {number}"})
        assert browser.status == 303
    browser.post("/kontakt", {**WORDS, "csrf_token": ticket})
    assert browser.status == 429
    assert "ondt i lænden" in browser.text
    assert desk.write(Browser(desk.app, "10.0.0.9")).status == 303


def test_our_own_trouble_makes_nobody_a_suspect(desk, browser, monkeypatch):
    """Whoever presses again, as our page asks, must not count as somebody who floods us."""
    from sqlalchemy.exc import OperationalError

    def fail(*_: object) -> None:
        raise OperationalError("locked", {}, Exception())

    browser.get("/kontakt")
    desk.clock.shift(timedelta(minutes=1))
    with monkeypatch.context() as broken:
        broken.setattr("shop.enquiries.actions.receive", fail)
        for _ in range(12):
            assert browser.submit(BUTTON, **WORDS).status == 503
    assert browser.submit(BUTTON, **WORDS).status == 303
    assert desk.one().state == "new"


def test_a_yes_to_an_older_consent_is_asked_for_again(app, desk, browser, monkeypatch):
    browser.get("/kontakt")
    desk.clock.shift(timedelta(minutes=1))
    consents = app.extensions["consents"]
    newer = replace(consents["enquiry"], version="2027-01-01", text="Noget andet")
    monkeypatch.setitem(consents, "enquiry", newer)
    browser.submit(BUTTON, **WORDS)
    assert (browser.status, desk.rows()) == (422, [])
    browser.submit(BUTTON, **{**WORDS, "consent": None})
    assert (browser.status, desk.rows()) == (422, []), "a yes is given anew"
    assert "ondt i lænden" in browser.text
    browser.submit(BUTTON, **WORDS)
    assert desk.one().consent_version == "2027-01-01"


def test_a_yes_does_not_stay_ticked_beside_other_words(desk, browser):
    desk.write(browser, seconds=25 * 3600)
    assert "checked" not in browser.fields()["consent"].attrib


@pytest.mark.parametrize(("field", "typed"), [("message", "  \n "), ("consent", "false")])
def test_a_blank_is_no_message_and_a_no_is_no_consent(desk, browser, field, typed):
    desk.write(browser, **{field: typed})
    assert (browser.status, desk.rows()) == (422, [])


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Kirsten Prøve", "Hej Kirsten"),
        ("Anne-Marie", "Hej Anne-Marie"),
        ("pakke-levering.support/abc", "Hej"),
        ("http://x.dk hej", "Hej"),
    ],
)
def test_a_receipt_carries_no_advertisement_in_a_name(name, greeting):
    assert f"Hej {rules.first_name(name)}".strip() == greeting


@pytest.mark.parametrize("state", rules.KEPT)
def test_no_enquiry_is_kept_longer_than_a_year(state):
    came = datetime(2026, 1, 1, tzinfo=UTC)
    for day in (0, 100, 350, 364):
        end = rules.purge_at(state, came, came + timedelta(days=day))
        assert end <= came + timedelta(days=365)
        assert end <= came + timedelta(days=day) + rules.KEPT[state]
