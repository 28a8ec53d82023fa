"""What is kept of an answer, and where tools, logbook and plan take their words from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

SITTING = timedelta(minutes=30)  # what is changed within it is the same piece of writing
LOST_WORDS = 20  # letters that vanish at once may have been deleted by accident
SHARE_KEPT = timedelta(days=365)
LATER = timedelta(days=80)  # from the last measure to the one "three months later"
GATE_FROM = 3  # the lesson that the safety check stands before

PLAN = "plan"  # sheets that are no lesson
LATER_SHEET = "tre-maaneder"


def clashes(version: int, pen: str, base: int, own_pen: str) -> bool:
    """Whether another page has written since this one began: it did not see what it goes over."""
    return version > base and pen != own_pen


def keeps_old(old: Any, new: Any, changed_at: datetime | None, clash: bool, now: datetime) -> bool:
    """Whether the old answer becomes history instead of being written over.

    It does when another page wrote it, when it is from another sitting, and when much of it is
    about to vanish. What is left are the steps of somebody typing.
    """
    if clash or changed_at is None or now - changed_at > SITTING:
        return True
    return _size(old) - _size(new) > LOST_WORDS or (new is None and _size(old) > 0)


def _size(value: Any) -> int:
    """Letters in an answer, whatever its shape."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, Sequence):
        return sum(map(_size, value))
    return 0 if value is None else 1


@dataclass(frozen=True)
class Measure:
    """One line of the Kørelogbog: 0 to 10, and which way is better. There is no total."""

    name: str
    title: str
    lower_is_better: bool
    words: str = ""  # the field that says what it is about, where people choose that themselves

    @property
    def better(self) -> str:
        return "lavere er bedre" if self.lower_is_better else "højere er bedre"


MEASURES = (
    Measure("smerte", "Smerte", True),
    Measure("hverdag", "Påvirkning af hverdagen", True),
    Measure("soevn", "Søvn", False),
    Measure("tillid", "Tillid til at håndtere smerterne", False),
    Measure("forklaring", "Sikkerhed i min forklaring", False),
    Measure("aktivitet_et_nu", "Min første aktivitet", False, "aktivitet_et"),
    Measure("aktivitet_to_nu", "Min anden aktivitet", False, "aktivitet_to"),
    Measure("aktivitet_tre_nu", "Min tredje aktivitet", False, "aktivitet_tre"),
)
CHANGE = "samlet_aendring"
CAUTION = "Smerter svinger; to målinger viser ikke årsag."


@dataclass(frozen=True)
class Tool:
    """A tool: its address, title and purpose, and the homework it consists of."""

    slug: str
    title: str
    purpose: str
    fields: tuple[str, ...]
    anew: str = "Begynd på en ny"


FLARE_UP = "opblussen"
TOOLS = (
    Tool(
        "forklaring",
        "Min forklaring",
        "Din egen forklaring på dine smerter. Den må gerne ændre sig undervejs.",
        (
            *("begyndte", "holder_i_gang", "holder_i_gang_andet"),
            *("lindrer", "lindrer_andet", "et_minut"),
        ),
        "Skriv en ny forklaring",
    ),
    Tool(
        "regnskab",
        "Aktivitetsregnskab",
        "Tre dage med det, du gør. Bagefter kan du se en basislinje, du kan begynde fra.",
        ("tredageslog", "moenster", "basis_aktivitet", "basislinje", "naeste_uge"),
        "Begynd på tre nye dage",
    ),
    Tool(
        "soevn",
        "Søvn",
        "Syv nætter, som de nu engang blev. Der er ingen karakter.",
        ("naetter", "vane", "vane_erfaring"),
        "Begynd på syv nye nætter",
    ),
    Tool(
        "tanker",
        "Tanke, følelse, handling",
        "Ét øjeblik ad gangen. Brug det igen, når der kommer et nyt.",
        (
            *("situation", "tanke", "foelelse", "foelelse_styrke"),
            *("handling", "alternativ", "resultat"),
        ),
        "Tag et nyt øjeblik",
    ),
    Tool(
        "netvaerk",
        "Netværk",
        "Hvem du vil tale med, og hvad du vil sige.",
        ("samtaler", "arbejdstilpasning", "arbejdstilpasning_andet", "spoergsmaal_til_behandler"),
    ),
    Tool(
        "maaltrappe",
        "Måltrappe",
        "Et mål, der betyder noget, og små trin derhen.",
        ("livsomraade", "maal", "trin", "tillid_til_trin", "hvis", "saa", "status_trin"),
        "Begynd på en ny trappe",
    ),
    Tool(
        FLARE_UP,
        "Plan for opblussen",
        "Det, du har besluttet på en god dag, til brug på en svær.",
        (
            *("tidlige_tegn", "tidlige_tegn_andet", "foerste_time", "foerste_doegn"),
            *("naeste_dage", "sig_til_andre", "behandling_efter_aftale", "tilbage_til_basislinje"),
        ),
        "Skriv en ny plan",
    ),
)


@dataclass(frozen=True)
class Question:
    """One of the six questions that a follow-up consultation starts from, and what answers it."""

    name: str
    title: str
    fields: tuple[str, ...]


# The mapping of the curriculum, § 2: which homework answers which question.
QUESTIONS = (
    Question(
        "forstaaelse",
        "Hvordan forstår og forklarer du dine smerter?",
        (
            *("et_minut", "begyndte", "holder_i_gang", "holder_i_gang_andet"),
            *("lindrer", "lindrer_andet", "ikke_ad"),
        ),
    ),
    Question(
        "haandtering",
        "Hvordan håndterer du dem?",
        (
            *("skruer_op", "skruer_ned", "moenster", "basis_aktivitet", "basislinje"),
            *("bevaegelsesform", "bevaegelsesform_andet", "vane", "vane_erfaring", "foerste_time"),
        ),
    ),
    Question(
        "begraensninger",
        "Hvordan arbejder du med det, smerterne begrænser?",
        (
            *("tryghed", "tanke", "foelelse", "alternativ", "resultat"),
            *("samtaler", "arbejdstilpasning", "arbejdstilpasning_andet"),
        ),
    ),
    Question(
        "maal",
        "Hvilke mål har du?",
        (
            *("haab", "vaerdi_et", "vaerdi_to", "skridt", "maal"),
            *("aktivitet_et", "aktivitet_to", "aktivitet_tre"),
        ),
    ),
    Question("plan", "Hvad er din plan?", ("trin", "status_trin", "naeste_uge", "tider")),
    Question(
        "plan_b",
        "Hvad gør du, hvis planen ikke holder?",
        ("hvis", "saa", "tidlige_tegn", "tidlige_tegn_andet", "foerste_doegn", "plan_b"),
    ),
)
BLANK = "Ikke udfyldt – tal om det sammen"


def own_words(question: Question) -> str:
    """The field on the plan's sheet that holds the person's own words to a question."""
    return f"egne_{question.name}"
