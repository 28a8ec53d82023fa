"""The course as files: in, out again byte for byte, and never half."""

from __future__ import annotations

import shutil

import pytest
import sqlalchemy as sa

from shop.course import models
from shop.course.models import Course, Enrolment, Lesson, Progress
from shop.db import db, transaction
from shop.settings import ROOT
from tests.conftest import import_course
from tests.course.conftest import change

FIRST = "01-en.md"
LESSON = "/kursus/en"


SMALL = ROOT / "tests" / "course" / "small"


@pytest.fixture(autouse=True)
def small_course(app):
    """The small course has taken the real one's place."""
    with app.app_context():
        import_course(SMALL)


@pytest.fixture
def flask(app):
    """Runs a flask command; returns (exit code, what it said)."""

    def run(*words: object) -> tuple[int, str]:
        result = app.test_cli_runner().invoke(args=[str(word) for word in words])
        app.extensions["pages_in_memory"].clear()
        return result.exit_code, result.output

    return run


def everything(app) -> list[tuple]:
    """All that an import may have changed, row by row."""
    with app.app_context(), db.engine.connect() as connection:
        return [
            tuple(row)
            for table in (Course.__table__, Lesson.__table__, Progress.__table__)
            for row in connection.execute(sa.select(table).order_by(table.c.id))
        ]


def test_importing_twice_changes_nothing(app, owner, flask):
    owner.get(LESSON).submit("Markér som gennemført")
    before = everything(app)
    code, said = flask("course", "import", SMALL)
    assert (code, said) == (0, "Et lille kursus: 3 lessons\n")
    assert everything(app) == before


def test_what_is_changed_in_a_file_is_changed_on_its_page(owner, flask, folder):
    owner.get(LESSON).submit("Markér som gennemført")
    change(folder / FIRST, "title: Den første", "title: Goddag og velkommen")
    change(folder / "kursus.md", "price_ore: 25000", "price_ore: 39950")
    assert flask("course", "import", folder)[0] == 0
    assert "Goddag og velkommen" in owner.get(LESSON).words()
    assert "Fortryd markeringen" in owner.buttons(), "progress follows the slug"
    assert "399,50 kr." in owner.client.get("/", headers={"Cookie": ""}).get_data(as_text=True)


def test_a_lesson_taken_out_is_gone_and_comes_back_with_its_progress(app, owner, flask, folder):
    owner.get(LESSON).submit("Markér som gennemført")
    kept = (folder / FIRST).rename(folder.parent / FIRST)
    assert flask("course", "import", folder)[0] == 0
    assert owner.get(LESSON).status == 404
    assert owner.get("/kursus/lyd/lyd-en").status == 404
    assert "0 af 2 lektioner gennemført" in owner.get("/kursus").words()
    with app.app_context():
        archived = sa.select(Lesson.archived_at).where(Lesson.slug == "en")
        first_time = db.session.scalars(archived).one()
        assert first_time
    flask("course", "import", folder)
    with app.app_context():
        assert db.session.scalars(archived).one() == first_time
    shutil.copy(kept, folder / FIRST)
    assert flask("course", "import", folder)[0] == 0
    assert "Fortryd markeringen" in owner.get(LESSON).buttons()


def test_an_import_gives_and_takes_no_access(app, owner, flask, folder):
    with app.app_context():
        before = db.session.scalars(sa.select(Enrolment.access_until)).all()
    change(folder / "kursus.md", "access_months: 6", "access_months: 1")
    flask("course", "import", folder)
    with app.app_context():
        assert db.session.scalars(sa.select(Enrolment.access_until)).all() == before


def test_export_writes_what_import_read_byte_for_byte(flask, folder, tmp_path):
    windows = folder / "02-to.md"
    windows.write_bytes(windows.read_bytes().replace(b"\n", b"\r\n"))
    odd = folder / "03-tre.md"
    odd.write_bytes(odd.read_bytes().rstrip(b"\n") + b"  \n\n\n")
    assert flask("course", "import", folder)[0] == 0
    assert flask("course", "export", tmp_path / "out") == (0, "4 files\n")
    exported = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert exported == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert b"\r\n" in exported[windows.name]


def test_export_leaves_out_what_was_taken_out(flask, folder, tmp_path):
    (folder / FIRST).unlink()
    flask("course", "import", folder)
    flask("course", "export", tmp_path / "out")
    assert FIRST not in {path.name for path in (tmp_path / "out").iterdir()}


def test_line_endings_of_windows_are_read_all_the_same(owner, flask, folder):
    windows = folder / FIRST
    windows.write_bytes(windows.read_bytes().replace(b"\n", b"\r\n"))
    flask("course", "import", folder)
    assert "lektions ord står her" in owner.get(LESSON).words()
    assert "[^" not in owner.words(), "the notes are still notes"


def test_a_broken_folder_leaves_the_old_course_whole(app, flask, folder):
    before = everything(app)
    change(folder / "kursus.md", "title: Et lille kursus", "title: Noget nyt")
    change(folder / FIRST, "minutes: 12", "minutes: mange")
    (folder / "02-to.md").write_text("---\nslug: [\n---\nTekst\n")
    code, said = flask("course", "import", folder)
    assert code == 1
    assert "nothing was imported" in said
    assert f"{FIRST}:6: minutes: " in said
    assert "02-to.md:3: front matter: " in said, "all that is wrong at once"
    assert everything(app) == before


def test_there_is_nothing_to_export_before_the_first_import(app, flask, tmp_path):
    with app.app_context():
        with transaction():
            db.session.execute(sa.delete(Lesson))
            db.session.execute(sa.delete(Course))
        assert models.the_course() is None
    assert flask("course", "export", tmp_path / "out") == (1, "Error: there is no course yet\n")


def test_without_a_course_nothing_falls_over(app, browser):
    with app.app_context(), transaction():
        db.session.execute(sa.delete(Lesson))
        db.session.execute(sa.delete(Course))
    app.extensions["pages_in_memory"].clear()
    assert browser.get("/kursus").status == 404
    assert browser.get("/koeb").status == 404
    for path in ("/", "/akut-hjaelp", "/privatlivspolitik", "/sitemap.xml"):
        assert browser.get(path).status == 200, path


def test_the_courses_own_files_come_out_as_they_went_in(flask, tmp_path):
    real = ROOT / "content" / "course"
    assert flask("course", "import", real)[0] == 0
    flask("course", "export", tmp_path / "out")
    exported = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert exported == {path.name: path.read_bytes() for path in real.glob("*.md")}
