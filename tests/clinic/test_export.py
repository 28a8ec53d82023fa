"""The enquiries as a CSV file for a Danish spreadsheet."""

from __future__ import annotations

import csv

import pytest

from shop.enquiries.rules import shown

CSV = "/klinik/henvendelser.csv"
HEADINGS = [
    *("Nummer", "Modtaget", "Status", "Emne", "Navn", "Mail", "Telefon"),
    *("Besked", "Note", "Slettes"),
]


def table(clinic, state: str = "open") -> list[list[str]]:
    """The file as a spreadsheet reads it, headings first."""
    answer = clinic.browser.get(f"{CSV}?state={state}").response
    assert answer.status_code == 200
    raw = answer.get_data()
    assert raw.startswith(b"\xef\xbb\xbf"), "Excel takes it for Latin-1 without the mark"
    text = raw.decode("utf-8-sig")
    assert text.endswith("\r\n")
    return list(csv.reader(text.splitlines(keepends=True), delimiter=";", strict=True))


def test_it_is_a_file_to_keep_and_not_kept_on_the_way(clinic):
    clinic.receive()
    headers = clinic.browser.get(CSV).response.headers
    assert headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert headers["Content-Disposition"].startswith("attachment; filename=henvendelser-20")
    assert headers["Cache-Control"] == "no-store"


def test_none_is_a_file_of_headings(clinic):
    assert table(clinic) == [HEADINGS]


def test_every_column_is_filled(clinic):
    reference = clinic.receive(message='Første linje\nAnden; linje med "citat"\n\nSidste')
    clinic.open(reference).submit("Gem", state="in_progress", note="Ringer")
    [headings, row] = table(clinic)
    found = dict(zip(headings, row, strict=True))
    assert found["Nummer"] == shown(reference)
    assert found["Status"] == "I gang"
    assert found["Emne"] == "Et forløb hos Rasmus"
    assert (found["Navn"], found["Mail"]) == ("Kirsten Prøve", "kirsten@example.dk")
    assert found["Telefon"] == "20 12 34 56"
    assert found["Besked"] == 'Første linje\nAnden; linje med "citat"\n\nSidste'
    assert found["Note"] == "Ringer"
    assert " kl. " in found["Modtaget"]
    assert " kl. " in found["Slettes"]


@pytest.mark.parametrize(
    "formula", ["=1+1", "+1", "-2+3", "@SUM(A1)", '=HYPERLINK("https://evil.example";"Klik")']
)
def test_no_cell_is_a_formula(clinic, formula):
    """CWE-1236: what begins with = + - @ would be run where the file is opened."""
    reference = clinic.receive(
        name=formula, message=formula, phone="+46701234567", email="+a@example.dk"
    )
    clinic.open(reference).submit("Gem", note=formula)
    [_, row] = table(clinic)
    assert row[4] == row[7] == row[8] == f"'{formula}"
    assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_it_holds_what_the_filter_shows(clinic):
    for state in ("new", "in_progress", "answered", "spam", "suspected"):
        clinic.fill(1, state, name=state)
    assert [row[4] for row in table(clinic)[1:]] == ["in_progress", "new"]
    assert [row[4] for row in table(clinic, "spam")[1:]] == ["spam"]
    assert len(table(clinic, "all")) == 6
    clinic.browser.get("/klinik/henvendelser?state=answered")
    address = clinic.browser.links()["Hent dem som CSV-fil"]
    assert clinic.browser.get(address).text.count("\r\n") == 2


def test_many_come_in_one_file(clinic):
    clinic.fill(450)
    assert len(table(clinic)) == 451
