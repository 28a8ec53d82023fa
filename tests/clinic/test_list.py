"""The list of enquiries: what it shows, how somebody is found, and what it keeps to itself."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain
from urllib.parse import unquote_plus

import pytest

from shop.clinic import labels
from shop.enquiries.rules import MOVES, shown

LIST = "/klinik/henvendelser"


def test_the_door_leads_to_the_list(clinic):
    assert clinic.browser.get("/klinik/").follow().path == LIST
    assert "Der er ikke noget, der venter på dig" in clinic.browser.words()


def test_an_enquiry_is_shown_without_its_words(clinic):
    reference = clinic.receive(message="Mit sommerhus er fugtigt.")
    words = clinic.browser.get(LIST).words()
    for there in ("Kirsten Prøve", "Et forløb hos Rasmus", "Ny", shown(reference)):
        assert there in words
    for not_there in ("sommerhus", "kirsten@example.dk", "20 12 34 56", "+4520123456"):
        assert not_there not in clinic.browser.text


def test_each_filter_shows_its_states(clinic):
    for state in MOVES:
        clinic.fill(1, state, name=state)
    for value, (label, states) in labels.FILTERS.items():
        clinic.browser.get(f"{LIST}?state={value}")
        assert sorted(clinic.names()) == sorted(states), value
        [current] = clinic.browser.page.findall(".//{*}a[@aria-current='true']")
        assert current.text.strip() == label


def test_the_open_ones_come_first(clinic):
    for state in MOVES:
        clinic.fill(1, state, name=state)
    clinic.browser.get(LIST)
    assert clinic.names() == ["in_progress", "new"], "newest first"


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "Nye"), (1, "Nye 1"), (99, "Nye 99"), (100, "Nye 99+"), (120, "Nye 99+")],
)
def test_new_ones_and_suspects_are_counted(clinic, count, said):
    if count:
        clinic.fill(count, "new")
        clinic.fill(count, "suspected")
    clinic.browser.get(f"{LIST}?state=spam")
    assert said in clinic.browser.links()
    assert said.replace("Nye", "Måske spam") in clinic.browser.links()


@pytest.mark.parametrize("states", [("new",), ("new", "in_progress")])
def test_sixty_are_turned_over_without_gaps_or_repeats(clinic, states):
    everyone = [clinic.fill(1, states[number % len(states)])[0] for number in range(60)]
    pages = []
    clinic.browser.get(f"{LIST}?state=open")
    pages.append(clinic.references())
    assert "Til de nyeste" not in clinic.browser.links()
    clinic.fill(1, "new", name="Kom imens")
    while older := clinic.browser.links().get("Ældre henvendelser"):
        clinic.browser.get(older)
        pages.append(clinic.references())
    assert [len(page) for page in pages] == [25, 25, 10]
    assert list(chain(*pages)) == everyone[::-1]
    clinic.browser.get(clinic.browser.links()["Til de nyeste"])
    assert clinic.names()[0] == "Kom imens"


def test_exactly_one_page_promises_no_more(clinic):
    clinic.fill(25)
    assert "Ældre henvendelser" not in clinic.browser.get(LIST).links()
    clinic.fill(1)
    assert "Ældre henvendelser" in clinic.browser.get(LIST).links()


@pytest.mark.parametrize("before", ["0", "-1", "x", "", "9" * 20])
def test_a_page_that_never_was_is_no_mistake_of_ours(clinic, before):
    clinic.fill(2)
    assert clinic.browser.get(f"{LIST}?state=open&before={before}").status in {200, 404}


def search(clinic, query: str) -> list[str]:
    clinic.browser.get(LIST).submit("Søg", query=query)
    assert clinic.browser.status == 200
    return clinic.names()


@pytest.fixture
def people(clinic):
    """Four enquiries in four states; the references by name."""
    found = {
        name: clinic.receive(name=name, email=email, phone=phone)
        for name, email, phone in (
            ("Åse Ærøskøbing Øster", "aase@example.dk", "+4520123456"),
            ("Bjørn Prøve", "b.prove@example.com", "+4570112233"),
            ("Anne Berg", "anne_berg@example.dk", "+46701234567"),
            ("100% Kirsten", "kirsten@example.dk", ""),
        )
    }
    for name, state in zip(found, ("new", "answered", "closed", "spam"), strict=True):
        clinic.set_state(found[name], state)
    return found


FOUND = {
    "Åse Ærøskøbing Øster": (
        *("ærø", "ÅSE", "  øster   åse ", "20 12", "20 12 34 56", "20123456", "+4520123456"),
        *("+45 20 12 34 56", "0045 2012 3456", "4520123456", "(+45) 20-12-34-56"),
        "tlf. 20 12 34 56",
    ),
    "Bjørn Prøve": ("bjørn", "b.prove@EXAMPLE.com", "b.prove", "Prøve, Bjørn"),
    # Eight letters that a reference may have, too.
    "Anne Berg": ("anne berg", "_berg@", "+46 70 123 45 67", "0046 70 123 45 67"),
    "100% Kirsten": ("100%", "100% kirsten", "kirsten@example.dk"),
}


@pytest.mark.parametrize("name", FOUND)
def test_somebody_is_found_however_one_spells(clinic, people, name):
    for query in FOUND[name]:
        assert search(clinic, query) == [name], query


def test_nobody_is_found_for_what_nobody_has(clinic, people):
    for query in ("", "   ", "findes ikke", "åse bjørn", "20 12 34 57", "\\"):
        assert search(clinic, query) == [], query
    assert search(clinic, "%") == ["100% Kirsten"], "no wildcard"
    assert search(clinic, "_") == ["Anne Berg"], "no wildcard"


def test_an_enquiry_is_found_by_its_reference(clinic, people):
    for name, reference in people.items():
        written = shown(reference)
        for query in (
            reference,
            written,
            written.lower(),
            f" {written} ",
            written.replace("-", " "),
        ):
            assert search(clinic, query) == [name], query


def test_the_message_is_not_searched(clinic, people):
    assert search(clinic, "lænden") == []


def test_what_was_searched_for_stands_in_the_box_and_in_no_address(clinic, people):
    assert search(clinic, "bjørn prøve") == ["Bjørn Prøve"]
    browser = clinic.browser
    assert browser.fields()["query"].get("value") == "bjørn prøve"
    assert "Location" not in browser.response.headers
    for address in (browser.path, *browser.links().values()):
        assert "bjørn" not in unquote_plus(address).lower(), address
    browser.get(f"{LIST}?query=anne&state=open")
    assert clinic.names() == ["Åse Ærøskøbing Øster"], "an address searches for nothing"


def test_a_search_shows_the_newest_fifty(clinic):
    references = clinic.fill(60)
    clinic.browser.get(LIST).submit("Søg", query="kirsten")
    assert clinic.references() == references[:-51:-1]


def test_words_that_are_markup_are_shown_as_words(clinic):
    clinic.receive(name="</h2><script>alert(1)</script>")
    assert "<script>alert" not in clinic.browser.get(LIST).text
    assert clinic.names() == ["</h2><script>alert(1)</script>"]
    search(clinic, '"><script>alert(2)</script>')
    assert "<script>alert" not in clinic.browser.text


def test_an_enquiry_whose_mail_got_lost_is_marked(clinic, send_mail):
    clinic.receive()
    clinic.browser.get(LIST)
    assert "Mail ikke sendt" not in clinic.browser.words()
    clinic.set_mail("lead", state="failed", failure="permanent")
    assert "Mail ikke sendt" in clinic.browser.get(LIST).words()


def test_the_time_is_told_as_in_denmark(clinic):
    clinic.fill(1, received_at=datetime(2026, 6, 30, 22, 30, tzinfo=UTC))
    assert "1. juli 2026 kl. 0.30" in clinic.browser.get(LIST).words()
