"""Taking a gift into use: by its link, or by the code on its card."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

import shop.accounts.actions as accounts
import shop.accounts.models as account_models
import shop.course.models as course_models
from shop.content import consents, texts
from shop.course.rules import RESUME
from shop.db import transaction
from shop.gifts import actions, models, rules
from shop.gifts import card as paper
from shop.gifts.actions import Taker
from shop.gifts.forms import CodeForm, TakeForm
from shop.gifts.models import Gift
from shop.web import admit, hashed, limiter, now, show

blueprint = Blueprint("gifts", __name__, url_prefix="/gave")

KEY = "gift_key"  # the browser's secret: two clicks on one button are one person
AGAIN = timedelta(hours=1)

# Nobody guesses a code; somebody who tries is stopped all the same.
_guesses = limiter.shared_limit(
    "20 per hour", scope="gift-codes", deduct_when=lambda answer: answer.status_code in {404, 422}
)


@blueprint.get("")
def door() -> Response:
    return show("gifts/door.html", form=CodeForm())


@blueprint.post("")
@_guesses
def look_up() -> Response | AnyResponse:
    """From the code on a card to the gift; blanks, hyphens and case do not matter."""
    form = CodeForm()
    if form.validate():
        read = rules.read_code(form.code.data)
        found = models.by_code(read) if read else None
        if read and found and found.opened_at:
            return redirect(url_for("gifts.gift", code=rules.shown_code(read)), 303)
        form.code.errors = ["Koden passer ikke. Den er på 12 bogstaver og tal. Se efter igen."]
    return show("gifts/door.html", status_code=422, form=form)


def _found(code: str) -> Gift:
    read = rules.read_code(code)
    found = models.by_code(read) if read else None
    return found if found and found.opened_at else abort(404)


@blueprint.get("/<code>")
@_guesses
def gift(code: str) -> Response:
    """The gift as it stands; opening the link uses nothing up, as mail scanners open links too."""
    session.setdefault(KEY, secrets.token_urlsafe(32))
    return _page(_found(code), TakeForm())


def _page(found: Gift, form: TakeForm, status_code: int = 200) -> Response:
    moment = now()
    state = found.state(moment)
    visitor = _trusted()
    if visitor and not form.is_submitted():
        form.email.data, form.name.data = visitor.email, visitor.name
    return show(
        "gifts/gift.html",
        status_code=status_code if state == "ready" else 410,
        gift=found,
        code=(request.view_args or {})["code"],
        state=state,
        form=form,
        course=course_models.the_course(),
        consent=consents()["gift"].html,
        until=visitor and course_models.access(visitor, moment),
        is_theirs=_is_theirs(found),
        resume_url=RESUME,
    )


def _trusted() -> Any:
    return current_user if current_user.is_authenticated and current_user.trusted else None


def _is_theirs(found: Gift) -> bool:
    """Whether this browser is in by the gift already."""
    return bool(current_user.is_authenticated and current_user.person_id == found.redeemed_by)


@blueprint.post("/<code>")
@limiter.limit("20 per hour")
def take(code: str) -> Response | AnyResponse:
    """Takes the gift into use, and opens the course in this browser at once."""
    found, form = _found(code), TakeForm()
    if not form.validate():
        return _page(found, form, status_code=422)
    who = Taker(
        form.email.data,
        form.name.data,
        texts()["handelsbetingelser"].version,
        consents()["gift"],
        hashed(session.get(KEY, code)),
    )
    try:
        with transaction():
            taken = actions.redeem(found.id, who, now())
    except actions.NotToBeHad:
        return _too_late(_found(code), code)
    _let_in(found, taken.person_id, taken.is_new)
    return redirect(RESUME, 303)


def _too_late(found: Gift, code: str) -> AnyResponse:
    """Somebody was faster: this very browser by a second click, or somebody else."""
    is_same = found.taken_in == hashed(session.get(KEY, ""))
    taken_at = found.redeemed_at
    if is_same and found.is_open and taken_at and now() - taken_at < AGAIN:
        _let_in(found, found.redeemed_by, is_new=False)
        return redirect(RESUME, 303)
    return redirect(url_for("gifts.gift", code=code), 303)


def _let_in(found: Gift, person_id: int | None, is_new: bool) -> None:
    """Lets this browser in as far as the gift reaches: having a code proves nobody's address.

    One that has shown whose it is reaches all that is theirs anyway, and stays as it is.
    """
    visitor = _trusted()
    if visitor and visitor.has_proved and visitor.person_id == person_id:
        return
    with transaction():
        token = accounts.open_browser(person_id or 0, now(), found.order_id, is_new)
    admit(account_models.visitor(token, hashed(token), now()))


@blueprint.get("/<code>/kort.pdf")
@limiter.limit("30 per hour")
def card(code: str) -> Response:
    """The card to print, for whoever has the code that stands on it."""
    response = Response(paper.drawn(_found(code)), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f"inline; filename={rules.CARD_FILE}"
    response.headers["Cache-Control"] = "no-store"
    return response
