"""Danish CPR numbers in free text: found, so that they are neither stored nor logged."""

from __future__ import annotations

import re
import unicodedata

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # 29 February in any year

# Patterns read text after _plain(): digits 0 to 9, one kind of hyphen, single blanks.
_YEAR = r"(?:(?:18|19|20)\d\d|\d\d)"
_DATES = (
    rf"(?P<day>\d\d)(?P<month>\d\d){_YEAR}",  # 010190, 01011990
    r"(?P<day>\d\d)(?P<month>\d\d)[-./ ]\d\d",  # 0101-90
    rf"(?P<day>\d\d?)(?P<gap> ?[-./] ?)(?P<month>\d\d?)(?P=gap){_YEAR}",  # 01.01.90, 1/1/1990
    # A date, but not a range of days such as 10-12/11 2026.
    rf"(?P<day>\d\d?)(?:/|\. ?)(?P<month>\d\d?)[- ]{_YEAR}",  # 1/1-90, 01.01 90
    rf"(?P<day>\d\d) (?P<month>\d\d) {_YEAR}",  # 01 01 90
)
_HYPHEN = r" ?[-_] ?\n?|[./]|"
_NO_PRICE = r"(?! ?(?:kr\b|dkk\b|,-|€))"
_SERIAL = rf"(?:(?:{_HYPHEN})\d{{4}}(?!\d)| \d{{4}}(?!\d){_NO_PRICE})"
_IN_PAIRS = r"(?P<day>\d\d) (?P<month>\d\d) \d\d \d\d \d\d(?! ?\d)"  # 01 01 90 12 34
_NUMBERS = tuple(
    re.compile(rf"(?<!\d)(?={spelling})", re.IGNORECASE)
    for spelling in (*(date + _SERIAL for date in _DATES), _IN_PAIRS)
)

# What is certainly another number, though a part of it may look like a date.
_PHONE = r"\+45(?: ?\d){8}(?! ?[-\d])|\+(?!45)[1-9](?: ?\d){6,13}(?! ?[-\d])"
_IBAN = r"\bDK\d\d(?: ?\d{4}){3} ?\d\d(?![-\d])"
_OTHER = re.compile(f"{_PHONE}|{_IBAN}")

_DIGITS = 8  # of a CPR number at least: "1/1-90 1234"
_HYPHENS = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")


def holds_cpr(text: str) -> bool:
    """Whether a CPR number stands anywhere in the text, in any spelling people use.

    The date must exist; there is no checksum to ask, because numbers without modulus 11 are valid
    since 2007 (CPR-kontoret, "Personnumre uden kontrolciffer", cpr.dk). A doubtful number counts as
    one: databeskyttelsesloven § 11 gives us no ground to keep it.
    """
    if sum(map(str.isnumeric, text)) < _DIGITS:
        return False  # nearly every text, and the rest takes a while
    plain = _OTHER.sub("+", _plain(text))
    return any(_is_date(found) for number in _NUMBERS for found in number.finditer(plain))


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).translate(_HYPHENS)
    visible = "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() else c
        for c in folded
        if unicodedata.category(c) != "Cf"
    )
    return re.sub(r"[^\S\r\n]+", " ", visible).replace("\r\n", "\n")


def _is_date(found: re.Match[str]) -> bool:
    day, month = int(found["day"]), int(found["month"])
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]
