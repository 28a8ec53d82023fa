"""What a form's fields become, and how an answer reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.coursework import answers, derived
from shop.coursework.answers import Unreadable

TEXT = {"name": "f", "type": "text", "label": "Ord"}
LONG = {"name": "f", "type": "long_text", "label": "Flere ord"}
SCALE = {"name": "f", "type": "scale", "label": "Hvor meget"}
ONE = {"name": "f", "type": "choice", "label": "Én", "options": ["A, eller", "B"]}
SEVERAL = {"name": "f", "type": "choices", "label": "Flere", "options": ["A", "B", "C"]}
DAY = {"name": "f", "type": "date", "label": "Dag"}
CLOCK = {"name": "f", "type": "time", "label": "Klokken"}
PARTS = [{**TEXT, "name": "hvad"}, {**DAY, "name": "dag"}, {**SCALE, "name": "grad"}]
ROWS = {"name": "f", "type": "rows", "label": "Rækker", "fields": PARTS}


@pytest.mark.parametrize(
    ("field", "posted", "value", "lines"),
    [
        (TEXT, {"f": ["  Ro \t og  mod "]}, "Ro og mod", ["Ro og mod"]),
        (LONG, {"f": ["Ro\r\nog\rmod\x07 "]}, "Ro\nog\nmod", ["Ro", "og", "mod"]),
        (SCALE, {"f": ["0"]}, 0, ["0 af 10"]),
        (SCALE, {"f": [""]}, None, []),
        (SCALE, {}, None, []),
        (ONE, {"f": ["A, eller"]}, "A, eller", ["A, eller"]),
        (SEVERAL, {"f": ["C", "A"]}, ["A", "C"], ["A", "C"]),
        (DAY, {"f": ["2026-11-25"]}, "2026-11-25", ["25. november 2026"]),
        (CLOCK, {"f": ["07:05"]}, "07:05", ["kl. 7.05"]),
        (
            ROWS,
            {"f.0.hvad": ["Gå"], "f.0.dag": ["2026-12-01"], "f.1.hvad": [" "], "f.7.grad": ["3"]},
            [{"hvad": "Gå", "dag": "2026-12-01"}, {"grad": 3}],
            ["Gå · 1. december 2026", "Hvor meget: 3 af 10"],
        ),
        (ROWS, {"f.x.hvad": ["Gå"], "ff.0.hvad": ["Gå"]}, None, []),
    ],
)
def test_a_field_becomes_a_value_and_the_value_lines(field, posted, value, lines):
    assert answers.read(field, posted) == value
    assert answers.shown(field, value) == lines


@pytest.mark.parametrize(
    ("field", "given"),
    [
        (SCALE, "11"),
        (SCALE, "1.5"),
        (SCALE, "²"),
        (ONE, "C"),
        (DAY, "25/11"),
        (CLOCK, "25:00"),
        (TEXT, "x" * 301),
        (TEXT, "010190-1234"),
        (LONG, "Mit nummer er\n010190 1234"),
    ],
)
def test_what_is_no_answer_is_refused(field, given):
    with pytest.raises(Unreadable):
        answers.read(field, {"f": [given]})
    with pytest.raises(Unreadable):
        answers.read({**ROWS, "fields": [{**field, "name": "del"}]}, {"f.0.del": [given]})


@given(st.dictionaries(st.text(max_size=12), st.lists(st.text(max_size=30), max_size=3)))
def test_no_form_breaks_it(posted):
    for field in (TEXT, LONG, SCALE, ONE, SEVERAL, DAY, CLOCK, ROWS):
        given = posted | {"f": next(iter(posted.values()), [])}
        try:
            value = answers.read(field, given)
        except Unreadable:
            continue
        assert all(isinstance(line, str) for line in answers.shown(field, value))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("20", 20), ("ca. 30 min.", 30), ("1 time 30", 90), ("2 timer", 120), ("lidt", None)],
)
def test_minutes_as_people_write_them(text, minutes):
    assert derived.minutes(text) == minutes


def test_a_baseline_is_four_fifths_of_the_mean():
    rows = [{"minutter": "20"}, {"aktivitet": "Hvile"}, {"minutter": "40 min"}]
    assert derived.baseline(rows) == {"count": 2, "mean": 30, "baseline": 24}
    assert derived.baseline([{"minutter": "lidt"}]) is None
    assert derived.next_week("20 minutter", "10 procent mere") == 22
    assert derived.next_week("20", "Det samme som basislinjen") == 20


def test_a_night_goes_over_midnight():
    rows = [{"i_seng": "23:30", "op": "06:30"}, {"i_seng": "00:30", "op": "07:30"}]
    assert derived.nights(rows)["hours"] == 7
    assert derived.nights([{}]) is None
