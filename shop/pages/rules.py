"""Which prices hold on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any


def current(prices: Iterable[Mapping[str, Any]], today: date) -> list[Mapping[str, Any]]:
    """The rows that hold today, by number; one that has run out is never shown as if it held.

    The fees change each 1 April and 1 October (law-and-privacy, speciale 53).
    """
    held = [row for row in prices if row["valid_from"] <= today <= row["valid_until"]]
    return sorted(held, key=lambda row: str(row["number"]))
