"""The kørselsplan: what was written, put together for a conversation, shared by one's own act."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from shop import pdf
from shop.content import consents
from shop.coursework import actions, answers, derived, lessons, models, rules, sheet
from shop.coursework.door import blueprint, given_for, me, owners, writers
from shop.coursework.rules import PLAN, QUESTIONS
from shop.danish import day
from shop.db import transaction
from shop.web import limiter, now, settings, show

SHARE_CONSENT = "plan"
PARTS = ("dots", "appendix")  # what may be shared besides the questions


def gathered(person_id: int) -> dict[str, Any]:
    """The whole plan of a person, as data: six questions, the logbook, and the appendix."""
    every, stored = lessons.places(), models.everything(person_id)
    answered = lessons.answered(every, stored)
    own = stored.get(PLAN, {})
    questions = []
    for question in QUESTIONS:
        words = own.get(rules.own_words(question))
        derived_lines = [
            {"label": field["label"], "lines": answers.shown(field, value)}
            for name in question.fields
            if name in answered
            for field, value, _ in [answered[name]]
        ]
        text = (words and words.shown) or ""
        questions.append(
            {"name": question.name, "title": question.title, "own": text, "said": derived_lines}
        )
    used = {name for question in QUESTIONS for name in question.fields}
    book = derived.logbook(lessons.measuring(every), stored)
    return {
        "questions": questions,
        "dots": _as_data(book),
        "appendix": [
            {"label": field["label"], "lines": answers.shown(field, value)}
            for name, (field, value, _) in answered.items()
            if name not in used and not _is_measure(name)
        ],
    }


def _is_measure(name: str) -> bool:
    return name == rules.CHANGE or any(measure.name == name for measure in rules.MEASURES)


def _as_data(book: derived.Logbook) -> dict[str, Any]:
    return {
        "occasions": book.occasions,
        "change": book.change,
        "caution": rules.CAUTION,
        "lines": [
            {
                "title": line.title,
                "better": line.measure.better,
                "values": line.values,
                "start": line.start,
                "now": line.now,
            }
            for line in book.lines
            if line.start is not None or line.now is not None
        ],
    }


def picked(plan: dict[str, Any], wanted: set[str]) -> dict[str, Any]:
    """The parts of a plan that were chosen to be shared; nothing else of it."""
    return {
        "questions": [q for q in plan["questions"] if q["name"] in wanted],
        "dots": plan["dots"] if "dots" in wanted else None,
        "appendix": plan["appendix"] if "appendix" in wanted else [],
    }


@blueprint.get("/kursus/plan")
@owners
def plan() -> Response:
    """The plan, with a box for one's own words beside what the homework says."""
    stored = models.answers(me(), PLAN)
    given = given_for((stored or {}).get(PLAN, {}), url_for("coursework.plan"))
    forms = {
        question.name: sheet.form(PLAN, json.dumps([field])).html(given)
        for question, field in zip(QUESTIONS, lessons.own_words(), strict=True)
    }
    return show(
        "coursework/plan.html",
        plan=gathered(me()),
        forms=forms if stored is not None else {},
        blank=rules.BLANK,
        share=next((s for s in models.shares(me()) if s.active_of), None),
    )


@blueprint.get("/kursus/plan.pdf")
@limiter.limit("30 per minute")
@owners
def plan_pdf() -> Response:
    name = current_user.name
    return pdf_of(gathered(me()), name, "min-koerselsplan.pdf")


def pdf_of(content: dict[str, Any], name: str, file_name: str) -> Response:
    """A plan as a PDF: one page for the conversation, and the appendix behind it."""
    data = {
        **content,
        "title": "Min kørselsplan",
        "name": name,
        "date": day(now()),
        "blank": rules.BLANK,
        "author": settings().clinic["trade_name"],
    }
    response = Response(pdf.typeset("plan", data), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f"inline; filename={file_name}"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/kursus/plan/del")
@owners
def preview() -> Response:
    """What would be shared, part by part, nothing of it chosen beforehand."""
    return _preview_page()


def _preview_page(status: int = 200, **context: Any) -> Response:
    return show(
        "coursework/share.html",
        status_code=status,
        plan=gathered(me()),
        consent=consents()[SHARE_CONSENT],
        blank=rules.BLANK,
        **context,
    )


@blueprint.post("/kursus/plan/del")
@owners
def share() -> Response | AnyResponse:
    """Shares the chosen parts, if the box of the consent was ticked, and tells the clinician."""
    known = {question.name for question in QUESTIONS} | set(PARTS)
    wanted = known & set(request.form.getlist("part"))
    if not wanted or not request.form.get("consent"):
        trouble = "nothing" if not wanted else "consent"
        return _preview_page(422, trouble=trouble, wanted=wanted)
    content = {**picked(gathered(me()), wanted), "name": current_user.name}
    with transaction():
        actions.share_plan(me(), content, consents()[SHARE_CONSENT], settings().clinic_email, now())
    return redirect(url_for("coursework.shared"), 303)


@blueprint.get("/kursus/plan/delt")
@writers
def shared() -> Response:
    """What has been shared and when, the way to take it back, and a time to talk about it."""
    shares = models.shares(me())
    active = next((s for s in shares if s.active_of), None)
    return show("coursework/shared.html", shares=shares, active=active)


@blueprint.post("/kursus/plan/traek-tilbage")
@writers
def take_plan_back() -> AnyResponse:
    """Takes the shared plan back at once."""
    if not models.shares(me()):
        abort(404)
    with transaction():
        actions.withdraw_plan(me(), now())
    return redirect(url_for("coursework.shared"), 303)
