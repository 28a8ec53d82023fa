"""What somebody wrote in the course, put as they saw it: for the file they take along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from shop.coursework import answers, lessons, rules
from shop.coursework.lessons import Fields
from shop.coursework.models import CHECK
from shop.danish import moment
from shop.sealed import UNREADABLE

Row = list[tuple[str, Any]]
GONE = "Et spørgsmål, der ikke er i kurset længere"
BLANK = "(slettet)"


def written(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Row]]]:
    """Answers by lesson, in the course's order, under the questions as they were asked.

    Of each the newest comes first, and what stood there before with its date.
    """
    asked = _asked()
    known = list(asked)
    by_sheet: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_sheet.setdefault(row["sheet"], []).append(row)
    order = sorted(by_sheet, key=lambda sheet: known.index(sheet) if sheet in asked else len(known))
    return [
        (asked[sheet][0], _answers(asked[sheet][1], by_sheet[sheet]))
        if sheet in asked
        else (sheet, _answers([], by_sheet[sheet]))
        for sheet in order
    ]


def _asked() -> dict[str, tuple[str, Fields]]:
    """What each sheet is called and asks, lessons that were taken out too."""
    places = lessons.places(archived=True)
    found = {place.slug: (f"{place.position}. {place.title}", place.fields) for place in places}
    for slug, questions in lessons.quizzes().items():
        found[slug] = (found[slug][0], found[slug][1] + questions)
    titles = [question.title for question in rules.QUESTIONS]
    own = zip(lessons.own_words(), titles, strict=True)
    found[rules.PLAN] = ("Kørselsplanen", [{**field, "label": title} for field, title in own])
    later = lessons.later_measures([place for place in places if not place.archived])
    found[rules.LATER_SHEET] = ("Kørelogbogen, tre måneder efter", later)
    found[CHECK] = ("Sikkerhedstjekket", [])
    return found


def _answers(fields: Fields, rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    order = {field["name"]: (at, field) for at, field in enumerate(fields)}

    def place(row: Mapping[str, Any]) -> tuple[int, str]:
        return order[row["field"]][0] if row["field"] in order else len(order), row["field"]

    return [
        _one(order[name][1] if name in order else None, name, list(versions))
        for (_, name), versions in groupby(sorted(rows, key=place), place)
    ]


def _one(field: Mapping[str, Any] | None, name: str, versions: list[Mapping[str, Any]]) -> Row:
    label = field["label"] if field else GONE if name != "udfald" else "Hvordan det endte"
    *older, last = versions  # they come oldest first
    before = [(f"Før, {moment(old['changed_at'])}", _said(field, old["value"])) for old in older]
    stands = [(label, _said(field, last["value"])), ("Skrevet", moment(last["changed_at"]))]
    return [*stands, *reversed(before)]


def _said(field: Mapping[str, Any] | None, value: Any) -> Any:
    if value is None or value is UNREADABLE:
        return BLANK if value is None else value
    if field is not None:
        lines = answers.shown(field, value)
        return lines if field["type"] in {"rows", "choices"} else "\n".join(lines)
    if isinstance(value, Mapping) and "pause" in value:
        return "Kurset blev sat på pause." if value["pause"] else "Kurset kunne fortsætte."
    return value if isinstance(value, str | list) else str(value)


def shared(content: Any) -> Any:
    """A shared plan as its writer saw it: questions with what was said, the logbook, the rest."""
    if not isinstance(content, Mapping):
        return content
    told: dict[str, Any] = {"Navn": content.get("name") or ""}
    for question in content["questions"]:
        said = {each["label"]: "\n".join(each["lines"]) for each in question["said"]}
        own = {"Med dine egne ord": question["own"]} if question["own"] else {}
        told[question["title"]] = {**own, **said} or rules.BLANK
    for line in (content["dots"] or {}).get("lines", ()):
        told[line["title"]] = f"Start: {_number(line['start'])}. Nu: {_number(line['now'])}."
    for each in content["appendix"] or ():
        told[each["label"]] = "\n".join(each["lines"])
    return {label: value for label, value in told.items() if value}


def _number(value: int | None) -> str:
    return "ikke udfyldt" if value is None else str(value)
