"""Each way to break a course file is told by file, line and field."""

from __future__ import annotations

import pytest

from shop.course import files
from shop.settings import ROOT
from tests.course.conftest import change

MEDIA = ROOT / "content" / "audio"
FIRST, THIRD, ABOUT = "01-en.md", "03-tre.md", "kursus.md"


def complaints(folder) -> list[str]:
    with pytest.raises(files.BrokenCourse) as broken:
        files.read(folder, MEDIA)
    assert str(broken.value) == "\n".join(broken.value.complaints)
    return broken.value.complaints


def line_with(folder, file: str, text: str) -> int:
    lines = (folder / file).read_text(encoding="utf-8").split("\n")
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


BREAKAGES = [
    # file, what is replaced, by what, the field that is named, part of what is said
    (FIRST, "minutes: 12", "minutes: mange", "minutes", "integer"),
    (FIRST, "minutes: 12", "minutes: 61", "minutes", "60"),
    (FIRST, "preview: false", "preview: måske", "preview", "boolean"),
    (FIRST, "title: Den", "titel: Den", "titel", "not permitted"),
    (FIRST, "slug: en", "slug: En", "slug", "pattern"),
    (FIRST, "slug: en", "slug: plan", "slug", "something else"),
    (FIRST, "slug: en", "slug: lyd", "slug", "something else"),
    (FIRST, "module: 1", "module: 9", "module", "9 is not in kursus.md"),
    (FIRST, "position: 1", "position: 0", "position", "greater"),
    ("02-to.md", "position: 2", "position: 1", "position", "taken by"),
    (FIRST, "type: long_text", "type: roman", "homework.0.type", "long_text"),
    (FIRST, "name: haab", "name: Håb", "homework.0.name", "pattern"),
    (FIRST, "name: haab", "name: dage", "homework", "same name"),
    (FIRST, "type: long_text", "type: choice", "homework.0", "options belong"),
    (FIRST, "type: long_text", "type: rows", "homework.0", "fields belong"),
    (FIRST, "[Mandag, Tirsdag]", "[Mandag, Tirsdag], advice: Ring", "homework.1", "Ja and Nej"),
    (FIRST, "goals:", "short: [En, To, Tre, Fire]\ngoals:", "short", "3 items"),
    (FIRST, "answer: 0", "answer: 3", "quiz.0", "one of the options"),
    (FIRST, "answer: 0", "answer: -1", "quiz.0.answer", "greater"),
    (FIRST, "goals:", "maal:", "goals", "required"),
    (FIRST, "file: du-er", "file: findes-ikke-du-er", "audio.file", "not in MEDIA_ROOT"),
    (FIRST, "file: du-er", "file: ../du-er", "audio.file", "pattern"),
    (FIRST, "[^ABC12]", "[^XYZ99]", "sources", "XYZ99 is not in kursus.md"),
    (ABOUT, "price_ore: 25000", "price_ore: 499.5", "price_ore", "integer"),
    (ABOUT, "price_ore: 25000", "price_ore: 0", "price_ore", "greater"),
    (ABOUT, "currency: dkk", "currency: eur", "currency", "dkk"),
    (ABOUT, "access_months: 6", "access_months: 0", "access_months", "greater"),
    (ABOUT, "{number: 1,", "{nummer: 1,", "modules.0.number", "required"),
]


@pytest.mark.parametrize(("file", "old", "new", "field", "said"), BREAKAGES)
def test_what_is_wrong_is_named(folder, file, old, new, field, said):
    change(folder / file, old, new)
    found = [complaint for complaint in complaints(folder) if f": {field}: " in complaint]
    assert found, complaints(folder)
    assert found[0].startswith(f"{file}:")
    assert said in found[0]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (FIRST, "minutes: 12", "minutes: mange"),
        (FIRST, "preview: false", "preview: måske"),
        (FIRST, "file: du-er-ikke-alene.mp3", "file: nej.mp3"),
        (ABOUT, "currency: dkk", "currency: eur"),
        (ABOUT, "access_months: 6", "access_months: 0"),
    ],
)
def test_the_line_is_the_one_to_mend(folder, file, old, new):
    change(folder / file, old, new)
    field = "audio" if new.startswith("file") else new.partition(":")[0]
    line = line_with(folder, file, f"{field}:")
    assert complaints(folder)[0].startswith(f"{file}:{line}: ")


def test_a_line_deep_inside_is_found_too(folder):
    change(folder / FIRST, "{name: dage, type: choice", "{name: dage, type: valg")
    line = line_with(folder, FIRST, "  - {name: dage")
    assert complaints(folder)[0].startswith(f"{FIRST}:{line}: homework.1.type: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"---\nslug: [\n---\nTekst\n", "front matter"),
        (b"---\nslug: a: b\n---\nTekst\n", "front matter"),
        (b"---\ntitle: \tx\n\tslug: y\n---\nTekst\n", "front matter"),
        (b"---\n- a\n- b\n---\nTekst\n", "required"),
        (b"---\nbare ord\n---\nTekst\n", "required"),
        (b"Ingen front matter\n", "required"),
        (b"---\nslug: a\n", "required"),
        (b"", "required"),
        ("---\nslug: bl\xe5\n---\n".encode("latin-1"), "not UTF-8"),
        (b"---\nslug: \x00\n---\nTekst\n", "front matter"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(folder, content, said):
    (folder / THIRD).write_bytes(content)
    found = complaints(folder)
    assert all(complaint.startswith(f"{THIRD}:") for complaint in found), found
    assert said in found[0]


def test_a_slip_in_the_syntax_is_found_on_its_line(folder):
    change(folder / FIRST, "title: Den første", "title: Den: første")
    line = line_with(folder, FIRST, "title")
    assert complaints(folder)[0].startswith(f"{FIRST}:{line}: front matter: ")


def test_a_lesson_without_words_is_no_lesson(folder):
    change(folder / THIRD, "Den tredje lektions ord.", " ")
    assert complaints(folder) == [f"{THIRD}:1: body: the text is missing"]


def test_a_folder_without_its_main_file_is_no_course(folder):
    (folder / ABOUT).unlink()
    assert complaints(folder) == ["kursus.md:1: the file is missing"]


def test_everything_wrong_is_told_at_once(folder):
    change(folder / FIRST, "minutes: 12", "minutes: mange")
    change(folder / THIRD, "preview: false", "preview: ja tak")
    change(folder / ABOUT, "currency: dkk", "currency: eur")
    assert {complaint.partition(":")[0] for complaint in complaints(folder)} == {
        FIRST,
        THIRD,
        ABOUT,
    }


def test_two_files_may_not_share_an_address(folder):
    change(folder / THIRD, "slug: tre", "slug: en")
    [found] = complaints(folder)
    assert found.startswith(f"{THIRD}:2: slug: en is taken by {FIRST}")
