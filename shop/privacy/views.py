"""What we have about somebody, for them: to take along, and to have erased."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, redirect, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from shop.accounts.models import Person
from shop.db import db, transaction
from shop.privacy import erasure_actions, export, models
from shop.privacy.models import Somebody
from shop.web import limiter, now, show

blueprint = Blueprint("privacy", __name__)


def _whose() -> str:
    return f"data:{current_user.person_id}" if current_user.is_authenticated else "data"


def _unproven() -> Response | None:
    """A browser that only paid has not shown whose the address is: others may have written."""
    return None if current_user.order_id is None else show("privacy/prove.html", status_code=403)


@blueprint.get("/min-side/data.zip")
@login_required
@limiter.limit("6 per hour", key_func=_whose)
def data() -> Response:
    """Everything we have about the person, made for this one answer and kept nowhere."""
    unproven = _unproven()
    if unproven:
        return unproven
    file = export.file_of(Somebody(current_user.person_id, current_user.email), now())
    response = Response(file, mimetype="application/zip")
    response.headers["Content-Disposition"] = "attachment; filename=mine-oplysninger.zip"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/min-side/slet")
@login_required
def erasure() -> Response:
    return _unproven() or _page()


def _page(status_code: int = 200, **context: Any) -> Response:
    person = db.session.get_one(Person, current_user.person_id)
    return show(
        "privacy/erasure.html",
        status_code=status_code,
        erasure=models.asked_by(person.id),
        obstacles=models.obstacles(person, now()),
        **context,
    )


@blueprint.post("/min-side/slet")
@login_required
@limiter.limit("10 per hour")
def ask() -> Response | AnyResponse:
    unproven = _unproven()
    if unproven:
        return unproven
    person = db.session.get_one(Person, current_user.person_id)
    if models.obstacles(person, now()):
        return _page(409)
    with transaction():
        erasure_actions.ask(person, now())
    return redirect(url_for("privacy.erasure"), 303)


@blueprint.post("/min-side/slet/fortryd")
@login_required
def keep() -> Response | AnyResponse:
    unproven = _unproven()
    if unproven:
        return unproven
    found = models.asked_by(current_user.person_id)
    if found:
        with transaction():
            erasure_actions.cancel(found, now())
    return redirect(url_for("privacy.erasure"), 303)


@blueprint.get("/min-side/slet/fortryd/<token>")
def call_off(token: str) -> Response:
    """Where the mail leads: a button, as scanners open links."""
    found = models.by_token(token) or abort(404)
    return show("privacy/call_off.html", token=token, due_at=found.due_at)


@blueprint.post("/min-side/slet/fortryd/<token>")
@limiter.limit("30 per hour")
def called_off(token: str) -> Response:
    found = models.by_token(token) or abort(404)
    with transaction():
        done = erasure_actions.cancel(found, now())
    return show("privacy/called_off.html") if done else abort(404)
