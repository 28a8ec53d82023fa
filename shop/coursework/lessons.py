"""The course as a set of things to answer: which lesson asks what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from shop.accounts.models import Visitor
from shop.course.models import UNTIL, Lesson, access, who
from shop.coursework import rules
from shop.coursework.models import Stored
from shop.db import db

Fields = list[dict[str, Any]]


class Place(NamedTuple):
    """A lesson with what it asks; the safety check left out."""

    slug: str
    title: str
    position: int
    fields: Fields
    step: str
    short: list[str]
    archived: bool = False


class Asked(NamedTuple):
    """What one sheet asks, and until when its reader has access."""

    homework: str
    quiz: str
    until: datetime | None


_lesson = Lesson.__table__.c
_HOMEWORK, _QUIZ = sa.cast(_lesson.homework, sa.Text), sa.cast(_lesson.quiz, sa.Text)
_ASKED = sa.select(_HOMEWORK, _QUIZ, UNTIL).where(
    _lesson.slug == sa.bindparam("slug"), _lesson.archived_at.is_(None)
)
_PLACES = sa.select(
    *(_lesson.slug, _lesson.title, _lesson.position, _lesson.step),
    *(_lesson.short, _HOMEWORK.label("text"), _QUIZ.label("quiz")),
    _lesson.archived_at.is_not(None).label("archived"),
).order_by(_lesson.position)
_IN_USE = _PLACES.where(_lesson.archived_at.is_(None))


def asked(sheet: str, visitor: Visitor, now: datetime) -> Asked | None:
    """What this sheet asks; None when there is no such sheet."""
    if sheet == rules.PLAN:
        return Asked(json.dumps(own_words()), "[]", access(visitor, now))
    if sheet == rules.LATER_SHEET:
        return Asked(json.dumps(later_measures(places())), "[]", access(visitor, now))
    row = db.session.execute(_ASKED, {"slug": sheet, **who(visitor, now)}).one_or_none()
    return Asked(*row) if row else None


def places(archived: bool = False) -> list[Place]:
    """Every lesson in order with what it asks; those that were taken out only when asked for."""
    return [
        Place(
            *(row.slug, row.title, row.position, _questions(row.text)),
            *(row.step, row.short, row.archived),
        )
        for row in db.session.execute(_PLACES if archived else _IN_USE)
    ]


def quizzes() -> dict[str, Fields]:
    """The quiz of every lesson as fields with their questions, by slug."""
    return {
        row.slug: [
            {"name": f"quiz.{at}", "type": "choice", "label": each["question"]}
            for at, each in enumerate(json.loads(row.quiz))
        ]
        for row in db.session.execute(_PLACES)
    }


@lru_cache(200)
def _questions(text: str) -> Fields:
    return [field for field in json.loads(text) if not field.get("advice")]


def safety_fields() -> Fields:
    """The safety check, as the first lesson that has it asks it."""
    for row in db.session.execute(_IN_USE):
        found = [field for field in json.loads(row.text) if field.get("advice")]
        if found:
            return found
    return []


def find(among: Iterable[Place], names: Iterable[str]) -> tuple[Place, Fields] | None:
    """The lesson that asks for these fields, and those of them it has."""
    wanted = set(names)
    found = [(place, [f for f in place.fields if f["name"] in wanted]) for place in among]
    return (
        max(found, key=lambda pair: len(pair[1]), default=None)
        if any(f for _, f in found)
        else None
    )


def measuring(among: Iterable[Place]) -> list[Place]:
    """The lessons that ask for the Kørelogbog, in order."""
    first = rules.MEASURES[0].name
    return [place for place in among if any(f["name"] == first for f in place.fields)]


def later_measures(among: Iterable[Place]) -> Fields:
    """What is measured three months later: the same as at the end."""
    names = {measure.name for measure in rules.MEASURES} | {rules.CHANGE}
    stations = measuring(among)
    return [f for f in stations[-1].fields if f["name"] in names] if stations else []


def own_words() -> Fields:
    """The plan's own fields: a few words to each question."""
    return [
        {
            "name": rules.own_words(question),
            "type": "long_text",
            "label": "Med dine egne ord",
            "hint": "Her kan du rette, kort af eller skrive noget nyt.",
        }
        for question in rules.QUESTIONS
    ]


def answered(
    among: Iterable[Place], stored: Mapping[str, Mapping[str, Stored]]
) -> dict[str, tuple[dict[str, Any], Any, Stored]]:
    """By field: what was asked, what was answered last, and when; blank answers left out."""
    found = {}
    for place in among:
        for field in place.fields:
            answer = stored.get(place.slug, {}).get(field["name"])
            if answer and answer.shown is not None:
                found[field["name"]] = (field, answer.shown, answer)
    return found
