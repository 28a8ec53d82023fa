"""Phone numbers: Denmark first, from however they are typed to how they are read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.phone import parsed, shown


@pytest.mark.parametrize(
    "typed",
    [
        "20 12 34 56",
        "20-12-34-56",
        "20.12.34.56",
        "2012 3456",
        "20123456",
        "  20123456 ",
        "+45 20 12 34 56",
        "+4520123456",
        "(+45) 20 12 34 56",
        "0045 20123456",
        "45 20 12 34 56",
        "Tlf. 20 12 34 56",
        "mobil: +45 20123456",
        "20123456.",
        "２０１２３４５６",
        "20\u00a012\u00a034\u00a056",
        "\u202a+45 20 12 34 56\u202c",
    ],
)
def test_a_danish_number_is_read(typed):
    assert parsed(typed) == "+4520123456"


@pytest.mark.parametrize(
    ("typed", "number", "read"),
    [
        ("+46 70 123 45 67", "+46701234567", "+46 70 123 45 67"),
        ("+46 (0)70-123 45 67", "+46701234567", "+46 70 123 45 67"),
        ("0049 30 12345678", "+493012345678", "+49 30 12345678"),
        ("+47 22 12 34 56", "+4722123456", "+47 22 12 34 56"),
        ("+298 211234", "+298211234", "+298 21 12 34"),
        ("80 20 30 40", "+4580203040", "80 20 30 40"),
    ],
)
def test_other_numbers_are_read_and_shown(typed, number, read):
    assert parsed(typed) == number
    assert shown(number) == read


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "+",
        "+45",
        "112",
        "2012345",
        "201234567",
        "00000000",
        "12 34 56 78",
        "+45 01 23 45 67",
        "+999 12345678",
        "20 12 34 56 / 30 12 34 56",
        "20123456 efter kl. 16",
        "20123456 lok. 12",
        "20123456#12",
        "20KIRSTEN",
        "kirsten@example.dk",
        "9" * 300,
    ],
)
def test_what_cannot_be_rung_is_none(typed):
    assert parsed(typed) is None


@given(
    st.integers(20_000_000, 99_999_999).map(str),
    st.sampled_from(["", "+45", "0045", "+45 ", "0045 ", "(+45) ", "tlf.: "]),
    st.sampled_from(["", " ", "-", "."]),
)
def test_every_danish_number_comes_back(number, prefix, gap):
    read = parsed(prefix + gap.join(re.findall("..", number)))
    assert read == f"+45{number}"
    assert parsed(shown(read)) == read


@given(st.one_of(st.text(), st.text("+0123456789 ()-./#,;xæ")))
def test_any_text_is_a_number_that_can_be_shown_or_none(typed):
    number = parsed(typed)
    assert number is None or (re.fullmatch(r"\+[1-9]\d{3,16}", number) and shown(number))
