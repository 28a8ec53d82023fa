from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

import shop.accounts.actions as accounts
from shop.course import actions, models
from shop.db import transaction
from shop.settings import ROOT
from shop.web import now
from tests.browser import Browser
from tests.conftest import let_in

OWNER = "ejer@example.dk"
STRANGER = "fremmed@example.dk"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a small course, to be changed and broken."""
    return Path(shutil.copytree(ROOT / "tests" / "course" / "small", tmp_path / "course"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def owner(app: Flask, new_browser: Callable[[], Browser]) -> Browser:
    """Somebody signed in who has the course from now on."""
    with app.app_context(), transaction():
        person_id, _ = accounts.find_or_add(OWNER, "Ejer", now())
        actions.enrol(person_id, models.the_course(), 24, "test:1", now())
    return let_in(app, new_browser(), OWNER)


@pytest.fixture
def stranger(app: Flask, new_browser: Callable[[], Browser]) -> Browser:
    """Somebody signed in who has not."""
    with app.app_context(), transaction():
        accounts.find_or_add(STRANGER, "Fremmed", now())
    return let_in(app, new_browser(), STRANGER)
