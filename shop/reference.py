"""Numbers that people read aloud: of an order, of an enquiry."""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misread or spells a word
LENGTH = 8


def new() -> str:
    """Eight letters and digits that nobody can guess: one of 30^8."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
