"""PDF files: all the words, readable by machines that read aloud, and nothing but words."""

from __future__ import annotations

import io
import re
import string
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from shop import pdf
from shop.course.models import Course, Lesson
from shop.db import db, transaction
from shop.settings import ROOT

FACTS = {
    "title": "Prøvetekst",
    "version": "2026-11-23",
    "author": "Prøveklinikken",
    "site": "https://example.dk",
}
ADDRESS = "/handelsbetingelser.pdf"
APART = pdf._set_apart  # before any fixture has put another in its place
# What Typst reads as more than a letter somewhere.
MARKUP = [*"#$*_@<>\\\"'`~=-+/[](){};:%&|^,.!", "//", "/*", "#import", "#read", "$x$", "--", "…"]


def read(file: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(file))


def words(text: str) -> str:
    """The text without line breaks, spaces and hyphens, which a page moves about."""
    return re.sub(r"[\s\u00ad\u2010-]", "", text)


@lru_cache(maxsize=8)
def words_in(file: bytes) -> str:
    return words("".join(page.extract_text() for page in read(file).pages))


def from_markdown(markdown: str) -> bytes:
    return pdf.from_markdown(markdown, **FACTS)


def links(file: bytes) -> list[str]:
    return [
        annotation.get_object()["/A"]["/URI"]
        for page in read(file).pages
        for annotation in page.get("/Annots", [])
    ]


