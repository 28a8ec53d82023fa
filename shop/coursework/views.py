"""Homework where it is written: in the lesson, saved as one goes, and what one wrote before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    get_template_attribute,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from shop.accounts.models import Visitor
from shop.content import consents
from shop.course.rules import Content
from shop.coursework import actions, answers, lessons, models, rules, sheet, told
from shop.coursework.actions import NoConsent, Written
from shop.coursework.door import blueprint, closed, given_for, me, owns_course
from shop.coursework.models import CHECK
from shop.danish import COPENHAGEN
from shop.db import transaction
from shop.web import now, own_path, show

CONSENT = "coursework"


def init_coursework(app: Flask) -> None:
    """Gives the lesson its homework, and every page its way to the plan for a flare-up."""
    app.extensions["homework"] = in_lesson
    app.extensions["told"] = {"answer": told.written, "plan_share.content": told.shared}
    app.jinja_env.globals.update(mark=sheet.row_mark, owns_course=owns_course)


class InLesson(NamedTuple):
    """What a lesson shows of coursework, as course.views asks for it."""

    before: Markup
    body: Markup
    paused: bool = False
    on_paper: bool = False


def in_lesson(lesson: Content, person_id: int) -> InLesson:
    """The lesson's homework with the person's answers in it, or what comes before that."""
    stored = models.answers(person_id, lesson.slug, CHECK)
    if stored is None:
        asks = lesson.homework_json != "[]" or lesson.quiz_json != "[]"
        before = _before(lesson.position, None)
        return InLesson(before, _ask_consent(lesson.slug) if asks else Markup(), on_paper=True)
    outcome = stored[CHECK].get("udfald")
    if outcome and outcome.lost:
        outcome = None  # whoever does not know asks again
    pause = bool(outcome and outcome.value["pause"])
    before = _before(lesson.position, pause if outcome else None)
    if pause and lesson.position >= rules.GATE_FROM:
        return InLesson(before, Markup(), paused=True)
    homework = sheet.homework(lesson.slug, lesson.homework_json, lesson.quiz_json)
    given = given_for(stored[lesson.slug], url_for("course.lesson", slug=lesson.slug))
    quiz = homework.quiz.html(given) if homework.quiz else Markup()
    return InLesson(before, homework.form.html(given) + quiz)


def _before(position: int, pause: bool | None) -> Markup:
    """What stands above the text: that the safety check waits, or that it asked for a pause."""
    if (
        position < rules.GATE_FROM
        or pause is False
        or (pause is None and position > rules.GATE_FROM)
    ):
        return Markup()
    name = "paused" if pause else "check_first"
    return Markup(get_template_attribute("coursework/before.html", name)())  # noqa: S704 (ours)


def _ask_consent(slug: str) -> Markup:
    html = render_template("coursework/_consent.html", consent=consents()[CONSENT], slug=slug)
    return Markup(html)  # noqa: S704 (rendered by us)


@blueprint.post("/kursus/svar/<sheet>")
def save(sheet: str) -> Any:
    """Keeps the fields that were sent: one as it is written, or a whole form without JavaScript."""
    fields = _writable(sheet)
    if not isinstance(fields, Mapping):
        return fields
    written, wrong = _posted(fields)
    try:
        with transaction():
            stored = actions.save_all(me(), sheet, written, now())
    except NoConsent:
        return _as_json({"consent": False}, 409) if _wants_json() else _back(written)
    if _wants_json():
        return _as_json(_told(stored, wrong), 422 if wrong else 200)
    return _refused(sheet, fields, wrong) if wrong else _back(written)


def _writable(sheet_name: str) -> Any:
    """The sheet's fields by name, or the answer for whoever may not write there."""
    if not current_user.is_authenticated:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
    visitor = cast(Visitor, current_user._get_current_object())
    asked = lessons.asked(sheet_name, visitor, now()) or abort(404)
    g.access_until = asked.until
    if not visitor.trusted or asked.until is None:
        return closed()
    return sheet.homework(sheet_name, asked.homework, asked.quiz).fields


def _posted(fields: Mapping[str, Any]) -> tuple[dict[str, Written], dict[str, str]]:
    """What was sent, and why some of it cannot be kept, by field."""
    posted, pen = request.form.to_dict(flat=False), request.form.get("pen", "")[:16]
    written, wrong = {}, {}
    for name, field in fields.items():
        base = request.form.get(f"base.{name}")
        if base is None:
            continue
        try:
            value = answers.read(field, posted)
        except answers.Unreadable as error:
            wrong[name] = str(error)
        else:
            written[name] = Written(value, int(base) if base.isdigit() else 0, pen)
    return written, wrong


def _wants_json() -> bool:
    return request.headers.get("Accept") == "application/json"


def _as_json(what: dict[str, Any], status: int) -> tuple[Response, int]:
    return jsonify(what), status


def _told(stored: Mapping[str, Any], wrong: Mapping[str, str]) -> dict[str, Any]:
    local = now().astimezone(COPENHAGEN)
    return {
        "saved": f"Gemt kl. {local.hour}.{local.minute:02d}",
        "fields": {
            name: {"version": kept.version, "clashed": kept.clashed}
            for name, kept in stored.items()
        },
        "wrong": wrong,
    }


def _back(written: Mapping[str, Any]) -> AnyResponse:
    """To the page whose button was pressed, at the place it stood."""
    page = own_path(request.form.get("back")) or url_for("course.sales")
    if any(name.startswith("quiz.") for name in written):
        return redirect(f"{page}#quiz", 303)
    more = request.form.get("more", "")
    if more in written:
        return redirect(f"{page}?mere={more}#felt-{more}", 303)
    return redirect(f"{page}#hjemme", 303)


def _refused(sheet_name: str, fields: Mapping[str, Any], wrong: Mapping[str, str]) -> Response:
    """The fields that could not be kept, as they were typed; the others are saved."""
    posted = request.form.to_dict(flat=False)
    typed = {name: (posted.get(name) or [""])[-1] for name in wrong}
    stored = (models.answers(me(), sheet_name) or {}).get(sheet_name, {})
    back = own_path(request.form.get("back")) or url_for("course.sales")
    given = given_for(stored, back, typed=typed, errors=wrong)
    form = sheet.form(sheet_name, json.dumps([fields[name] for name in wrong]))
    return show("coursework/refused.html", status_code=422, form=form.html(given), back=back)
