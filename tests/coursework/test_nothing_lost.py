"""Whatever several open pages save in whatever order: the last one counts, and nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shop.accounts.actions as accounts
from shop.content import consents
from shop.coursework import actions, models, rules
from shop.coursework.actions import NoConsent, Written
from shop.db import transaction

START = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
sheets = count()  # a new one each time: examples are run again
PENS = ("telefon", "computer", "tablet")

# Who saves, whether the answer to the one before reached them, and minutes since the last save.
saves = st.lists(
    st.tuples(st.sampled_from(PENS), st.booleans(), st.integers(0, 90)), min_size=1, max_size=12
)


@pytest.fixture
def person_id(app):
    with app.app_context(), transaction():
        person_id, _ = accounts.find_or_add("skriver@example.dk", "", START)
        actions.agree(person_id, consents()["coursework"], START)
    return person_id


@given(saves=saves)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_last_counts_and_what_others_wrote_is_history(app, person_id, saves):
    sheet = f"ark-{next(sheets)}"
    bases = dict.fromkeys(PENS, 0)
    now, written = START, []
    with app.app_context():
        for number, (pen, is_heard, minutes) in enumerate(saves):
            now += timedelta(minutes=minutes)
            words = f"{pen} skrev {number}"
            with transaction():
                kept = actions.save(person_id, sheet, "f", Written(words, bases[pen], pen), now)
            seen = bases[pen]
            if is_heard:
                bases[pen] = kept.version
            written.append((pen, seen, kept.version, words, now))
        stands = models.answers(person_id, sheet)[sheet]["f"]
        history = [row.value for row in models.history(person_id, sheet)]
    assert stands.value == written[-1][3]
    assert [version for _, _, version, _, _ in written] == list(range(1, len(saves) + 1))
    for before, after in pairwise(written):
        unseen = after[0] != before[0] and after[1] < before[2]
        if unseen or after[4] - before[4] > rules.SITTING:
            assert before[3] in history, "what its writer had not seen, or wrote another day"


@pytest.mark.parametrize(
    ("old", "new", "minutes", "clash", "kept"),
    [
        ("Ro", "Ro og mod", 1, False, False),
        ("Ro", "Ro og mod", 31, False, True),
        ("Ro", "Ro og mod", 1, True, True),
        ("Ro", None, 1, False, True),
        ("Ord " * 20, "Ord " * 3, 1, False, True),
        ("Ord " * 20, "Ord " * 17, 1, False, False),
        (7, 8, 1, False, False),
        (7, None, 1, False, True),
        (["Søvn", "Stress"], ["Søvn"], 1, False, False),
        ([{"dag": "2026-11-25", "aktivitet": "Havearbejde i solen"}], None, 1, False, True),
        (None, "Ro", 1, False, False),
    ],
)
def test_what_becomes_history(old, new, minutes, clash, kept):
    later = START + timedelta(minutes=minutes)
    assert rules.keeps_old(old, new, START, clash, later) is kept


def test_without_consent_nothing_is_saved(app):
    with app.app_context(), transaction():
        person_id, _ = accounts.find_or_add("tavs@example.dk", "", START)
    with pytest.raises(NoConsent), app.app_context(), transaction():
        actions.save(person_id, "ark", "f", Written("ord", 0, "pen"), START)


def test_a_second_yes_changes_nothing_and_a_no_can_be_a_yes_again(app, person_id):
    with app.app_context():
        for _ in range(2):
            with transaction():
                actions.agree(person_id, consents()["coursework"], START)
        assert len(models.consents(person_id)) == 1
        with transaction():
            actions.withdraw_consent(person_id, START)
        assert models.consent(person_id) is None
        with transaction():
            actions.agree(person_id, consents()["coursework"], START)
        assert [c.withdrawn_at is None for c in models.consents(person_id)] == [True, False]