@pytest.fixture(scope="module", autouse=True)
def a_process_each() -> Iterator[None]:
    """Here the typesetter works as it does in production."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "_set_apart", APART)
        yield


@pytest.fixture(scope="module")
def everything(a_process_each) -> bytes:
    return from_markdown(
        "Et **fedt** og *skråt* ord med `kode`.\\\nNy linje, se [kurset](/kursus).\n\n"
        "## Første\n\n#### For dybt\n\n- punkt\n- to\n\n  i punkt\n\n3. tre\n4. fire\n\n"
        "## Anden\n\n| Dag | Pris |\n|---|--:|\n| Mandag | 499 kr. |\n\n> Citat\n\n---\n\n"
        "    blok\n\n![Billede](/x.png) [ring](tel:+4500000000) [skriv](mailto:kirsten@example.dk)"
    )


def test_all_that_markdown_knows_is_there(everything):
    found = words_in(everything)
    for word in [
        "Prøvetekst",
        "Version2026",
        "Etfedtogskråtordmedkode.",
        "Nylinje,sekurset.",
        "•punkt",
        "ipunkt",
        "3.tre",
        "4.fire",
        "DagPris",
        "Mandag499kr.",
        "Citat",
        "blok",
        "Billede",
        "Side1af1",
    ]:
        assert word in found, word


def test_a_screen_reader_finds_its_way(everything):
    tags = tags_of(everything, "Prøvetekst")
    assert {"/H1", "/H2", "/P", "/L", "/LI", "/Table", "/TH", "/TD", "/Link"} <= tags


def tags_of(file: bytes, title: str) -> set[str]:
    """The kinds of elements that a screen reader walks, in a file that is made for it.

    PDF/UA-1 says so of itself; the parts it rests on are looked at one by one.
    """
    reader = read(file)
    catalogue = reader.root_object
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "da"
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == title
    assert b"<pdfuaid:part>1</pdfuaid:part>" in file
    return set(_tags_below(catalogue["/StructTreeRoot"]))


def _tags_below(node):
    node = node.get_object()
    below = node.get("/K", []) if isinstance(node, dict) else []
    for part in below if isinstance(below, list) else [below]:
        found = part.get_object()
        if isinstance(found, dict) and "/S" in found:
            yield found["/S"]
            yield from _tags_below(found)


def test_it_says_who_wrote_what(everything):
    told = read(everything).metadata
    assert (told.title, told.author) == ("Prøvetekst", "Prøveklinikken")


def test_headings_are_bookmarks_and_none_lies_two_deeper(everything):
    first, below, second = read(everything).outline
    assert (first.title, [mark.title for mark in below], second.title) == (
        "Første",
        ["For dybt"],
        "Anden",
    )


def test_links_lead_to_the_site(everything):
    assert links(everything) == [
        "https://example.dk/kursus",
        "tel:+4500000000",
        "mailto:kirsten@example.dk",
    ]


def test_pages_are_numbered():
    found = words_in(from_markdown("Et afsnit, der fylder lidt.\n\n" * 80))
    assert "Side1af3" in found
    assert "Side3af3" in found


def test_long_words_are_hyphenated_as_danes_do():
    line = "Speciallægepraksisforsikringsselskabsbestyrelsesformandskandidaten " * 8
    text = "".join(page.extract_text() for page in read(from_markdown(line)).pages)
    assert re.search(r"[\u00ad\u2010-]\n", text)


def test_the_same_words_are_the_same_bytes(everything):
    assert from_markdown("## Et\n\nTo") == from_markdown("## Et\n\nTo")
    assert from_markdown("## Et\n\nTo") != from_markdown("## Et\n\nTre")


def test_what_typst_reads_as_markup_stays_words():
    """Each after each, in words, as code and as a title."""
    pairs = [f"a{one}{other} {one}b" for one, other in product(MARKUP, repeat=2)]
    body = [{"kind": "paragraph", "body": [text]} for text in pairs]
    code = {"kind": "code", "text": "".join(MARKUP), "block": False}
    facts = {"title": "".join(MARKUP), "version": "*1*", "author": "#a"}
    file = pdf.typeset("document", {**facts, "body": [*body, code]})
    found = words_in(file)
    for text in [*pairs, *facts.values()]:
        assert words(text) in found, text
    assert found.count(words("".join(MARKUP))) >= 2
    assert read(file).metadata.title == facts["title"]


@settings(max_examples=4, deadline=None)
@given(st.lists(st.text(string.printable, max_size=40), max_size=60))
def test_whatever_is_written_the_words_around_it_are_there(texts):
    found = words_in(from_markdown("\n\n".join(["AAA", *texts, "# ZZZ"])))
    assert "AAA" in found
    assert "Side1af" in found


def test_html_and_other_schemes_stay_words():
    file = from_markdown("<b>x</b> [tryk](javascript:alert(1)) [hent](ftp://example.dk) [](/tom)")
    assert "<b>x</b>[tryk](javascript:alert(1))hent" in words_in(file)
    assert links(file) == []


def test_a_character_that_no_font_knows_costs_the_claim_and_nothing_else():
    file = from_markdown("Tak 😀 og farvel.")
    assert b"pdfuaid" not in file
    assert read(file).root_object["/MarkInfo"]["/Marked"]
    assert "ogfarvel." in words_in(file)


def test_names_from_elsewhere_are_no_such_characters():
    file = from_markdown("Łukasz, Şahin, Ελένη, Олена, Åse")
    assert b"pdfuaid" in file
    assert "Łukasz,Şahin,Ελένη,Олена,Åse" in words_in(file)


def test_a_document_that_does_not_come_out_says_so():
    with pytest.raises(pdf.TypesettingFailed, match="No such file"):
        pdf.typeset("nothing", {})


def test_templates_fetch_nothing():
    for path in (ROOT / "templates" / "pdf").glob("*.typ"):
        assert "@" not in path.read_text(encoding="utf-8"), path


def test_the_terms_are_whole(browser):
    page = browser.get("/handelsbetingelser")
    assert f'href="{ADDRESS}"' in page.text
    answer = browser.get(ADDRESS).response
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"] == "inline; filename=handelsbetingelser.pdf"
    found = words_in(answer.data)
    headings = re.findall(r"^## (.+)$", _terms(), re.MULTILINE)
    assert len(headings) > 10
    for heading in headings:
        assert words(heading) in found, heading
    assert words(_terms().rpartition("\n\n")[2]) in found
    assert b"pdfuaid" in answer.data


def _terms() -> str:
    return (ROOT / "content" / "texts" / "handelsbetingelser.md").read_text(encoding="utf-8")


def test_the_terms_are_kept_by_browsers_and_typeset_once(app, browser, monkeypatch):
    first = browser.get(ADDRESS).response
    assert first.headers["Cache-Control"] == "public, max-age=0, s-maxage=60"
    assert browser.get(ADDRESS, If_None_Match=first.headers["ETag"]).status == 304
    app.extensions["pages_in_memory"].clear()
    monkeypatch.setattr(pdf, "typeset", None)
    assert browser.get(ADDRESS).response.data == first.data


def test_terms_of_a_course_that_is_not_there_are_not_there(app, browser):
    with app.app_context(), transaction():
        db.session.execute(sa.delete(Lesson))
        db.session.execute(sa.delete(Course))
    assert browser.get(ADDRESS).status == 404
