"""Asking to be told of a free time, and answering when there is one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop import mail_domains
from shop.booking import models, rules, telling, vacancy_actions, waiting
from shop.booking import opening_models as openings
from shop.booking.forms import AskForm
from shop.booking.models import Waiting
from shop.booking.opening_models import Offered
from shop.booking.rules import SlotTaken
from shop.booking.vacancy_actions import Asker
from shop.booking.views import blueprint
from shop.content import consents
from shop.danish import COPENHAGEN
from shop.db import UNREADABLE
from shop.deadlock import settled
from shop.web import limiter, now, show

ASKED_PER_CLIENT = "12 per hour"  # each may keep a time from others for some hours


@blueprint.get("/book/<service>/venteliste")
def ask(service: str) -> Response:
    """The form to be told of a time that gets free from one day, `fra`, to another, `til`."""
    offered = openings.offered(service) or abort(404)
    return _form_page(offered, AskForm(request.args))


def _days(offered: Offered, form: AskForm) -> tuple[date, date]:
    """The days that are asked for, or all that can be booked."""
    today = now().astimezone(COPENHAGEN).date()
    last = today + timedelta(days=offered.service.horizon_days)
    try:
        asked = [date.fromisoformat(field.data or "") for field in (form.fra, form.til)]
    except ValueError:
        return today, last
    first, final = (min(max(day, today), last) for day in asked)
    return (first, final) if first <= final else (today, last)


def _form_page(
    offered: Offered, form: AskForm, status_code: int = 200, suggestion: str | None = None
) -> Response:
    return show(
        "booking/ask.html",
        status_code=status_code,
        service=offered.service,
        form=form,
        days=_days(offered, form),
        consent=consents()["waiting"],
        suggestion=suggestion,
    )


@blueprint.post("/book/<service>/venteliste")
@limiter.limit(lambda: ASKED_PER_CLIENT)
def wait_in_line(service: str) -> Response | AnyResponse:
    """Puts somebody on the list. The link goes by mail alone: who typed it may be another."""
    offered, form = openings.offered(service) or abort(404), AskForm()
    if not form.validate_on_submit():
        return _form_page(offered, form, 422)
    suggestion = mail_domains.suggestion(form.email.data)
    if suggestion and form.checked_email.data != form.email.data:
        return _form_page(offered, form, 422, suggestion)
    version = consents()["waiting"].version
    asker = Asker(form.name.data, form.email.data, form.phone.data or "", version)
    first, last = _days(offered, form)
    span = (rules.moment(day, 0, COPENHAGEN) for day in (first, last + timedelta(days=1)))
    from_at, until_at = span
    settled(lambda: vacancy_actions.ask(offered, asker, from_at, until_at, now()))
    return redirect(url_for("booking.in_line", service=service), 303)


@blueprint.get("/book/<service>/venteliste/tak")
def in_line(service: str) -> Response:
    offered = openings.offered(service) or abort(404)
    return show("booking/asked.html", service=offered.service)


@blueprint.get("/aftale/venteliste/<token>")
def place_in_line(token: str) -> Response:
    """What waits for who waits: an offer perhaps, and the way off the list."""
    return _page(_found(token))


def _found(token: str) -> Waiting:
    return models.waiting_by_token(token) or abort(404)


def _page(found: Waiting, status_code: int = 200) -> Response:
    held = models.live(found.offer_id, now()) if found.offer_id else None
    booked = models.by_submit_key(vacancy_actions.submit_key(found))
    return show(
        "booking/place_in_line.html",
        status_code=status_code,
        token=(request.view_args or {})["token"],
        waits=found.state != "closed",
        service=openings.offered_by_id(found.service_id or 0),
        days=found.days,
        offer=telling.visit(held) if held else None,
        booked=booked.token if booked and booked.token is not UNREADABLE else None,
        is_last=waiting.is_last_offer(found),
        taken=status_code == 409,
    )


@blueprint.post("/aftale/venteliste/<token>")
def answer_in_line(token: str) -> Response | AnyResponse:
    """Takes the time that is kept, says no to it, or leaves the list."""
    _found(token)
    what = request.form.get("answer", "")
    if what == "take":
        return _take(token)
    answers: dict[str, Callable[[Waiting, datetime], None]] = {
        "decline": waiting.decline,
        "leave": waiting.close,
    }
    settled(lambda: answers.get(what, waiting.decline)(_found(token), now()))
    return redirect(url_for("booking.place_in_line", token=token), 303)


def _take(token: str) -> Response | AnyResponse:
    try:
        booked = settled(lambda: vacancy_actions.take(_found(token), now()))
    except SlotTaken:
        return _page(_found(token), 409)
    return redirect(url_for("booking.appointment", token=booked.token), 303)
