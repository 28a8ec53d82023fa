"""Approving a lesson's text, and taking that back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from shop.course import approval_models
from shop.course.approval_models import Approval
from shop.course.models import Lesson
from shop.course.rules import approved_by
from shop.db import db, insert_once


def approve(lesson: Lesson, digest: str, name: str, now: datetime) -> bool:
    """The clinician of this name answers for the text with this digest.

    False, and nothing written, when the lesson says something else by now.
    """
    fresh = db.session.get_one(Lesson, lesson.id, with_for_update=True, populate_existing=True)
    if fresh.digest != digest:
        return False
    insert_once(Approval, lesson_id=lesson.id, digest=digest, name=name, approved_at=now)
    follow(fresh)
    return True


def withdraw(lesson: Lesson) -> None:
    """Takes back every approval of the lesson, of older texts too."""
    db.session.execute(sa.delete(Approval).where(Approval.lesson_id == lesson.id))
    follow(lesson)


def follow(lesson: Lesson) -> None:
    """Has the lesson say on its page what is approved of it, so that no page has to look."""
    found = approval_models.approval(lesson.id, lesson.digest)
    lesson.approval = approved_by(found.name, found.approved_at) if found else "afventer"
