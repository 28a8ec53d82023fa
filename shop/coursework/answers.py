"""An answer on its way in and out: from a form's fields to a value, and to words that are read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from shop.cpr import holds_cpr
from shop.danish import date as shown_date
from shop.db import UNREADABLE

Field = Mapping[str, Any]
Posted = Mapping[str, Sequence[str]]

LONGEST = {"text": 300, "long_text": 8000}  # letters
MOST_ROWS = 40
HIGHEST = 10  # of a scale

CPR = "Her står noget, der ligner et CPR-nummer. Slet det, så gemmer vi resten."
TOO_LONG = "Det er for langt til, at vi kan gemme det. Skriv højst {} tegn."
STRANGE = "Det kunne vi ikke læse. Vælg eller skriv det igen."


class Unreadable(Exception):
    """What was sent cannot be kept; the message says why, to its writer."""


def read(field: Field, posted: Posted, name: str = "") -> Any:
    """The value of one field of a form; None for one left blank. Raises Unreadable.

    A value is a string, a number, a list of strings, or for rows a list of objects.
    """
    name = name or field["name"]
    if field["type"] == "rows":
        return _rows(field, posted, name)
    given = [text for text in posted.get(name, ()) if text.strip()]
    if not given:
        return None
    kind = field["type"]
    if kind == "choices":
        if not set(given) <= set(field["options"]):
            raise Unreadable(STRANGE)
        return [option for option in field["options"] if option in given]
    return _READERS[kind](field, given[-1])


def _rows(field: Field, posted: Posted, name: str) -> Any:
    start = re.compile(rf"{re.escape(name)}\.(\d{{1,3}})\.")
    numbers = sorted({int(found[1]) for key in posted if (found := start.match(key))})
    rows = []
    for number in numbers[:MOST_ROWS]:
        row = {
            part["name"]: value
            for part in field["fields"]
            if (value := read(part, posted, f"{name}.{number}.{part['name']}")) is not None
        }
        if row:
            rows.append(row)
    return rows or None


def _text(field: Field, given: str) -> str:
    lines = given.replace("\r\n", "\n").replace("\r", "\n").strip()
    text = "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) != "Cc")
    if field["type"] == "text":
        text = " ".join(text.split())
    if len(text) > LONGEST[field["type"]]:
        raise Unreadable(TOO_LONG.format(LONGEST[field["type"]]))
    if holds_cpr(text):
        raise Unreadable(CPR)
    return text


def _scale(_field: Field, given: str) -> int:
    if not (given.isascii() and given.isdigit() and int(given[:3]) <= HIGHEST):
        raise Unreadable(STRANGE)
    return int(given)


def _choice(field: Field, given: str) -> str:
    if given not in field["options"]:
        raise Unreadable(STRANGE)
    return given


def _date(_field: Field, given: str) -> str:
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError as error:
        raise Unreadable(STRANGE) from error


def _time(_field: Field, given: str) -> str:
    try:
        return time.fromisoformat(given).strftime("%H:%M")
    except ValueError as error:
        raise Unreadable(STRANGE) from error


_READERS = {
    "text": _text,
    "long_text": _text,
    "scale": _scale,
    "choice": _choice,
    "date": _date,
    "time": _time,
}


def shown(field: Field, value: Any) -> list[str]:
    """An answer as lines to read; none for one left blank. A row is one line."""
    if value is None or value is UNREADABLE:
        return [] if value is None else [UNREADABLE]
    match field["type"]:
        case "rows" if isinstance(value, list):
            return [_row(field, row) for row in value if isinstance(row, Mapping)]
        case "choices" if isinstance(value, list):
            return [str(option) for option in value]
        case "scale":
            return [f"{value} af {HIGHEST}"]
        case "date":
            return [_day(value)]
        case "time":
            return [f"kl. {_clock(value)}"]
    return str(value).split("\n")


def _row(field: Field, row: Mapping[str, Any]) -> str:
    parts = []
    for part in field["fields"]:
        lines = shown(part, row.get(part["name"]))
        if lines:
            named = part["type"] in {"scale", "time", "choice"} or lines[0].isdigit()
            parts.append(
                f"{part['label'].rstrip('?:')}: {', '.join(lines)}" if named else ", ".join(lines)
            )
    return " · ".join(parts)


def _day(value: Any) -> str:
    try:
        return shown_date(date.fromisoformat(str(value)))
    except ValueError:
        return str(value)


def _clock(value: Any) -> str:
    hours, _, minutes = str(value).partition(":")
    return f"{hours.lstrip('0') or '0'}.{minutes}"
