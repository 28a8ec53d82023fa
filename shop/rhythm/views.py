"""Saying yes to mails about the course and changing one's mind, signed in or by a mail's link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, url_for
from flask_login import current_user, login_required
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

import shop.course.models as course_models
from shop.content import consents
from shop.db import transaction
from shop.rhythm import actions, models
from shop.web import csrf, hashed, limiter, now, own_path, show

blueprint = Blueprint("rhythm", __name__)

CONSENT = "rhythm"
CHANGES: dict[str, Callable[[int, datetime], None]] = {
    "pause": actions.pause,
    "go-on": actions.go_on,
    "stop": actions.stop,
}


class Box(NamedTuple):
    """What a page of the reader's own shows of the mails; empty where there is nothing to choose.

    It `asks` as long as they have not said yes.
    """

    html: Markup = Markup()
    asks: bool = False


def init_rhythm(app: Flask) -> None:
    """Gives the reader's own pages the box in which mails are chosen."""
    app.jinja_env.globals["rhythm_box"] = box


def box() -> Box:
    """For whoever has the course and has shown whose browser it is.

    It asks only who has proved the address: nobody says yes to mails for somebody else.
    """
    if not current_user.is_authenticated or not current_user.trusted:
        return Box()
    found = models.standing(current_user.person_id)
    if found is None and not (current_user.has_proved and _has_access()):
        return Box()
    html = render_template(
        "rhythm/_box.html",
        rhythm=found,
        paused_until=_paused_until(found),
        consent=consents()[CONSENT],
        back=request.path,
    )
    return Box(Markup(html), asks=found is None)  # noqa: S704 (rendered by us)


def _has_access() -> bool:
    return course_models.access(current_user._get_current_object(), now()) is not None


def _paused_until(found: models.Rhythm | None) -> datetime | None:
    until = found and found.paused_until
    return until if until and until > now() else None


@blueprint.post("/kursus/mails")
@login_required
@limiter.limit("30 per hour")
def choose() -> AnyResponse:
    """Says yes, pauses, goes on or stops, and leads back to the page with the box."""
    what = request.form.get("what", "")
    if not current_user.trusted:
        abort(403)
    if what == "yes" and not (current_user.has_proved and _has_access()):
        abort(403)
    with transaction():
        if what == "yes":
            actions.agree(current_user.person_id, consents()[CONSENT], now())
        elif what in CHANGES:
            CHANGES[what](current_user.person_id, now())
    back = own_path(request.form.get("back")) or url_for("pages.my_page")
    return redirect(f"{back}#rhythm-box", 303)


@blueprint.get("/kursus/mails/<token>")
def mails(token: str) -> Response:
    """Where a mail leads: two buttons, as scanners follow links."""
    return _page(token, _reader(token))


def _reader(token: str) -> int:
    return models.reader_of(hashed(token)) or abort(404)


def _page(token: str, person_id: int) -> Response:
    found = models.standing(person_id)
    return show(
        "rhythm/mails.html",
        token=token,
        stopped=found is None,
        paused_until=_paused_until(found),
    )


@blueprint.post("/kursus/mails/<token>")
@csrf.exempt
def answer(token: str) -> Response:
    """Pauses or stops; a mail program that presses its own button has no session, and stops.

    The token is proof enough. No redirect, which such a program would not follow (RFC 8058 § 3.1).
    """
    person_id = _reader(token)
    change = actions.pause if request.form.get("what") == "pause" else actions.stop
    with transaction():
        change(person_id, now())
    return _page(token, person_id)
