"""One enquiry: its status, the note, what is sent when, and the answer."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from shop.clinic import labels
from shop.enquiries.rules import MOVES, shown
from tests.clinic.conftest import CLINICIAN, MESSAGE, choose
from tests.stored import everything

HELD = {"suspected", "spam"}


def offered(browser) -> set[str]:
    """The states that the page lets one choose."""
    choices = [*browser.page.findall(".//{*}input"), *browser.page.findall(".//{*}button")]
    return {choice.get("value") for choice in choices if choice.get("name") == "state"}


def to_visitors(mails) -> list[tuple[str, str]]:
    """(to, subject's first word) of the mails about enquiries, in a mailbox."""
    return [
        (mail["to"][0], mail["subject"].split()[0]) for mail in mails if mail["to"] != [CLINICIAN]
    ]


BOTH = [("rh@kirohaderslev.dk", "Et"), ("kirsten@example.dk", "Tak")]


def test_all_that_is_known_stands_there(clinic):
    reference = clinic.receive()
    words = clinic.open(reference).words()
    for there in ("Kirsten Prøve", "kirsten@example.dk", "20 12 34 56", MESSAGE, shown(reference)):
        assert there in words
    assert "Et forløb hos Rasmus" in words
    assert "Skriv ingen journaloplysninger" in words
    assert clinic.row(reference).consent_text.split()[0] in words
    assert clinic.browser.links()["Ring 20 12 34 56"] == "tel:+4520123456"


def test_the_address_may_be_spelled_as_people_do(clinic):
    reference = clinic.receive()
    for path in (shown(reference), shown(reference).lower(), reference.lower()):
        assert clinic.open(path).status == 200


def test_a_message_is_shown_as_it_was_typed(clinic):
    clinic.open(clinic.receive(message="Første\n\n<b>Anden</b> & {{ 7 * 7 }}"))
    [shown_as] = clinic.browser.page.findall(".//{*}div[@class='message']")
    assert "".join(shown_as.itertext()) == "Første\n\n<b>Anden</b> & {{ 7 * 7 }}"


@pytest.mark.parametrize("before", MOVES)
def test_a_page_offers_the_moves_of_the_table_and_makes_them(clinic, before):
    for after in MOVES[before]:
        [reference] = [clinic.receive(*(["links"] if before == "suspected" else []))]
        clinic.set_state(reference, before)
        clinic.open(reference)
        assert offered(clinic.browser) == {before, *MOVES[before]}
        choose(clinic.browser, after)
        assert clinic.browser.status == 303, after
        assert "Gemt." in clinic.browser.follow().words()
        row = clinic.row(reference)
        assert (row.state, row.version) == (after, 1)
        assert labels.STATES[after] in clinic.browser.words()


@pytest.mark.parametrize("before", MOVES)
def test_other_moves_are_refused_and_change_nothing(clinic, before):
    reference = clinic.receive(*(["links"] if before == "suspected" else []))
    clinic.set_state(reference, before)
    for after in {*MOVES, "nonsense", ""} - MOVES[before] - {before}:
        clinic.open(reference)
        button = "Gem kun noten" if before in HELD else "Gem"
        clinic.browser.submit(button, state=after, note="Min note")
        assert clinic.browser.status == 409, after
        assert "Min note" in clinic.browser.text
        row = clinic.row(reference)
        assert (row.state, row.note, row.version) == (before, None, 0)


@pytest.mark.parametrize("version", [None, "", "x", "7", "-1"])
def test_a_form_that_was_tampered_with_changes_nothing(clinic, version):
    reference = clinic.receive()
    clinic.open(reference).submit("Gem", state="closed", note="Min note", version=version)
    assert clinic.browser.status == 409
    assert "Min note" in clinic.browser.text
    assert (clinic.row(reference).state, clinic.row(reference).note) == ("new", None)


def test_the_second_of_two_tabs_keeps_its_words_and_says_so(clinic):
    reference = clinic.receive()
    clinic.open(reference)
    second_tab = clinic.browser.page
    clinic.browser.submit("Gem", state="in_progress", note="Ringer tirsdag")
    clinic.browser.page = second_tab
    clinic.browser.submit("Gem", state="answered", note="Har svaret")
    assert clinic.browser.status == 409
    row = clinic.row(reference)
    assert (row.state, row.note) == ("in_progress", "Ringer tirsdag")
    words = clinic.browser.words()
    assert "Ikke gemt endnu" in words
    assert "Den er nu »I gang«" in words
    [box] = clinic.browser.page.findall(".//{*}textarea")
    assert box.text == "Har svaret"
    [chosen] = [i for i in clinic.browser.page.findall(".//{*}input") if "checked" in i.attrib]
    assert chosen.get("value") == "answered"
    clinic.browser.submit("Gem", state="answered", note=box.text)
    row = clinic.row(reference)
    assert (row.state, row.note, row.version) == ("answered", "Har svaret", 2)


def test_the_second_of_two_tabs_does_not_send_the_mails_again(clinic, send_mail):
    reference = clinic.receive("links")
    clinic.open(reference)
    second_tab = clinic.browser.page
    clinic.browser.submit("Frigiv: send den videre")
    clinic.browser.page = second_tab
    clinic.browser.submit("Frigiv: send den videre", note="To gange")
    assert clinic.browser.status == 409
    assert to_visitors(send_mail()) == BOTH


def test_the_note_alone_is_saved_and_not_readable_in_the_database(clinic):
    reference = clinic.receive()
    purge_at = clinic.row(reference).purge_at
    clinic.clock.shift(timedelta(days=2))
    clinic.open(reference).submit("Gem")
    assert clinic.row(reference).note is None, "nothing was written"
    clinic.open(reference).submit("Gem", note="  Ringer fredag om trampolinen  ")
    row = clinic.row(reference)
    assert (row.note, row.state, row.purge_at) == ("Ringer fredag om trampolinen", "new", purge_at)
    stored = everything(clinic.app)
    assert reference in stored
    assert "trampolinen" not in stored
    clinic.open(reference).submit("Gem", note="")
    assert clinic.row(reference).note is None


def test_a_note_on_spam_releases_nothing(clinic, send_mail):
    reference = clinic.receive("trap")
    clinic.open(reference).submit("Gem kun noten", note="Ser mærkelig ud")
    assert (clinic.row(reference).state, clinic.row(reference).note) == (
        "suspected",
        "Ser mærkelig ud",
    )
    assert to_visitors(send_mail()) == []


def test_a_suspect_says_why_and_nothing_is_sent_before_it_is_released(clinic, send_mail):
    reference = clinic.receive("trap", "links", "same_client")
    words = clinic.open(reference).words()
    for key in ("trap", "links", "same_client"):
        assert labels.SUSPICIONS[key] in words
    assert not any(href.startswith("mailto:kirsten") for href in clinic.browser.links().values())
    assert to_visitors(send_mail()) == []
    clinic.browser.submit("Frigiv: send den videre")
    assert to_visitors(send_mail()) == BOTH
    for state in ("spam", "new"):
        choose(clinic.open(reference), state)
    assert to_visitors(send_mail()) == BOTH, "once, however often it is released"


def test_a_suspect_that_is_spam_is_not_mailed(clinic, send_mail):
    reference = clinic.receive("trap")
    clinic.open(reference).submit("Det er spam")
    assert clinic.row(reference).state == "spam"
    assert to_visitors(send_mail()) == []
    assert clinic.mails() == {}
    clinic.open(reference).submit("Frigiv: send den videre")
    assert to_visitors(send_mail()) == BOTH, "whoever thinks better of it is not too late"


def test_what_turns_out_to_be_spam_is_not_mailed_any_more(clinic, send_mail):
    reference = clinic.receive()
    clinic.set_mail("lead", state="retry", tries=2, failure="temporary")
    clinic.open(reference).submit("Gem", state="spam")
    assert {kind: mail.state for kind, mail in clinic.mails().items()} == {
        "lead": "superseded",
        "receipt": "superseded",
    }
    clinic.clock.shift(timedelta(days=1))
    assert to_visitors(send_mail()) == []
    assert "Ikke nødvendig mere" in clinic.open(reference).words()
    clinic.browser.submit("Frigiv: send den videre")
    assert to_visitors(send_mail()) == BOTH, "it was no spam after all"


def test_marking_as_spam_leaves_what_was_sent(clinic, send_mail):
    reference = clinic.receive()
    send_mail()
    clinic.open(reference).submit("Gem", state="spam")
    assert {mail.state for mail in clinic.mails().values()} == {"sent"}


@pytest.mark.parametrize(
    ("name", "email", "greeted"),
    [
        ("Kirsten Prøve", "kirsten@example.dk", "Kirsten"),
        ("Åse & Bjørn Æble", "a+b&c=d%20?x@example.dk", "Åse"),
        ("Ødegård", "x@xn--smrte-qqa.dk", "Ødegård"),
        ("&body=hej ?subject=nej", "'\"kirsten\"'@example.dk", ""),
    ],
)
def test_the_answer_opens_in_the_mail_program(clinic, name, email, greeted):
    reference = clinic.receive(name=name, email=email)
    clinic.open(reference)
    href = clinic.browser.links()[f"Svar {name.split()[0]}"]
    address = urlsplit(href)
    assert (address.scheme, unquote(address.path)) == ("mailto", email)
    assert parse_qs(address.query) == {
        "subject": [f"Svar på din besked ({shown(reference)})"],
        "body": [f"Hej {greeted}".strip() + "\r\n\r\n"],
    }
    assert "%0D%0A" in href
    assert "+" not in href, "a mail program shows a plus as a plus"
    assert MESSAGE.split()[0] not in href


def test_a_note_may_not_hold_a_cpr_number(app, clinic):
    reference = clinic.receive()
    note = "Født 010190-1234, ringer tirsdag"
    clinic.open(reference).submit("Gem", state="answered", note=note)
    assert clinic.browser.status == 422
    assert "ligner et CPR-nummer" in clinic.browser.words()
    assert "ringer tirsdag" in clinic.browser.text, "the note stands there to be mended"
    row = clinic.row(reference)
    assert (row.note, row.state) == (None, "new")
