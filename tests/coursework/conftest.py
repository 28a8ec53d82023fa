from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from shop.accounts.models import Person
from shop.coursework import models
from shop.db import db
from tests.browser import Browser
from tests.conftest import let_in
from tests.course.conftest import OWNER, owner, stranger  # noqa: F401 (fixtures)

FIRST = "velkommen-paa-koereskolen"
CHECKED = "advarselslamper-og-medicin"
GATED = "alarm-eller-skade"
FLARE_UP = "omkoersel-naar-smerten-blusser-op"
LAST = "min-koerselsplan"


class Writer:
    """Somebody who has the course and has agreed to our keeping what they write."""

    def __init__(self, app: Flask, browser: Browser) -> None:
        self.app, self.browser = app, browser

    @property
    def person_id(self) -> int:
        with self.app.app_context():
            return int(db.session.scalar(sa.select(Person.id).where(Person.email == OWNER)) or 0)

    def agree(self) -> Writer:
        self.browser.get(f"/kursus/{FIRST}").submit("Gem mine svar her", agree="1")
        assert self.browser.status == 303, self.browser.text
        return self

    def token(self) -> str:
        self.browser.get("/kursus/samtykke")
        return self.browser.csrf()

    def send(self, sheet: str, base: int = 0, pen: str = "pen-a", **words: Any) -> dict[str, Any]:
        """Saves one field as the page's script does; returns what the page is told."""
        fields = {**words, "pen": pen, "csrf_token": self.token()}
        for name in {name.partition(".")[0] for name in words}:
            fields[f"base.{name}"] = str(base)
        self.browser.post(f"/kursus/svar/{sheet}", fields, Accept="application/json")
        return json.loads(self.browser.text) if self.browser.response.is_json else {}

    def write(self, sheet: str, **words: Any) -> None:
        """As `send`, for a field that stands as this page knows it."""
        for name, value in words.items():
            now_standing = self.stored(sheet).get(name, models.NOTHING)
            self.send(sheet, now_standing.version, **{name: value})
            assert self.browser.status == 200, self.browser.text

    def stored(self, sheet: str) -> dict[str, models.Stored]:
        with self.app.app_context():
            return (models.answers(self.person_id, sheet) or {}).get(sheet, {})

    def versions(self, sheet: str, field: str) -> list[Any]:
        """Every value there ever was in this field, newest first."""
        with self.app.app_context():
            rows = models.history(self.person_id, sheet)
        return [row.value for row in rows if row.field == field]


@pytest.fixture
def writer(app: Flask, owner: Browser) -> Writer:  # noqa: F811
    return Writer(app, owner).agree()


@pytest.fixture
def another_screen(app: Flask, new_browser: Callable[[], Browser]) -> Browser:
    """The same person at another machine."""
    return let_in(app, new_browser(), OWNER)
