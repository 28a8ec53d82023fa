"""The course as the files it was imported from."""

from __future__ import annotations

import sqlalchemy as sa

from shop.course.models import Course, Lesson
from shop.db import db


def sources() -> list[tuple[str, str]]:
    """Path and very text of every file the course was imported from."""
    of_course = sa.select(Course.path, Course.source)
    of_lessons = sa.select(Lesson.path, Lesson.source).where(Lesson.archived_at.is_(None))
    return [(row.path, row.source) for row in db.session.execute(of_course.union_all(of_lessons))]
