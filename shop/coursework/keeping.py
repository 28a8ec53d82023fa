"""What we keep of somebody's answers: their yes to it, and every version they ever wrote."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from shop.content import consents
from shop.coursework import actions, answers, lessons, models, rules
from shop.coursework.door import blueprint, me, owners, writers
from shop.coursework.views import CONSENT
from shop.db import UNREADABLE, transaction
from shop.web import now, own_path, show

LARGEST_ID = 2**31


@blueprint.route("/kursus/samtykke", methods=["GET", "POST"])
@writers
def consent() -> Response | AnyResponse:
    """The person's consent: what it says, since when, and the ways to give and take it back.

    Only who has proved the address gives it: what is kept by it belongs to whoever owns that, and
    an address mistyped when paying would give somebody's health away (GDPR art. 32).
    """
    status = 200
    if request.method == "POST" and not current_user.has_proved:
        status = 403
    elif request.method == "POST":
        if request.form.get("agree"):
            with transaction():
                actions.agree(me(), consents()[CONSENT], now())
        return redirect(own_path(request.form.get("back")) or url_for("coursework.consent"), 303)
    given = models.consent(me())
    return show(
        "coursework/consent.html", status_code=status, given=given, consent=consents()[CONSENT]
    )


@blueprint.post("/kursus/samtykke/traek-tilbage")
@writers
def withdraw() -> AnyResponse:
    """Takes the consent back and deletes all that was kept by it."""
    if request.form.get("sure"):
        with transaction():
            actions.withdraw_consent(me(), now())
    return redirect(url_for("coursework.consent"), 303)


@blueprint.get("/kursus/svar/<sheet>/tidligere")
@owners
def earlier(sheet: str) -> Response:
    """Every version of every answer on one sheet, newest first, each to be taken back."""
    fields, title = _fields(sheet)
    grouped: dict[str, list[dict[str, Any]]] = {}
    standing = []
    for row in models.history(me(), sheet):
        field = fields.get(row.field)
        lines = answers.shown(field, row.value) if field else []
        if row.field not in grouped:
            standing.append(row.field)
        lost = row.value is UNREADABLE
        version = {"id": row.id, "at": row.changed_at, "lines": lines, "lost": lost}
        grouped.setdefault(row.field, []).append(version)
    shown = [
        {"label": fields[name]["label"], "now": grouped[name][0], "before": grouped[name][1:]}
        for name in standing
        if name in fields and len(grouped[name]) > 1
    ]
    return show("coursework/earlier.html", sheet=sheet, title=title, fields=shown)


def _fields(sheet: str) -> tuple[dict[str, Any], str]:
    """What a sheet asks, by name, and what it is called."""
    every = lessons.places()
    for place in every:
        if place.slug == sheet:
            return {field["name"]: field for field in place.fields}, place.title
    others = {
        rules.PLAN: (lessons.own_words(), "Kørselsplanen"),
        rules.LATER_SHEET: (lessons.later_measures(every), "Kørelogbogen"),
    }
    found, title = others.get(sheet) or abort(404)
    return {field["name"]: field for field in found}, title


@blueprint.post("/kursus/svar/<sheet>/tag-tilbage")
@owners
def take_back(sheet: str) -> AnyResponse:
    """Lets an older version count again; without an id it says that all is well as it stands."""
    number = request.form.get("id", type=int)
    with transaction():
        if number is None:
            actions.settle(me(), sheet)
        elif not 0 < number < LARGEST_ID:
            abort(404)
        else:
            actions.take_back(me(), number, secrets.token_hex(6), now()) or abort(404)
    return redirect(url_for("coursework.earlier", sheet=sheet), 303)
