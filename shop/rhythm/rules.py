"""Which of the quiet mails about the course, if any, is somebody's turn now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
MORNING = time(8), time(11)  # from, and before; read on the clock in Copenhagen
# All in whole days by the calendar in Copenhagen.
APART = timedelta(days=7)  # between any two mails
AWAY = timedelta(days=21)  # without activity, before somebody is welcomed back
TWO_WEEKS = timedelta(days=14)  # from access to "how is it going?"
TWO_WEEKS_ENDS = timedelta(days=28)  # later than that, the question makes no sense
THREE_MONTHS = timedelta(days=90)  # from the measure at the end to the third; it is open by then
THREE_MONTHS_ENDS = timedelta(days=150)
PAUSE = timedelta(days=28)
LOOK_AGAIN = timedelta(hours=20)  # whose turn it was not this morning is looked at the next
GOES_STALE = timedelta(hours=12)  # a mail that could not leave by then waits for another week
ONCE = frozenset({"two weeks", "three months"})


@dataclass(frozen=True)
class Person:
    """What is known of one reader who once said yes; nothing of it is health. Times are UTC.

    `agreed_at` is when the yes that stands was given, None after a stop. `open` says whether access
    stands, since `joined_at`, and their address takes mail. `active_at` is when they were last
    seen, at the earliest when they agreed. `measured_at` is when they measured at the end of the
    course, None when they have measured again since.
    `sent` holds the kind of each mail and when it last went out.
    """

    agreed_at: datetime | None
    open: bool
    joined_at: datetime
    active_at: datetime
    finished_at: datetime | None = None
    measured_at: datetime | None = None
    paused_until: datetime | None = None
    sent: tuple[tuple[str, datetime], ...] = ()

    @property
    def last_sent_at(self) -> datetime | None:
        """When anything last went to them, whatever its kind."""
        return max((moment for _, moment in self.sent), default=None)

    def got(self, kind: str) -> bool:
        """Whether a mail of this kind has ever gone to them."""
        return any(sent == kind for sent, _ in self.sent)

    @property
    def welcomed(self) -> bool:
        """Whether they were welcomed back since they were last here: then all mail rests."""
        return any(kind == "welcome back" and at >= self.active_at for kind, at in self.sent)


def is_morning(now: datetime) -> bool:
    """Whether mails may go out now, by the clock in Copenhagen."""
    start, end = MORNING
    return start <= now.astimezone(COPENHAGEN).time() < end


def week(now: datetime) -> str:
    """The week in Copenhagen, "2026-W48": two mails that are `APART` are never in the same one."""
    year, number, _ = now.astimezone(COPENHAGEN).isocalendar()
    return f"{year}-W{number:02d}"


def pause_end(now: datetime) -> datetime:
    """When a pause that begins now is over: as that day begins in Copenhagen, in UTC."""
    last = now.astimezone(COPENHAGEN).date() + PAUSE
    return datetime.combine(last, time(), COPENHAGEN).astimezone(UTC)


def _since(earlier: datetime, now: datetime) -> timedelta:
    """Days on the calendar in Copenhagen: from nine o'clock to eight a week later is a week."""
    first, last = (at.astimezone(COPENHAGEN).date() for at in (earlier, now))
    return last - first


def may_write(person: Person, now: datetime) -> bool:
    """Whether any mail at all may go to this person now; who has just agreed is here already."""
    last = person.last_sent_at
    return (
        person.agreed_at is not None
        and _since(person.agreed_at, now) >= APART
        and person.open
        and is_morning(now)
        and (person.paused_until is None or now >= person.paused_until)
        and (last is None or _since(last, now) >= APART)
    )


# The first line that holds is the mail. What asks how somebody is comes before what proposes.
TURNS: tuple[tuple[str, Callable[[Person, datetime], bool]], ...] = (
    (
        "three months",
        lambda p, now: (
            p.measured_at is not None
            and THREE_MONTHS <= _since(p.measured_at, now) < THREE_MONTHS_ENDS
        ),
    ),
    ("two weeks", lambda p, now: TWO_WEEKS <= _since(p.joined_at, now) < TWO_WEEKS_ENDS),
    ("welcome back", lambda p, now: p.finished_at is None and _since(p.active_at, now) >= AWAY),
    # The first proposal waits a week too: who has just begun knows the next step.
    ("next step", lambda p, now: p.finished_at is None and _since(p.joined_at, now) >= APART),
)


def due(person: Person, now: datetime) -> str | None:
    """The kind of the one mail that may go out now; None when it is nobody's turn.

    Never two within `APART`; never after a stop, in a pause or without access. The kinds in
    `ONCE` come once, and "welcome back" once for each time away: then weekly mails rest until
    the person is seen again.
    """
    if not may_write(person, now):
        return None
    for kind, holds in TURNS:
        if kind in ONCE and person.got(kind):
            continue
        if kind not in ONCE and person.welcomed:
            continue
        if holds(person, now):
            return kind
    return None
