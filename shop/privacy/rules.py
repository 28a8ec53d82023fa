"""How long somebody may think an erasure over, and which of their rows stay after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from shop.privacy.map_rules import IF_NEEDED, KEEP, WITH_OWNER, Entry

COOLING = timedelta(days=7)
LOG_KEPT = timedelta(days=3 * 365)

Keys = Mapping[str, Mapping[str, str]]  # of each table: its foreign keys, column → table


def staying(
    entries: Mapping[str, Entry], rows: Mapping[str, Sequence[Mapping[str, Any]]], keys: Keys
) -> dict[str, list[Mapping[str, Any]]]:
    """The rows that stay, by table; `entries` has parents before children.

    What must be kept stays, then whatever that points at, then what goes with its owner.
    """
    stays: dict[str, list[Mapping[str, Any]]] = {}
    needed: dict[str, set[Any]] = {name: set() for name in entries}
    for name, entry in reversed(list(entries.items())):
        of = rows.get(name, [])
        if entry.erase == KEEP:
            stays[name] = list(of)
        elif entry.erase == IF_NEEDED:
            stays[name] = [row for row in of if row["id"] in needed[name]]
        for row in stays.get(name, []):
            for column, target in keys[name].items():
                if column not in entry.emptied:
                    needed[target].add(row[column])
    for name, entry in entries.items():
        if entry.erase == WITH_OWNER:
            [column] = entry.whose
            owners = {row["id"] for row in stays.get(keys[name][column], [])}
            stays[name] = [row for row in rows.get(name, []) if row[column] in owners]
    return stays
