"""What can be reckoned from answers: means, a baseline, and dots from start to now. No scores."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any, NamedTuple

from shop.coursework.lessons import Place
from shop.coursework.models import Stored
from shop.coursework.rules import CAUTION, CHANGE, LATER_SHEET, MEASURES, Measure

BASELINE_SHARE = 0.8  # of the mean: a convention of the clinic's, and said to be one
_NUMBER = re.compile(r"\d{1,4}")


def minutes(text: Any) -> int | None:
    """The number of minutes in "20", "ca. 20 min." or "1 time 30"; None when there is none."""
    words = str(text or "").lower()
    numbers = [int(found) for found in _NUMBER.findall(words)]
    if not numbers:
        return None
    hours = re.search(r"\d\s*(?:t\b|tim)", words)
    return numbers[0] * 60 + (numbers[1] if len(numbers) > 1 else 0) if hours else numbers[0]


def mean(numbers: Sequence[float]) -> float | None:
    """The mean, None of nothing."""
    return sum(numbers) / len(numbers) if numbers else None


def baseline(rows: Any) -> dict[str, int] | None:
    """Mean minutes of what was written down, and 80 % of it; None without a number."""
    found = [m for row in rows or () if (m := minutes(row.get("minutter"))) is not None]
    average = mean(found)
    if average is None:
        return None
    return {
        "count": len(found),
        "mean": round(average),
        "baseline": round(average * BASELINE_SHARE),
    }


def next_week(base: Any, choice: Any) -> int | None:
    """Minutes a day next week: the baseline, or 10 % more where that was chosen."""
    found = minutes(base)
    if found is None:
        return None
    return round(found * 1.1) if "10" in str(choice or "") else found


def nights(rows: Any) -> dict[str, Any] | None:
    """Means of the nights that were written down: hours in bed, wakings, and how it felt."""
    rows = rows or []
    in_bed = [length for row in rows if (length := _hours(row.get("i_seng"), row.get("op")))]
    woken = [n for row in rows if (n := minutes(row.get("opvaagninger"))) is not None]
    felt = [row["kvalitet"] for row in rows if isinstance(row.get("kvalitet"), int)]
    if not (in_bed or woken or felt):
        return None
    return {"nights": len(rows), "hours": mean(in_bed), "woken": mean(woken), "felt": mean(felt)}


def _hours(bed: Any, up: Any) -> float | None:
    try:
        start, end = time.fromisoformat(str(bed)), time.fromisoformat(str(up))
    except ValueError:
        return None
    length = (end.hour * 60 + end.minute - start.hour * 60 - start.minute) % (24 * 60)
    return length / 60 if length else None


def number(value: float | None) -> str:
    """7.5 → "7,5", 8.0 → "8"."""
    return "" if value is None else f"{value:.1f}".replace(".0", "").replace(".", ",")


class Dots(NamedTuple):
    """One line of the logbook: what was answered on each occasion, None where nothing was."""

    measure: Measure
    about: str
    values: list[int | None]

    @property
    def start(self) -> int | None:
        return self.values[0] if self.values else None

    @property
    def now(self) -> int | None:
        """The latest answer after the first occasion."""
        later = [value for value in self.values[1:] if value is not None]
        return later[-1] if later else None

    @property
    def better(self) -> str:
        return self.measure.better

    @property
    def title(self) -> str:
        return f"{self.measure.title}: {self.about}" if self.about else self.measure.title


class Logbook(NamedTuple):
    """The Kørelogbog: its occasions, its lines, and what was said of the whole at the end."""

    occasions: list[str]
    lines: list[Dots]
    change: str

    @property
    def caution(self) -> str:
        return CAUTION


def logbook(stations: Sequence[Place], stored: Mapping[str, Mapping[str, Stored]]) -> Logbook:
    """The logbook from the lessons that measure, in order, and the sheet three months later."""
    sheets = [place.slug for place in stations] + [LATER_SHEET]
    names = [*(_occasion(at, place, len(stations)) for at, place in enumerate(stations))]
    names.append("3 mdr. efter")
    if not stored.get(LATER_SHEET):
        sheets, names = sheets[:-1], names[:-1]

    def said(field: str) -> list[Any]:
        return [answer.value if (answer := stored.get(s, {}).get(field)) else None for s in sheets]

    lines = []
    for measure in MEASURES:
        words = [text for text in said(measure.words) if text] if measure.words else []
        if not measure.words or words or any(v is not None for v in said(measure.name)):
            lines.append(Dots(measure, words[0] if words else "", said(measure.name)))
    changes = [text for text in said(CHANGE) if text]
    return Logbook(names, lines, changes[-1] if changes else "")


def _occasion(at: int, place: Place, count: int) -> str:
    if at == 0:
        return "Start"
    return "Slut" if at == count - 1 else f"Lektion {place.position}"
