"""Where a reader continues, and how long access lasts."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

RESUME = "/kursus?fortsaet=1"  # wherever the reader left off


@dataclass(frozen=True)
class Step:
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

    @property
    def done(self) -> bool:
        return self.completed_at is not None


def last_seen(outline: Sequence[Step]) -> Step | None:
    """The lesson read most recently."""
    seen = [step for step in outline if step.seen_at]
    return max(seen, key=lambda step: step.seen_at) if seen else None  # type: ignore[arg-type, return-value]


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
