"""Forms that are rendered once and filled in for each reader.

A lesson's form is long and the same for everybody but for what they wrote. So the template leaves
marks where that goes; the page is cut at them once, and filling it in is joining strings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from flask import get_template_attribute, url_for
from markupsafe import Markup, escape

from shop.coursework.models import NOTHING, Stored
from shop.danish import moment

OPEN, BAR, CLOSE = "\ue000", "\ue001", "\ue002"  # private use: nobody types them
_MARK = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")
FEWEST_ROWS = 3
SPARE_ROWS = 1
LOST = "Det, du skrev her, kan ikke læses. Det ligger her stadig. Du kan skrive det igen."

Piece = str | tuple[str, ...]


class Given(NamedTuple):
    """What fills a form in: what is stored, and what a refused form had typed into it."""

    stored: Mapping[str, Stored]
    typed: Mapping[str, Any] = {}
    errors: Mapping[str, str] = {}
    more: str = ""  # the field that a row more was asked for
    csrf: str = ""
    pen: str = ""
    key: str = ""
    back: str = ""

    def value(self, name: str) -> Any:
        """What stands in a field: what was typed just now, or what is stored."""
        return self.typed[name] if name in self.typed else self.stored.get(name, NOTHING).value


def mark(kind: str, *rest: Any) -> Markup:
    """Where something of the reader's goes; a function of the templates."""
    return Markup(OPEN + BAR.join([kind, *map(str, rest)]) + CLOSE)  # noqa: S704 (of our own making)


def _cut(text: str) -> list[Piece]:
    pieces: list[Piece] = [*_MARK.split(text)]
    for index in range(1, len(pieces), 2):
        pieces[index] = tuple(str(pieces[index]).split(BAR))
    return pieces


class Sheet:
    """One form, cut at its marks. It knows what each mark says of a field nobody has answered."""

    def __init__(self, name: str, html: str, fields: Sequence[Mapping[str, Any]]) -> None:
        self.name = name
        self._blank: list[str] = []
        self._page: list[tuple[int, str]] = []  # marks of the page itself, and where they are
        self._marks: dict[str, list[tuple[int, str, str]]] = {}  # by field
        self._options = {f["name"]: f.get("options") or () for f in fields}
        self._rows = {f["name"]: Rows(f) for f in fields if f["type"] == "rows"}
        for at, piece in enumerate(_cut(html)):
            self._blank.append(piece if isinstance(piece, str) else self._unanswered(piece))
            if isinstance(piece, tuple) and piece[0] in _OF_PAGE:
                self._page.append((at, _OF_PAGE[piece[0]]))
            elif isinstance(piece, tuple):
                option = piece[2] if len(piece) > 2 else ""
                self._marks.setdefault(piece[1], []).append((at, piece[0], option))

    def _unanswered(self, piece: tuple[str, ...]) -> str:
        if piece[0] == "r":
            return self._rows[piece[1]].html([], FEWEST_ROWS)
        return {"n": "0", "b": " checked", "f": " hidden"}.get(piece[0], "")

    def html(self, given: Given) -> Markup:
        """The form with one reader's words in it."""
        filled = self._blank.copy()
        for at, name in self._page:
            filled[at] = str(escape(getattr(given, name)))
        for name in {*given.stored, *given.typed, *given.errors, given.more}:
            if name in self._marks:
                self._fill(filled, name, given)
        return Markup("".join(filled))  # noqa: S704 (every piece is escaped where it is made)

    def _fill(self, filled: list[str], name: str, given: Given) -> None:
        stored, value = given.stored.get(name, NOTHING), given.value(name)
        options = self._options.get(name, ())
        for at, kind, option in self._marks[name]:
            match kind:
                case "c":
                    filled[at] = _checked(value, option, options)
                case "v":
                    filled[at] = _words(value)
                case "b" | "f" if value is not None:
                    filled[at] = ""
                case "n":
                    filled[at] = str(stored.version)
                case "s" if stored.lost:
                    filled[at] = LOST
                case "s" if stored.changed_at:
                    filled[at] = _saved(stored.changed_at.replace(second=0, microsecond=0))
                case "o" if stored.clashed:
                    filled[at] = _older(self.name)
                case "e" if name in given.errors:
                    filled[at] = _error(given.errors[name])
                case "r":
                    filled[at] = self._rows[name].grown(value, given.more == name)


