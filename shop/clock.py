"""What runs on a clock: who is due, decided by the database, so several workers share the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model, db, insert_once, transaction
from shop.reports import report
from shop.web import log, now


class ClockRun(Model):
    """When a job last started and last came through."""

    __tablename__ = "clock_run"

    name: Mapped[str] = mapped_column(sa.String(50), primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Job:
    """A function to call at most once per `every`, whatever the number of workers.

    With `every` zero it runs at each turn of every worker: it shares the work out by itself.
    """

    name: str
    every: timedelta
    run: Callable[[], object]


EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
HEARTBEAT = "worker"


def tick(jobs: list[Job]) -> None:
    """Runs every job that is due. A job that fails is logged and tried again when next due."""
    heartbeat = Job(HEARTBEAT, timedelta(seconds=20), lambda: None)
    for job in [heartbeat, *jobs]:
        try:
            if not job.every:
                job.run()
            elif _take(job):
                job.run()
                _finish(job)
        except Exception as error:
            db.session.rollback()
            log.exception("job failed", job=job.name)
            report(error, job=job.name)


def _take(job: Job) -> bool:
    moment = now()
    started = db.session.scalar(sa.select(ClockRun.started_at).where(ClockRun.name == job.name))
    # A start far ahead of us is a clock that was set back; one just ahead is another worker's.
    if started and abs(moment - started) < job.every:
        return False
    with transaction():
        insert_once(ClockRun, name=job.name, started_at=EPOCH)
        taken = db.session.execute(
            sa.update(ClockRun)
            .where(ClockRun.name == job.name, ClockRun.started_at == (started or EPOCH))
            .values(started_at=moment)
        )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def _finish(job: Job) -> None:
    with transaction():
        db.session.execute(
            sa.update(ClockRun).where(ClockRun.name == job.name).values(finished_at=now())
        )


def last_seen(name: str = HEARTBEAT) -> datetime | None:
    """When the job last came through, or None if it never did."""
    finished: datetime | None = db.session.scalar(_finished(name))
    return finished


def _finished(name: str) -> sa.Select[Any]:
    return sa.select(ClockRun.finished_at).where(ClockRun.name == name)


SEEN = _finished(HEARTBEAT)  # when a worker was last seen, to be asked for with other things
