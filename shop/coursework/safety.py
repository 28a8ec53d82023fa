"""The safety check: six questions, and who to ring. Thoughts of suicide are never asked about."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.coursework import actions, lessons, sheet
from shop.coursework.door import blueprint, given_for, me, owners
from shop.db import transaction
from shop.web import now, own_path, show

MISSING = "Svar ja eller nej. Er du i tvivl, så svar ja."


@blueprint.get("/kursus/sikkerhedstjek")
@owners
def check_page() -> Response:
    return _page({}, {}, request.args.get("videre") or "")


@blueprint.post("/kursus/sikkerhedstjek")
@owners
def check() -> Response | AnyResponse:
    """Gives the advice of every Ja. What is remembered is only whether there was one, and when."""
    fields, back = lessons.safety_fields(), own_path(request.form.get("back")) or ""
    if request.form.get("seen_doctor"):
        return _clear(back)
    typed = {f["name"]: request.form.get(f["name"]) for f in fields}
    missing = {name: MISSING for name, said in typed.items() if said not in {"Ja", "Nej"}}
    advice = [(f["label"], f["advice"]) for f in fields if typed[f["name"]] == "Ja"]
    if missing and not advice:
        return _page(typed, missing, back, 422)
    with transaction():
        actions.note_check(me(), bool(advice), now())
    return show("coursework/checked.html", advice=advice, back=back)


def _page(typed: dict[str, Any], errors: dict[str, str], back: str, status: int = 200) -> Response:
    given = given_for({}, back, typed=typed, errors=errors)
    form = sheet.check_form(json.dumps(lessons.safety_fields())).html(given)
    return show("coursework/check.html", status_code=status, form=form, errors=errors)


def _clear(back: str) -> AnyResponse:
    """A doctor has looked at it: the way is open again, whatever the answers would be."""
    with transaction():
        actions.note_check(me(), False, now())
    return redirect(back or url_for("course.sales"), 303)
