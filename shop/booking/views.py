"""Booking a time: which service, when, who. Without JavaScript, and without an account."""

from __future__ import annotations

import hmac
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, session, url_for
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response as AnyResponse

from shop import mail_domains
from shop.booking import actions, forms, holding, hours, models, week
from shop.booking import opening_models as openings
from shop.booking.forms import BookingForm
from shop.booking.opening_models import Offered
from shop.booking.rules import SlotTaken, TooMany
from shop.counting import count, is_over
from shop.danish import COPENHAGEN
from shop.deadlock import settled
from shop.web import hashed, limiter, network, now, settings, show, show_public

blueprint = Blueprint("booking", __name__)

HOLDS_PER_CLIENT = "30 per 10 minutes"  # a hold lasts ten: nobody keeps a whole week from others
BOOKED_PER_CLIENT = "60 per hour"  # a waiting room may share a connection; robots do not stop


@blueprint.get("/book")
def choose() -> Response:
    return show_public("booking/choose.html", services=hours.services())


@blueprint.get("/book/<service>")
def times(service: str) -> Response:
    """A week of free times; with `starts_at` the form that books that one."""
    offered = openings.offered(service) or abort(404)
    if "starts_at" in request.args:
        form = forms.form_for(offered.service, starts_at=request.args["starts_at"])
        return _details(offered, form)
    return show("booking/times.html", "booking/_week.html", **_week(offered))


def _week(offered: Offered) -> dict[str, Any]:
    moment = now()
    today = moment.astimezone(COPENHAGEN).date()
    last = today + timedelta(days=offered.service.horizon_days)
    asked, first = week.read_monday(request.args.get("uge", ""), today, last), None
    if asked is None:
        found = openings.free(offered, today, last, moment, _holder())
        first = found[0] if found else None
        monday = week.monday_of(first.starts_at.astimezone(COPENHAGEN).date() if first else today)
    else:
        monday = asked
        found = openings.free(offered, monday, monday + timedelta(days=6), moment, _holder())
    nothing = asked is None and not found
    return {
        "service": offered.service,
        "week": week.shown(found, monday, today, last),
        "first": first,
        "nothing": nothing,
        "ask": (today, last) if nothing else (monday, monday + timedelta(days=6)),
        "here": url_for("booking.times", service=offered.service.slug),
    }


def _holder() -> str:
    """Who holds a time in this browser, as the database knows them; "" for one without a cookie."""
    return hashed(session["visitor"]) if "visitor" in session else ""


def _details(
    offered: Offered,
    form: BookingForm,
    status_code: int = 200,
    fragment: str | None = None,
    taken_code: int = 409,
    **context: Any,
) -> Response:
    """The form for one time, or a part of it; when that is taken, the nearest that are not."""
    session.setdefault("visitor", secrets.token_urlsafe(16))
    moment, starts_at = now(), forms.read_moment(form.starts_at.data)
    if starts_at is None:
        abort(404)
    held = models.hold(offered.service.id, starts_at, _holder(), moment)
    is_free = held or openings.at(offered, starts_at, moment, _holder())
    near = [] if is_free else openings.nearest(offered, starts_at, moment, _holder())
    return show(
        "booking/details.html",
        fragment,
        status_code=status_code if is_free else taken_code,
        **_shown(offered, starts_at, held, moment),
        form=form,
        questions=forms.questions(form, offered.service),
        typed=request.method == "POST",
        is_free=is_free,
        near=[(opening.starts_at, week.in_link(opening.starts_at)) for opening in near],
        **context,
    )


def _shown(
    offered: Offered, starts_at: datetime, held: models.Appointment | None, moment: datetime
) -> dict[str, Any]:
    return {
        "service": offered.service,
        "starts_at": starts_at,
        "in_link": week.in_link(starts_at),
        "held": held,
        "may_hold_longer": held is not None and holding.may_hold_longer(held),
        "minutes_left": holding.minutes_left(held, moment) if held else 0,
        "here": url_for("booking.times", service=offered.service.slug),
    }


@blueprint.post("/book/<service>/hold")
@limiter.limit(lambda: HOLDS_PER_CLIENT)
def hold(service: str) -> Response:
    """Keeps the time while its visitor types; pressed again, longer."""
    offered = openings.offered(service) or abort(404)
    form = forms.form_for(offered.service)
    starts_at = forms.read_moment(form.starts_at.data) or abort(404)
    session.setdefault("visitor", secrets.token_urlsafe(16))
    with suppress(SlotTaken):  # the answer says so
        settled(lambda: holding.hold(offered, starts_at, _holder(), now()))
    return _hold_box(offered, form)


def _hold_box(offered: Offered, form: BookingForm) -> Response:
    """How the hold stands; never an error, for htmx swaps none in."""
    return _details(offered, form, fragment="booking/_hold.html", taken_code=200)


@blueprint.get("/book/<service>/hold")
def hold_left(service: str) -> Response:
    """How long the time is still kept, for the page that asks now and then."""
    offered = openings.offered(service) or abort(404)
    form = forms.form_for(offered.service, starts_at=request.args.get("starts_at"))
    return _hold_box(offered, form)


@blueprint.post("/book/<service>")
@limiter.limit("1000 per hour")
def book(service: str) -> Response | AnyResponse:
    """Books the time. Whatever is wrong, what was typed comes back."""
    offered = openings.offered(service) or abort(404)
    form = forms.form_for(offered.service)
    form.starts_at.data = request.form.get("instead") or form.starts_at.data
    starts_at = forms.read_moment(form.starts_at.data) or abort(404)
    if not form.validate_on_submit():
        return _details(offered, form, 422)
    suggestion = mail_domains.suggestion(form.email.data)
    if suggestion and form.checked_email.data != form.email.data:
        return _details(offered, form, 422, suggestion=suggestion)
    try:
        booked = _booked(offered, starts_at, form)
    except SlotTaken:
        return _details(offered, form, 409)
    except TooMany:
        return _details(offered, form, 422, too_many=True)
    return redirect(url_for("booking.appointment", token=booked.token), 303)


def _booked(offered: Offered, starts_at: datetime, form: BookingForm) -> models.Appointment:
    """Books and counts it. Raises SlotTaken, and TooMany when this client has booked many."""
    client = ("booking", hashed(network(get_remote_address())))
    if is_over(BOOKED_PER_CLIENT, *client):
        raise TooMany
    booked = settled(lambda: _book(offered, starts_at, form))
    count(BOOKED_PER_CLIENT, *client)
    return booked


def _book(offered: Offered, starts_at: datetime, form: BookingForm) -> models.Appointment:
    key = _submit_key(offered.service.slug, starts_at, form.email.data)
    patient = forms.patient(form, offered.service)
    return actions.book(offered, starts_at, patient, key, now(), _holder())


def _submit_key(slug: str, starts_at: datetime, email: str) -> str:
    """The same booking from the same browser is one, however often its button is pressed."""
    who = session.get("visitor") or request.form.get("csrf_token", "")
    words = "\0".join((who, slug, str(starts_at.timestamp()), email))
    return hmac.new(settings().secret_key.encode(), words.encode(), sha256).hexdigest()
