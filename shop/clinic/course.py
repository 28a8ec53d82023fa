"""Reading the lessons through and answering for them: before that they are not sold."""

from __future__ import annotations

from flask import Response, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from shop.clinic.room import blueprint, room
from shop.course import approval_actions, approval_models
from shop.course.models import Lesson
from shop.db import transaction
from shop.web import now

LONGEST_NAME = 120


@blueprint.get("/kursus")
def course() -> Response:
    """Every lesson, and which of them are still to be read."""
    lessons = approval_models.standings()
    missing = [each.slug for each in lessons if not each.current]
    return room("course", "course", lessons=lessons, missing=missing)


@blueprint.get("/kursus/<slug>")
def lesson(slug: str) -> Response:
    """A lesson with all that is approved with it."""
    return _lesson_page(_found(slug))


def _found(slug: str) -> Lesson:
    return approval_models.lesson(slug) or abort(404)


def _lesson_page(lesson: Lesson, status_code: int = 200, trouble: str = "") -> Response:
    approved = approval_models.approval(lesson.id, lesson.digest)
    name = request.form.get("name", current_user.name)
    return room(
        "lesson",
        "course",
        status_code=status_code,
        lesson=lesson,
        approved=approved,
        name=name,
        trouble=trouble,
    )


@blueprint.post("/kursus/<slug>")
def approve(slug: str) -> Response | AnyResponse:
    """Approves the text that was shown, not one that came in between."""
    lesson, name = _found(slug), " ".join(request.form.get("name", "").split())
    if not name or len(name) > LONGEST_NAME or "read" not in request.form:
        return _lesson_page(lesson, 422, "unread" if name else "nameless")
    with transaction():
        done = approval_actions.approve(lesson, request.form.get("digest", ""), name, now())
    if not done:
        return _lesson_page(_found(slug), 409, "changed")
    return redirect(url_for("clinic.course", _anchor=slug), 303)


@blueprint.post("/kursus/<slug>/tilbage")
def withdraw_approval(slug: str) -> AnyResponse:
    """Takes the approval back; in production that closes the sale at once."""
    lesson = _found(slug)
    with transaction():
        approval_actions.withdraw(lesson)
    return redirect(url_for("clinic.course", _anchor=slug), 303)
