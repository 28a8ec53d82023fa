"""Phone numbers as people type them, Denmark first."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

_DENMARK = 45
_FIRST_DANISH = 20_000_000  # 0 and 1 begin no subscriber's number: Den danske nummerplan


def parsed(typed: str) -> str | None:
    """The number in E.164, "+4520123456"; None when no such number is possible.

    Without + or 00 it is Danish. Spaces, dots, hyphens and a word in front ("tlf.") do no harm; a
    second number, an extension or words behind it do, because they would be lost.
    """
    number_only = re.sub(r"^[^\d+]+(?=[\d+(])", "", typed)
    if any(character.isalpha() for character in number_only):
        return None
    try:
        number = phonenumbers.parse(number_only, "DK")
    except NumberParseException:
        return None
    if number.extension or not phonenumbers.is_possible_number(number):
        return None
    if number.country_code == _DENMARK and (number.national_number or 0) < _FIRST_DANISH:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def shown(e164: str) -> str:
    """A number from parsed() for reading: "20 12 34 56", or "+46 70 123 45 67" from abroad."""
    number = phonenumbers.parse(e164)
    if number.country_code == _DENMARK:
        return " ".join(re.findall("..", f"{number.national_number:08d}"))
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
