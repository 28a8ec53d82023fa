"""The lessons' words: every lesson is whole, plain and kind, and the reader of them notices."""

from __future__ import annotations

import dataclasses
import re
import tomllib

import pytest

from audit import content
from shop.course import files
from shop.settings import ROOT

COURSE = files.read(content.COURSE, content.SOUND)
SOURCES = dict(COURSE.course.meta.sources)
FINE = COURSE.lessons[2]
PHONE = re.compile(r"\(tel:(\d+)\)")


@pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.meta.slug)
def test_a_lesson_is_whole_plain_and_kind(lesson):
    assert content.missing(lesson, SOURCES) == []


def test_every_source_is_used():
    assert content.unused(COURSE) == []


def test_the_numbers_in_the_lessons_are_those_that_the_clinic_checks():
    clinic = tomllib.loads((ROOT / "content" / "clinic.toml").read_text(encoding="utf-8"))
    known = {row["number"].replace(" ", "") for row in clinic["laegevagt"]} | {"112", "70201201"}
    found = {number for lesson in COURSE.lessons for number in PHONE.findall(lesson.body)}
    assert found
    assert found <= known


def fields(slug: str) -> dict:
    """A lesson's homework by its fields' names."""
    (found,) = (lesson for lesson in COURSE.lessons if lesson.meta.slug == slug)
    return {field.name: field for field in found.meta.homework}


def test_the_safety_check_is_the_same_both_times():
    first, again = fields("advarselslamper-og-medicin"), fields("omkoersel-naar-smerten-blusser-op")
    checks = {name: field for name, field in first.items() if name.startswith("tjek_")}
    assert len(checks) == 6
    assert checks == {name: field for name, field in again.items() if name.startswith("tjek_")}
    assert all(field.advice.startswith("Hold pause med kurset") for field in checks.values())


@pytest.mark.parametrize("slug", ["natkoersel-soevn-og-hvile", "min-koerselsplan"])
def test_the_same_is_measured_again(slug):
    start = fields("velkommen-paa-koereskolen")
    measures = {name for name, field in start.items() if field.type == "scale"}
    assert len(measures) == 8
    assert measures <= {name for name, field in fields(slug).items() if field.type == "scale"}


def faults(old: str, new: str) -> list[str]:
    """What is found in a fine lesson once it says this instead of that."""
    assert old in FINE.text
    body, text = FINE.body.replace(old, new), FINE.text.replace(old, new)
    return content.missing(dataclasses.replace(FINE, text=text, body=body), SOURCES)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("Du kender det måske fra spejlet.", "Det sidder i hovedet.", "tone: “sidder i hovedet”"),
        ("Du kender det måske fra spejlet.", "Du skal bare i gang.", "tone: “bare”"),
        ("[^LAN18]", "[^LAN19]", "no such source: LAN19"),
        ("\n## Prøv det", "\n## Øvelse", "no exercise"),
        ("*Stop gerne her.", "*Pause.", "no place to stop"),
        ("er der så også sket stor skade?", "er der sket skade.", "no opening question"),
        ("Kører du bil, så vent", "Vent", "manuscript without a word of driving"),
    ],
)
def test_a_fault_is_noticed(old, new, fault):
    assert faults(old, new) == [fault]


def test_a_cure_is_noticed():
    assert faults("Du kender det måske fra spejlet.", "Du bliver smertefri.") == [
        "promise: “Du bliver smertefri.”"
    ]


def test_a_share_is_not_said_that_is_not_written():
    heard = content.halves(FINE.body)[1]
    other = dataclasses.replace(FINE, body=FINE.body.replace(heard, heard.replace("37", "38")))
    assert content.missing(other, SOURCES) == ["said, not written: 38 procent"]


def test_the_reading_level_is_counted_by_hand():
    # 6 words in 2 sentences, of which 2 have more than 6 letters; a heading is no sentence.
    text = content.measured(
        "## En overskrift\n\nDu har ondt[^TOY13].\n\n- Smerterne er [virkelige](/a)!"
    )
    assert (text.words, text.sentences, text.long) == (6, 2, 2)
    assert text.lix == pytest.approx(3 + 100 * 2 / 6)


@pytest.mark.parametrize(
    ("pause", "length"),
    [("Et minut", 1), ("Et halvt minut", 0.5), ("Tyve sekunder", 1 / 3), ("2 minutter", 2)],
)
def test_a_pause_takes_its_time(pause, length):
    assert content.minutes(f"*Pause. {pause}.*") == pytest.approx(length)
