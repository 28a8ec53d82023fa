"""Where a reader continues, and how long access lasts."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

SPEEDS = (80, 90, 100, 110, 120, 130, 140, 150)  # percent
RESUME = "/kursus?fortsaet=1"  # wherever the reader left off

PROGRESS_KEPT = timedelta(days=182)  # after the last access has run out


class Step(NamedTuple):
    """A lesson as it stands in the outline, with how far one reader has come."""

    slug: str
    title: str
    module: int
    position: int
    minutes: int
    preview: bool
    place: str = ""
    seen_at: datetime | None = None
    completed_at: datetime | None = None
    heard: int | None = None
    speed: int | None = None
    heard_at: datetime | None = None

    @property
    def done(self) -> bool:
        return self.completed_at is not None


class Content(NamedTuple):
    """All that a lesson's page says to everybody. Two that are equal look alike, so it is a key."""

    id: int
    slug: str
    title: str
    module: int
    position: int
    minutes: int
    preview: bool
    approval: str
    episode: str | None
    html: str
    manuscript: str
    step: str
    short_json: str
    goals_json: str
    homework_json: str
    quiz_json: str
    audio_json: str | None
    sound_json: str | None
    modules_json: str

    @property
    def short(self) -> Any:
        return json.loads(self.short_json)

    @property
    def sound(self) -> Any:
        return json.loads(self.sound_json or "null")

    @property
    def goals(self) -> Any:
        return json.loads(self.goals_json)

    @property
    def homework(self) -> Any:
        return json.loads(self.homework_json)

    @property
    def quiz(self) -> Any:
        return json.loads(self.quiz_json)

    @property
    def audio(self) -> Any:
        return json.loads(self.audio_json or "null")

    @property
    def module_title(self) -> str:
        titles = {module["number"]: module["title"] for module in json.loads(self.modules_json)}
        return str(titles[self.module])

    @property
    def approved(self) -> bool:
        return self.approval != "afventer"


def digest(text: str) -> str:
    """What tells one text of a lesson from any other: SHA-256, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def approved_by(name: str, approved_at: datetime) -> str:
    """Who approved a lesson and when, as its `approval` says it."""
    return f"{name}, {approved_at.date().isoformat()}"


def last_seen(outline: Sequence[Step]) -> Step | None:
    """The lesson read most recently."""
    seen = [step for step in outline if step.seen_at]
    return max(seen, key=lambda step: step.seen_at) if seen else None  # type: ignore[arg-type, return-value]


def usual_speed(outline: Sequence[Step]) -> int:
    """How fast the reader last had a sound played, in percent; 100 until they have chosen."""
    heard = [step for step in outline if step.heard_at and step.speed]
    last = max(heard, key=lambda step: step.heard_at, default=None)  # type: ignore[arg-type, return-value]
    return (last and last.speed) or 100


def resume(outline: Sequence[Step]) -> Step | None:
    """Where the reader slipped off: the lesson last read, or the one after it when it is done."""
    last = last_seen(outline)
    if last is None:
        return outline[0] if outline else None
    if not last.done:
        return last
    later = [step for step in outline if step.position > last.position and not step.done]
    return later[0] if later else last


def neighbours(outline: Sequence[Step], slug: str) -> tuple[Step | None, Step | None]:
    """The lessons before and after."""
    slugs = [step.slug for step in outline]
    at = slugs.index(slug)
    return (outline[at - 1] if at else None, outline[at + 1] if at + 1 < len(outline) else None)


def access_until(start: datetime, months: int) -> datetime:
    """The same day and time `months` calendar months later, or that month's last day."""
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
