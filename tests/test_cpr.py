"""CPR numbers in free text: caught in every spelling, and little else."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.cpr import holds_cpr

CAUGHT = """
010190-1234
010190 1234
0101901234
010190 - 1234
010190 – 1234
010190—1234
010190‑1234
010190−1234
010190-1234
010190.1234
010190/1234
01.01.90-1234
01/01/90 1234
01-01-90-1234
01 01 90 1234
01 01 90-1234
01 01 90 12 34
01 - 01 - 90 - 1234
01. 01. 90 - 1234
01-01-1990-1234
01.01.1990 1234
01011990-1234
010119901234
0101-90-1234
0101 90 1234
1/1-90 1234
1/1/1990-1234
01.01-90-1234
290200-1234
290201-1234
311299-9999
010165-0000
cpr010190-1234
CPR:010190-1234.
mit nr.(010190-1234)
født 1957 010190-1234
010190-1234 2000 Frederiksberg
010190-1234, 20 12 34 56
20 12 34 56 010190-1234
+45 20 12 34 56 010190-1234
+60 010190-1234
a0101901234@example.dk
https://klinik.example.dk/?cpr=0101901234
""".strip().splitlines()

PASSED = """
+45 20 12 34 56
+4520123456
(+45) 20 12 34 56
0045 20123456
0045 20 12 34 56
45 20 12 34 56
4520123456
20 12 34 56
20-12-34-56
20.12.34.56
2012 3456
20123456
20 12 34 56 30 11 22 33
20123456 / 30112233
20 12 34 56, 30 11 22 33
+46 10 121 23 45
+49 30 12 11 20 45
+1 201 012 1234
499 kr.
1.200-1.500 kr.
01.01.2026 1200 kr.
01.01.26 1.450,-
1/1-2026 3600 kr
01.01.2026 kl. 14
01.01.2026 kl. 14.00
01.01.2026 14:00
den 1.-3. 10 2026
10-12/11 2026
2026-10-12 1400
1/2 2026 og 3/4 2026
01.01.1960
født 01.01.1960, 8000 Aarhus C
kl. 10.30-12.30
10.12-11.45
2019-2020
1998, 2004, 2011-2013 og 2020
1234 0012345678
reg. 2612 konto 0012345678
9570-0012345678
DK50 0040 0440 1162 43
DK5000400440116243
DK02 0101 1990 1234 56
CVR 12 34 56 78
310290-1234
320190-1234
001990-1234
011390-1234
1101901234567
0101901234567890
5 6 10 1000
ordre 7KQ2M9XA
010190
010190-123
010190-12345
""".strip().splitlines()


@pytest.mark.parametrize("text", CAUGHT)
def test_a_cpr_number_is_caught(text):
    assert holds_cpr(text)


@pytest.mark.parametrize("text", PASSED)
def test_another_number_is_not(text):
    assert not holds_cpr(text)


@pytest.mark.parametrize(
    "text",
    [
        "０１０１９０－１２３４",  # full width
        "٠١٠١٩٠-١٢٣٤",  # Arabic-Indic
        "𝟎𝟏𝟎𝟏𝟗𝟎-𝟏𝟐𝟑𝟒",  # bold
        "0101\u200b90-12\u200d34",
        "010190\u00ad1234",
        "010190\u00a0\u202f1234",
        "010190\t1234",
        "010190-\r\n1234",
        "\ufeff010190-1234",
        "\u202a010190-1234\u202c",
    ],
)
def test_odd_characters_hide_nothing(text):
    assert holds_cpr(text)


def test_a_birthday_over_a_postcode_is_an_address():
    assert not holds_cpr("Kirsten Prøve, 01.01.1960\n8000 Aarhus C")


BIRTHDAYS = st.dates(date(1900, 1, 1), date(2057, 12, 31))
SERIALS = st.from_regex(r"\A[0-9]{4}\Z")
BETWEEN = st.sampled_from(["", "-", "–", " ", "  ", " - ", " – ", "\u00a0", "- ", " -"])
WITHIN = st.sampled_from(["", ".", "/", "-", " ", "–", ". "])
YEARS = st.sampled_from(["%y", "%Y"])
DIGITS = st.sampled_from(["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩"])
PROSE = """jeg har haft ondt i ryggen, siden 2012. Mit cpr-nummer er og koster 499 kr. kl. 14
(nu) den 3. maj 1/2 på Ærø: ring 20123456 – tak! :-) ; -"""
WORDS = st.lists(st.sampled_from([*PROSE.split(), "\n"])).map(" ".join)


@given(WORDS, BIRTHDAYS, WITHIN, YEARS, BETWEEN, SERIALS, DIGITS, WORDS)
def test_every_number_in_every_spelling(before, born, within, year, between, serial, digits, after):
    number = f"{born:%d}{within}{born:%m}{within}{born.strftime(year)}{between}{serial}"
    written = number.translate(str.maketrans("0123456789", digits))
    assert holds_cpr(f"{before} {written}, {after}")
    assert holds_cpr(f"{before}: {written}.")
    assert holds_cpr(f"{before}\n{written}\n{after}")


@given(
    WORDS.filter(lambda words: not re.search(r"\d\D*\Z", words)),
    st.integers(20_000_000, 99_999_999).map(str),
    st.sampled_from(["{}{}{}{}", "{} {} {} {}", "{}-{}-{}-{}", "{}.{}.{}.{}", "{}{} {}{}"]),
    st.sampled_from(["", "+45", "+45 ", "0045", "0045 ", "(+45) ", "tlf. ", "45 "]),
    st.sampled_from(["", ".", ", tak", " efter middag", "\n\nHilsen Kirsten", " (privat)"]),
)
def test_no_phone_number_is_taken_for_one(before, number, spelling, prefix, after):
    pairs = re.findall("..", number)
    assert not holds_cpr(f"{before} {prefix}{spelling.format(*pairs)}{after}")


@given(st.text())
def test_any_text_has_an_answer(text):
    assert holds_cpr(text) in {True, False}
    assert holds_cpr(f"{text} 010190-1234")
