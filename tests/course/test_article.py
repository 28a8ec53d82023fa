"""A lesson's article is kept as it was rendered, and is never older than the last import."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from shop import create_app
from shop.course.article import article
from shop.settings import ROOT, Settings
from tests.conftest import import_course
from tests.course.conftest import change

LESSON = "/kursus/en"
SMALL = ROOT / "tests" / "course" / "small"


@pytest.fixture(autouse=True)
def small_course(app):
    """The small course has taken the real one's place."""
    with app.app_context():
        import_course(SMALL)


def import_elsewhere(given: Settings, directory: Path) -> None:
    with create_app(given).app_context():
        import_course(directory)


CHANGES = [
    ("01-en.md", "Den første\n", "Den allerførste\n"),
    ("01-en.md", "hvad der sker.", "hvad der skete."),
    ("01-en.md", "Hvad håber du på?", "Hvad ønsker du dig?"),
    ("01-en.md", "Er det en prøve?", "Er det for alvor?"),
    ("01-en.md", "title: Lyd", "title: Hør her"),
    ("01-en.md", "ord står her", "ord stod her"),
    ("kursus.md", "Begyndelsen", "Starten"),
    ("kursus.md", "Et opslagsværk", "Et leksikon"),
]


@pytest.mark.endurance
def test_what_another_process_imports_shows_at_once(app, owner, folder):
    owner.get(LESSON)
    for file, old, new in CHANGES:
        assert old.strip().removeprefix("title: ") in owner.text
        change(folder / file, old, new)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        elsewhere.submit(import_elsewhere, app.extensions["settings"], folder).result()
    owner.get(LESSON)
    for _, _, new in CHANGES:
        assert new.strip().removeprefix("title: ") in owner.text


def test_a_lesson_more_is_counted_at_once(app, owner, folder):
    assert "Lektion 1 af 3" in owner.get(LESSON).words()
    (folder / "03-tre.md").unlink()
    with app.app_context():
        import_course(folder)
    assert "Lektion 1 af 2" in owner.get(LESSON).words()


def test_it_is_rendered_once_for_all_readers(owner, browser, new_browser):
    article.cache_clear()
    for visitor in (owner, owner, browser, new_browser()):
        visitor.get("/kursus/to")
    assert article.cache_info().misses == 1


def test_what_is_the_readers_own_is_not_kept(owner, stranger):
    assert "Markér som gennemført" in owner.get(LESSON).buttons()
    owner.submit("Markér som gennemført")
    assert "Fortryd markeringen" in owner.get(LESSON).buttons()
    assert stranger.get(LESSON).status == 403
