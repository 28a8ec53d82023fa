"""What the map of all tables may say, and what is wrong with one that says something else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

DELETE, KEEP, IF_NEEDED, WITH_OWNER = "delete", "keep", "if needed", "with owner"
ERASE = (DELETE, KEEP, IF_NEEDED, WITH_OWNER)
LETTER = "letter"  # the column of a mail that holds, encrypted, to whom it went
SECRETS = ("_hash", "token", "key")
INNER = ("_id", "version", "sequence")


@dataclass(frozen=True)
class Entry:
    """One table of the map; the words are those of data_map.toml."""

    title: str
    whose: tuple[str, ...]
    erase: str = ""
    because: str = ""
    emptied: tuple[str, ...] = ()
    names: str = ""
    only: Mapping[str, str] = field(default_factory=dict)
    inner: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    part: str = "other"
    shown: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Entry:
        """From the file. Raises TypeError for a word that an entry does not have."""
        lists = {name: tuple(value) for name, value in written.items() if isinstance(value, list)}
        return cls(**{**written, **lists})

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.shown, *self.inner, *self.secret)


def faults(entries: Mapping[str, Entry], tables: Mapping[str, Collection[str]]) -> Iterator[str]:
    """What to write where, for every table and column that the map and the database disagree on.

    `tables` has the columns of each table, parents before children.
    """
    for name in entries.keys() - tables.keys():
        yield f"[{name}]: there is no such table; take the section out"
    for name, columns in tables.items():
        if name not in entries:
            yield f"{name} is missing. Put this in and look it over:\n{draft(name, columns)}"
            continue
        yield from (f"[{name}] {fault}" for fault in _faults_of(entries[name], columns))


def _faults_of(entry: Entry, columns: Collection[str]) -> Iterator[str]:
    named = entry.columns
    for column in columns:
        if column not in named:
            where = f'inner, secret, or shown ({column} = "what it is called in Danish")'
            yield f"the column {column} is missing: name it in {where}"
    pointed = {*entry.only, *entry.only.values(), *filter(None, [entry.names])}
    for column in {*named, *entry.whose, *entry.emptied, *pointed}:
        if column not in columns:
            yield f"there is no column {column}: take it out"
        if named.count(column) > 1:
            yield f"{column} is named {named.count(column)} times: leave one"
    if not pointed <= {*entry.shown, *entry.inner}:
        yield "names and only are about columns that are shown, or inner"
    if not entry.title:
        yield "wants a title in Danish"
    if entry.whose and entry.erase not in ERASE:
        yield f"erase must be one of {', '.join(ERASE)}"
    if not entry.whose and (entry.erase or entry.shown or entry.emptied):
        yield "is nobody's: no erase, no shown, no emptied"
    if entry.erase != DELETE and not entry.because:
        yield "wants a because: why it stays, or why it is nobody's"


def draft(name: str, columns: Collection[str]) -> str:
    """A first guess at a table's section, to be looked over."""
    whose = [one for one in ("person_id", "order_id", "email") if one in columns][:1]
    secret = [one for one in columns if one.endswith(SECRETS)]
    inner = [
        one
        for one in columns
        if one not in secret and (not whose or one == "id" or one.endswith(INNER))
    ]
    shown = ", ".join(f'{one} = "…"' for one in columns if one not in {*inner, *secret})
    lines = [f"[{name}]", 'title = "…"', f"whose = {_list(whose)}"]
    lines += ['erase = "delete"'] if whose else ['because = "…"']
    lines += [f"inner = {_list(inner)}"]
    lines += [f"secret = {_list(secret)}"] if secret else []
    lines += [f"shown = {{ {shown} }}"] if shown else []
    return "\n".join(lines)


def _list(names: Collection[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