class Rows:
    """A field that repeats: one row's form, cut at its marks."""

    def __init__(self, field: Mapping[str, Any]) -> None:
        text = str(get_template_attribute("coursework/sheet.html", "row")(field))
        self._pieces = _cut(text)
        self._options = {part["name"]: part.get("options") or () for part in field["fields"]}

    def grown(self, rows: Any, more: bool) -> str:
        """The rows with some to spare, and two more when they were asked for."""
        rows = rows if isinstance(rows, list) else []
        return self.html(rows, max(FEWEST_ROWS, len(rows) + SPARE_ROWS + 2 * more))

    def html(self, rows: Sequence[Mapping[str, Any]], count: int) -> str:
        """So many rows, the first of them filled in."""
        return "".join(self._one(at, rows[at] if at < len(rows) else {}) for at in range(count))

    def _one(self, number: int, row: Mapping[str, Any]) -> str:
        text = "".join(
            piece if isinstance(piece, str) else self._said(piece, row) for piece in self._pieces
        )
        return text.replace(_HERE, str(number)).replace(_HERE_FROM_ONE, str(number + 1))

    def _said(self, piece: tuple[str, ...], row: Mapping[str, Any]) -> str:
        part = piece[1].rpartition(".")[2]
        value = row.get(part)
        if piece[0] == "c":
            return _checked(value, piece[2], self._options[part])
        if piece[0] == "b":
            return " checked" if value is None else ""
        return _words(value)


@lru_cache(500)
def _saved(minute: datetime) -> str:
    return f"Gemt {moment(minute)}"


def _error(words: str) -> str:
    return f'<p class="error"><span class="sr">Fejl: </span>{escape(words)}</p>'


_OF_PAGE = {"t": "csrf", "p": "pen", "k": "key", "a": "back"}
_HERE, _HERE_FROM_ONE = "\ue003", "\ue004"  # a row's number, inside marks too


def row_mark(kind: str, *rest: Any) -> Markup:
    """As `mark`; a row's number is a plain letter, since it stands inside other marks."""
    if kind in {"#0", "#1"}:
        return Markup(_HERE if kind == "#0" else _HERE_FROM_ONE)  # noqa: S704 (one letter)
    return mark(kind, *rest)


def _words(value: Any) -> str:
    return "" if value is None else str(escape(value))


def _checked(value: Any, option: str, options: Sequence[str]) -> str:
    if value is None:
        return ""
    if not options:
        return " checked" if str(value) == option else ""
    text = options[int(option)]
    is_chosen = text in value if isinstance(value, list) else text == value
    return " checked" if is_chosen else ""


def _older(sheet: str) -> str:
    address = escape(url_for("coursework.earlier", sheet=sheet))
    return (
        '<p class="older">Du havde skrevet noget andet her, på en anden skærm. '
        f'<a href="{address}">Se begge dele, og vælg</a></p>'
    )


class Homework(NamedTuple):
    """A lesson's homework: its form, its quiz, and its fields."""

    form: Sheet
    quiz: Sheet | None
    fields: Mapping[str, Mapping[str, Any]]


def quiz_fields(questions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A quiz as fields: the answer kept is the option's own words."""
    return [
        {"name": f"quiz.{at}", "type": "choice", "options": question["options"]}
        for at, question in enumerate(questions)
    ]


@lru_cache(200)
def homework(sheet: str, homework_json: str, quiz_json: str) -> Homework:
    """The forms of one lesson, kept by everything they say."""
    every, questions = json.loads(homework_json), json.loads(quiz_json)
    safety = [field for field in every if field.get("advice")]
    given = [field for field in every if not field.get("advice")]
    template = "coursework/sheet.html"
    form = get_template_attribute(template, "homework")(sheet, given, safety)
    quiz = get_template_attribute(template, "quiz")(sheet, questions) if questions else None
    of_quiz = quiz_fields(questions)
    yes_or_no = [{**field, "options": ["Nej", "Ja"]} for field in safety]
    return Homework(
        Sheet(sheet, form, [*given, *yes_or_no]),
        Sheet(sheet, quiz, of_quiz) if quiz else None,
        {field["name"]: field for field in [*given, *of_quiz]},
    )


@lru_cache(200)
def form(sheet: str, fields_json: str) -> Sheet:
    """A form of some fields alone, as the tools show them."""
    fields = json.loads(fields_json)
    html = get_template_attribute("coursework/sheet.html", "fields")(sheet, fields)
    return Sheet(sheet, html, fields)


@lru_cache(20)
def check_form(fields_json: str) -> Sheet:
    """The safety check's form."""
    fields = json.loads(fields_json)
    html = get_template_attribute("coursework/sheet.html", "check")(fields)
    return Sheet("", html, [{**field, "options": ["Nej", "Ja"]} for field in fields])
