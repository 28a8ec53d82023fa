"""Posts to try the enquiry form with: spam that must be set aside, ham that must arrive."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shop.enquiries.spam import Post

FOLDER = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Entry:
    """One post, with everything the form asks for; `expect` holds the reasons to set it aside."""

    name: str
    email: str
    phone: str
    topic: str
    message: str
    trap: str
    seconds: float
    expect: tuple[str, ...] = ()

    @property
    def post(self) -> Post:
        return Post(self.name, self.email, self.phone, self.message, self.trap, self.seconds)

    def __str__(self) -> str:
        return f"{self.name} {self.message}"[:40].encode("ascii", "replace").decode()


def spam() -> Iterator[Entry]:
    """Every post of corpus/spam.toml, in its order."""
    yield from _read("spam.toml")


def ham() -> Iterator[Entry]:
    """Every post of corpus/ham.toml, in its order."""
    yield from _read("ham.toml")


def _read(name: str) -> Iterator[Entry]:
    for entry in tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))["post"]:
        yield _entry(**entry)


def _entry(message: str, expect: list[str] | None = None, repeat: int = 1, **rest: Any) -> Entry:
    return Entry(message=message * repeat, expect=tuple(expect or ()), **rest)
