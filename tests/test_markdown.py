"""Markdown: safe whatever is in it, with notes at the end and places to come back to."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.markdown import render

SOURCES = {"ABC12": "Et værk, [side 3](https://example.dk/3).", "MED": "Et andet <værk>."}

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[tryk](javascript:alert(1))",
    "[tryk](JaVaScRiPt:alert(1))",
    "[tryk](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](javascript:alert(1))",
    "<a href='javascript:alert(1)'>x</a>",
    '<p style="position:fixed">x</p>',
    "<iframe src='//evil.example'></iframe>",
    "<svg onload=alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "<http://example.dk/onclick=alert(1)>",
]
JOINTS = ["\n\n", "- ", "> ", "| a | b |\n|---|---|\n", "[^ABC12]"]
LIVE = re.compile(
    r"<(script|iframe|object|embed|svg|style|form|input)\b|<[^>]*\s(on\w+|style)\s*=|"
    r"<[a-z][^>]*(href|src)\s*=\s*[\"']?\s*(javascript|data|vbscript):",
    re.IGNORECASE,
)


@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_stays_words(text):
    assert not LIVE.search(render(text))


@given(st.lists(st.sampled_from([*ATTACKS, *JOINTS])))
def test_attacks_put_together_stay_words(pieces):
    assert not LIVE.search(render("".join(pieces), SOURCES))


@given(st.text(max_size=300))
def test_any_text_can_be_shown(text):
    assert not LIVE.search(render(text, SOURCES))


def test_html_is_shown_as_written():
    assert render("Et <b>fedt</b> ord & mere") == (
        '<p id="afsnit-1">Et &lt;b&gt;fedt&lt;/b&gt; ord &amp; mere</p>\n'
    )


def test_paragraphs_and_headings_are_places_to_come_back_to():
    html = render("## Et\n\nTo\n\n- punkt\n\n  i punkt\n\nTre")
    assert re.findall(r'<(\w+) id="(afsnit-\d+)"', html) == [
        ("h2", "afsnit-1"),
        ("p", "afsnit-2"),
        ("p", "afsnit-3"),
    ]


def test_a_source_becomes_a_note_with_a_way_there_and_back():
    html = render("Det står der[^ABC12]. Og der[^ABC12], og her[^MED].", SOURCES)
    assert "<h2>Kilder</h2>" in html
    assert html.count("<li") == 2, "one note for each source"
    assert 'href="https://example.dk/3"' in html
    assert "Et andet &lt;værk&gt;." in html
    there = set(re.findall(r'href="#(fn\d+)"', html))
    back = set(re.findall(r'href="#(fnref[\d:]+)"', html))
    ids = set(re.findall(r'id="([^"]+)"', html))
    assert there == {"fn1", "fn2"}
    assert len(back) == 3
    assert there | back <= ids
    assert html.count('aria-label="Tilbage til teksten"') == 3


def test_a_source_nobody_names_is_not_listed():
    assert "Kilder" not in render("Ingen kilder her.", SOURCES)
    assert "Et andet" not in render("Kun en[^ABC12].", SOURCES)


def test_a_source_nobody_knows_stays_as_written():
    assert "[^XYZ]" in render("Hvad er det[^XYZ]?", SOURCES)


def test_tables_are_tables():
    html = render("| Dag | Tid |\n|---|---|\n| Man | 9 |")
    assert "<table>" in html
    assert "<td>Man</td>" in html


def test_a_source_used_twice_keeps_its_number():
    html = render("Et[^EKH21] og to[^EKH21].", {"EKH21": "Ekholm 2021"})
    assert html.count(">[1]<") == 2
    assert html.count("Ekholm 2021") == 1
