"""What an enquiry may become, how long it is kept, and how its reference is written."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

TOPICS = {
    "forloeb": "Et forløb hos Rasmus",
    "e-forloeb": "E-forløbet »Kørekortet til kroniske smerter«",
    "booking": "En aftale",
    "andet": "Noget andet",
}

HELD = ("suspected", "spam")  # what is in these is mailed to nobody
MOVES = {
    "suspected": frozenset({"new", "spam"}),
    "new": frozenset({"in_progress", "answered", "closed", "spam"}),
    "in_progress": frozenset({"new", "answered", "closed", "spam"}),
    "answered": frozenset({"in_progress", "closed", "spam"}),
    "closed": frozenset({"in_progress", "answered", "spam"}),
    "spam": frozenset({"new"}),
}

# GDPR article 5(1)(e), counted from the last change; none is kept longer than LONGEST_KEPT.
LONGEST_KEPT = timedelta(days=365)
KEPT = {
    "suspected": timedelta(days=90),
    "new": timedelta(days=365),
    "in_progress": timedelta(days=365),
    "answered": timedelta(days=180),
    "closed": timedelta(days=90),
    "spam": timedelta(days=30),
}

_NO_WORDS = {"", "tlf", "tlf.", "tel", "tel.", "telefon", "mobil", "mob."}
_NAME = re.compile(r"[^\W\d_]{1,30}(?:['’-][^\W\d_]{1,30})*")
FEWEST_DIGITS = 6  # of a search that must be for a phone number or a reference


def purge_at(state: str, received_at: datetime, changed_at: datetime) -> datetime:
    """When an enquiry in this state is deleted."""
    return min(changed_at + KEPT[state], received_at + LONGEST_KEPT)


def shown(reference: str) -> str:
    """The reference as people read and say it: "K7M4-2QX9"."""
    return f"{reference[:4]}-{reference[4:]}"


def read_reference(typed: str) -> str | None:
    """The reference that somebody typed or followed, as it is stored; None for what is none."""
    return "".join(letter for letter in typed.upper() if letter.isalnum()) or None


def search_text(name: str, email: str, phone: str, reference: str) -> str:
    """What an enquiry is found by: lower case, a line for each part."""
    return "\n".join((name, email, phone, reference, shown(reference))).lower()


def search_terms(query: str) -> list[str]:
    """What a search looks for: every word of it, or the digits of a number however it is typed."""
    words = [word for word in re.split(r"[\s,;]+", query.lower()) if word not in _NO_WORDS]
    if any(letter.isalpha() for word in words for letter in word):
        return words[:8]
    digits = "".join(letter for word in words for letter in word if letter.isdecimal())
    if len(digits) < FEWEST_DIGITS:
        return words[:8]
    digits = digits.removeprefix("00")
    return [digits.removeprefix("45") if len(digits) > 8 else digits]


def first_name(name: str) -> str:
    """What a person is greeted by; "" when what was typed as a name is none.

    A name goes into a mail to whatever address was typed, so it must not carry an advertisement.
    """
    first = name.split()[0] if name.split() else ""
    return first if _NAME.fullmatch(first) else ""
