"""The course's pages: for sale, as an overview, lesson by lesson, and its sound."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    redirect,
    request,
    session,
    url_for,
)
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from shop import jsonld
from shop.accounts.models import Visitor
from shop.course import actions, approval_models, closed_models, models, rules, sound
from shop.course.article import article
from shop.course.rules import Content, Step
from shop.db import transaction
from shop.web import after_post, now, settings, show, show_public, squeezed

blueprint = Blueprint("course", __name__)

LOW_ENERGY = "lav-energi"
PLACE = re.compile(r"afsnit-[0-9]{1,4}")


def _visitor() -> Visitor | None:
    """Who is signed in here; a look through the proxy once, not at each attribute."""
    found = current_user._get_current_object()
    return found if found.is_authenticated else None


def _tracked_person() -> int | None:
    """Whose progress this browser may see and change."""
    visitor = _visitor()
    return visitor.person_id if visitor and visitor.trusted else None


def resume_url(step: Step | None) -> str:
    """The address of a lesson, at the paragraph where the reader left it."""
    if step is None:
        return url_for("course.sales")
    return url_for("course.lesson", slug=step.slug, _anchor=step.place or None)


@blueprint.get("/kursus")
def sales() -> Response | AnyResponse:
    course = models.the_course() or abort(404)
    visitor = _visitor()
    if visitor and models.access(visitor, now()):
        return _overview(course)
    if visitor is None and "fortsaet" in request.args:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined, no-any-return]
    outline = models.outline(None)
    page = show_public if not request.cookies else show
    told = jsonld.course(course.title, course.title, course.price_ore, course.currency)
    sold = approval_models.is_sold(settings().production)
    modules = _modules(course, outline)
    offered = [told] if sold else []
    return page("course/sales.html", course=course, modules=modules, sold=sold, jsonld=offered)


def _overview(course: models.Course) -> Response | AnyResponse:
    outline = models.outline(_tracked_person())
    step = rules.resume(outline)
    if "fortsaet" in request.args:
        return redirect(resume_url(step), 303)
    return show(
        "course/overview.html",
        course=course,
        modules=_modules(course, outline),
        resume={
            "url": resume_url(step),
            "title": step and step.title,
            "position": step and step.position,
        },
        done=sum(step.done for step in outline),
        total=len(outline),
    )


def _modules(course: models.Course, outline: Any) -> list[dict[str, Any]]:
    return [
        {**module, "lessons": [step for step in outline if step.module == module["number"]]}
        for module in course.modules
    ]


def _denied(lesson: Any, until: datetime | None) -> Response | AnyResponse | None:
    """None when the visitor may have this lesson, otherwise the answer that says how to get it.

    `until` is when their access ends.
    """
    if lesson.preview or until:
        return None
    visitor = _visitor()
    if visitor is None:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined, no-any-return]
    return show(
        "course/locked.html",
        status_code=403,
        lesson={"title": lesson.title},
        course=models.the_course(),
        sold=approval_models.is_sold(settings().production),
        closed=closed_models.closed(visitor, now()),
    )


def _with_lesson(view: Callable[[Content], Any]) -> Callable[[str], Any]:
    """Finds the lesson and lets only those in who may have it."""

    @wraps(view)
    def guarded(slug: str) -> Any:
        lesson, until = models.lesson_for(slug, _visitor(), now()) or abort(404)
        g.access_until = until
        return _denied(lesson, until) or view(lesson)

    return guarded


@blueprint.get("/kursus/<slug>")
@_with_lesson
def lesson(lesson: Content) -> Response:
    person_id = _tracked_person()
    outline = models.outline(person_id)
    last = rules.last_seen(outline)
    if person_id and (last is None or last.slug != lesson.slug):
        with transaction():
            actions.see(person_id, lesson.id, now())
    context = _lesson_context(lesson, outline, tracked=person_id is not None)
    context["homework"] = homework = _homework(lesson, person_id)
    if _wants_little() and not (homework and homework.paused):
        return show("course/low_energy.html", **context)
    if not request.cookies:
        return show_public("course/lesson.html", **context)
    # Nothing that was asked for is said again beside what is the reader's own.
    response = squeezed(show("course/lesson.html", **context), quality=1)
    if homework and not homework.on_paper:
        response.headers["Cache-Control"] = "private, no-store"  # others may use the same screen
    return response


def _homework(lesson: Content, person_id: int | None) -> Any:
    """What the slice below shows where the homework is: HTML `before` the lesson and as its `body`.

    None for whom nothing is kept. It is `paused` when the lesson must wait, and `on_paper` when the
    plain homework stands below.
    """
    if person_id is None or g.access_until is None:
        return None
    return current_app.extensions["homework"](lesson, person_id)


def _wants_little() -> bool:
    """Whether this browser shows lessons for a day with little energy.

    Chosen by a link and remembered in the session's cookie, not for the person: how one is today
    is nobody's to keep, and the phone in bed need not tell the screen at the desk.
    """
    wanted = request.args.get(LOW_ENERGY)
    if wanted == "1":
        session[LOW_ENERGY] = True
    elif wanted is not None:
        session.pop(LOW_ENERGY, None)
    return LOW_ENERGY in session


def _lesson_context(lesson: Content, outline: Any, tracked: bool) -> dict[str, Any]:
    previous, following = rules.neighbours(outline, lesson.slug)
    step = next(step for step in outline if step.slug == lesson.slug)
    return {
        "lesson": lesson,
        "article": article(lesson, len(outline)),
        "previous": previous,
        "next": following,
        "completed": step.done,
        "heard": step.heard or 0,
        "speed": rules.usual_speed(outline),
        "tracked": tracked,
        "place_url": url_for("course.place", slug=lesson.slug),
    }


@blueprint.post("/kursus/<slug>/gennemfoert")
@_with_lesson
def complete(lesson: Content) -> Response | AnyResponse:
    done = request.form.get("done") != "0"
    person_id = _tracked_person() or abort(403)
    with transaction():
        actions.complete(person_id, lesson.id, done, now())
    here = url_for("course.lesson", slug=lesson.slug, _anchor="course-completed")
    return after_post(here, "course/_completed.html", lesson=lesson, completed=done)


@blueprint.post("/kursus/<slug>/plads")
@_with_lesson
def place(lesson: Content) -> tuple[str, int]:
    """Where on the page the reader is; the page's own script sends it."""
    person_id = _tracked_person() or abort(403)
    where = request.form.get("place", "")
    if not PLACE.fullmatch(where):
        abort(400)
    with transaction():
        actions.see(person_id, lesson.id, now(), where)
    return "", 204


@blueprint.post("/kursus/<slug>/lyt")
@_with_lesson
def hear(lesson: Content) -> tuple[str, int]:
    """How far into the sound the listener is; the player sends it now and then."""
    person_id = _tracked_person() or abort(403)
    seconds, speed = (request.form.get(name, -1, type=int) for name in ("seconds", "speed"))
    if lesson.sound is None or speed not in rules.SPEEDS:
        abort(400)
    if not 0 <= seconds <= lesson.sound["seconds"] + 1:
        abort(400)
    with transaction(durable=False):
        actions.hear(person_id, lesson.id, seconds, speed, now())
    return "", 204


@blueprint.get("/kursus/lyd/<episode>")
def audio(episode: str) -> Response | AnyResponse:
    lesson = models.episode_for(episode, _visitor(), now()) or abort(404)
    denied = _denied(lesson, lesson.until)
    if denied or not lesson.audio["file"]:
        return denied or abort(404)
    try:
        return sound.send(settings().media_root / lesson.audio["file"])
    except FileNotFoundError:
        abort(404)
