"""Calendars: those elsewhere that make the practitioner busy, and ours to follow elsewhere."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.booking import calendar_actions, calendar_models
from shop.booking.calendar_actions import TooManyCalendars
from shop.booking.calendar_rules import BadAddress, host, parsed
from shop.booking.hours import BusyCalendar, Practitioner
from shop.clinic import booking_labels as labels
from shop.clinic.appointments import whose
from shop.clinic.forms import CalendarForm
from shop.clinic.room import blueprint, room
from shop.db import transaction
from shop.web import now, public_url, settings


@blueprint.get("/kalendere")
def calendars() -> Response:
    return _page(whose(), CalendarForm(formdata=None))


def _page(
    practitioner: Practitioner, form: CalendarForm, status_code: int = 200, **context: Any
) -> Response:
    response = room(
        "calendars",
        "appointments",
        status_code=status_code,
        practitioner=practitioner,
        calendars=[_shown(found) for found in calendar_models.calendars_of(practitioner.id)],
        feed=calendar_models.feed_of(practitioner.id),
        form=form,
        **context,
    )
    response.headers["Cache-Control"] = "no-store"  # the feed's address is seen once
    return response


def _shown(found: BusyCalendar) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "host": host(found.address),
        "tried_at": found.tried_at,
        "fetched_at": found.fetched_at,
        "trouble": labels.calendar_trouble(found.error),
        "is_stale": found.error is not None and found.fetched_at != found.tried_at,
    }


@blueprint.post("/kalendere")
def add_calendar() -> Response | AnyResponse:
    practitioner, form = whose(), CalendarForm()
    if not form.validate_on_submit():
        return _page(practitioner, form, 422)
    try:
        parsed(form.address.data, near=not settings().production)
        with transaction():
            calendar_actions.add_calendar(practitioner.id, form.name.data, form.address.data)
    except BadAddress:
        form.address.errors = [labels.CALENDAR_TROUBLE["address"]]
        return _page(practitioner, form, 422)
    except TooManyCalendars:
        return _page(practitioner, form, 422, too_many=True)
    return _back(practitioner)


def _back(practitioner: Practitioner) -> AnyResponse:
    return redirect(url_for("clinic.calendars", hos=practitioner.slug), 303)


def _known(calendar_id: int) -> tuple[Practitioner, int]:
    """The practitioner in the address and the id of a calendar of theirs, or 404."""
    practitioner, found = whose(), calendar_models.calendar(calendar_id)
    if found is None or found.practitioner_id != practitioner.id:
        abort(404)
    return practitioner, found.id


@blueprint.post("/kalendere/<int(max=2147483647):calendar_id>/igen")
def read_calendar(calendar_id: int) -> AnyResponse:
    practitioner, known_id = _known(calendar_id)
    with transaction():
        calendar_actions.read_again(known_id)
    return _back(practitioner)


@blueprint.post("/kalendere/<int(max=2147483647):calendar_id>/slet")
def remove_calendar(calendar_id: int) -> AnyResponse:
    practitioner, known_id = _known(calendar_id)
    with transaction():
        calendar_actions.remove_calendar(known_id)
    return _back(practitioner)


@blueprint.post("/kalendere/adresse")
def make_feed() -> Response:
    """A new secret address, shown this once; the one before stops working."""
    practitioner = whose()
    with transaction():
        token = calendar_actions.make_feed(practitioner.id, now())
    address = public_url("booking.feed", token=token)
    webcal = f"webcal:{address.partition(':')[2]}"  # a calendar program opens it by itself
    form = CalendarForm(formdata=None)
    return _page(practitioner, form, feed_address=address, webcal=webcal)


@blueprint.post("/kalendere/adresse/luk")
def revoke_feed() -> AnyResponse:
    practitioner = whose()
    with transaction():
        calendar_actions.revoke_feed(practitioner.id, now())
    return _back(practitioner)
