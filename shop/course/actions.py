"""Writes to the course: importing it, giving and taking access, remembering progress."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.course import approval_actions, manuscript, rules
from shop.course.files import CourseFiles, Page
from shop.course.manuscript import Sound
from shop.course.models import Course, Enrolment, Lesson, Progress
from shop.course.schema import CourseMeta, LessonMeta
from shop.db import db, insert_once
from shop.markdown import render


def import_course(files: CourseFiles, now: datetime) -> None:
    """Makes the database say what the files say. By slug, so people keep their progress."""
    page = files.course
    course = db.session.scalar(sa.select(Course).order_by(Course.id).limit(1)) or Course()
    _fill(course, page, page.meta.sources)
    db.session.add(course)
    known = {lesson.slug: lesson for lesson in db.session.scalars(sa.select(Lesson))}
    for lesson_page in files.lessons:
        lesson = known.pop(lesson_page.meta.slug, None) or Lesson()
        _fill(lesson, lesson_page, page.meta.sources)
        audio = lesson_page.meta.audio
        lesson.course, lesson.archived_at = course, None
        lesson.episode = audio.episode if audio else None
        sound = files.sounds.get(lesson_page.meta.slug)
        trial = bool(audio and audio.trial)
        lesson.sound = _told(lesson.sound, sound, lesson.manuscript, trial, now) if sound else None
        lesson.digest = rules.digest(lesson_page.text)
        db.session.add(lesson)
        db.session.flush()
        approval_actions.follow(lesson)  # what a file says of being approved counts for nothing
    for lesson in known.values():
        lesson.archived_at = lesson.archived_at or now


def _fill(
    row: Course | Lesson, page: Page[CourseMeta] | Page[LessonMeta], sources: dict[str, str]
) -> None:
    for name, value in page.meta.model_dump(exclude={"sources"}).items():
        setattr(row, name, value)
    text, spoken = manuscript.split(page.body)
    row.html = render(text, sources)
    if isinstance(row, Lesson):
        row.manuscript = render(spoken, prefix="lyd") if spoken else ""
    row.path, row.source = page.path, page.text


def _told(
    before: dict[str, Any] | None, sound: Sound, html: str, trial: bool, now: datetime
) -> dict[str, Any]:
    """What is stored of a sound; it is as old as its first import, until another one comes."""
    facts = manuscript.facts(sound, html, trial)
    same = before is not None and before["size"] == facts["size"]
    return {**facts, "since": before["since"] if before and same else now.isoformat()}


def enrol(person_id: int, course: Course, months: int, source: str, now: datetime) -> None:
    """Gives access from now for so many months as were agreed, once per source.

    A later call changes nothing but opens it again.
    """
    insert_once(
        Enrolment,
        source=source,
        person_id=person_id,
        course_id=course.id,
        open=True,
        starts_at=now,
        access_until=rules.access_until(now, months),
    )
    _set_open(source, True)


def close(source: str, why: str | None = None) -> None:
    """Takes back the access that this source gave. Progress stays; `why` is told to the reader."""
    _set_open(source, False, why)


def reopen(source: str) -> None:
    """Gives back the access that this source gave, to whoever has it still."""
    _set_open(source, True)


def _set_open(source: str, is_open: bool, why: str | None = None) -> None:
    said_otherwise = Enrolment.closed_because.is_distinct_from(why)
    db.session.execute(
        sa.update(Enrolment)
        .where(Enrolment.source == source, sa.or_(Enrolment.open != is_open, said_otherwise))
        .values(open=is_open, closed_because=why)
    )


def hand_over(source: str, person_id: int, with_progress: bool) -> None:
    """Gives the access that this source gave to somebody else; they begin where the first was, or
    from the start if that may be a third person's reading."""
    enrolment = db.session.scalar(sa.select(Enrolment).where(Enrolment.source == source))
    if enrolment is None or enrolment.person_id == person_id:
        return
    so_far = db.session.scalars(
        sa.select(Progress).where(Progress.person_id == enrolment.person_id)
    )
    for row in so_far.all() if with_progress else []:
        same = {"lesson_id": row.lesson_id, "place": row.place, "seen_at": row.seen_at}
        insert_once(Progress, person_id=person_id, **same, completed_at=row.completed_at)
    enrolment.person_id = person_id


def see(person_id: int, lesson_id: int, now: datetime, place: str | None = None) -> None:
    """Remembers that the person is reading this lesson, and where in it."""
    _progress(person_id, lesson_id, now, seen_at=now, **({} if place is None else {"place": place}))


def hear(person_id: int, lesson_id: int, seconds: int, speed: int, now: datetime) -> None:
    """Remembers how far into the lesson's sound the person is, and how fast they play it."""
    _progress(person_id, lesson_id, now, heard=seconds, speed=speed, heard_at=now)


def complete(person_id: int, lesson_id: int, done: bool, now: datetime) -> None:
    """Marks the lesson as gone through, or takes the mark away."""
    _progress(person_id, lesson_id, now, completed_at=now if done else None)


def _progress(person_id: int, lesson_id: int, now: datetime, **changes: Any) -> None:
    insert_once(Progress, person_id=person_id, lesson_id=lesson_id, seen_at=now, place="")
    db.session.execute(
        sa.update(Progress)
        .where(Progress.person_id == person_id, Progress.lesson_id == lesson_id)
        .values(**changes)
    )


def forget(sources: Sequence[str]) -> None:
    """Deletes the access that these sources gave, long after it ran out."""
    db.session.execute(sa.delete(Enrolment).where(Enrolment.source.in_(sources)))


def purge(now: datetime) -> None:
    """Deletes how far people had come whose last access ran out half a year ago."""
    since = now - rules.PROGRESS_KEPT
    has_access = sa.exists().where(
        Enrolment.person_id == Progress.person_id, Enrolment.access_until > since
    )
    db.session.execute(sa.delete(Progress).where(~has_access, Progress.seen_at < since))
