"""How long what people did in the course outlives their access, how long somebody may think an
erasure over, and which of their rows stay after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shop.privacy.map_rules import IF_NEEDED, KEEP, WITH_OWNER, Entry

COOLING = timedelta(days=7)
LOG_KEPT = timedelta(days=3 * 365)
LIST_KEPT = timedelta(days=90)  # of who was erased: as long as backups, deploy/shop-backup.service
ANSWERS_KEPT = timedelta(days=365)  # after the last access ended (GDPR article 5(1)(e))
TOLD_BEFORE = timedelta(days=30)  # at the least, between the mail about it and the deletion
TELL_AT = timedelta(days=31)  # before it is due: the purge comes by once a day


def access_ended(is_open: bool, until: datetime, last_heard: datetime | None) -> datetime:
    """When an access ended, or will: at its end, or before that with the payment it came from.

    One that is closed ended at the latest when something was last written on its order's timeline.
    """
    return until if is_open or last_heard is None else min(until, last_heard)


def deleted_at(ended_at: datetime, told_at: datetime) -> datetime:
    """When what somebody left in the course goes, if they were, or are, told of it at `told_at`."""
    return max(ended_at + ANSWERS_KEPT, told_at + TOLD_BEFORE)


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
