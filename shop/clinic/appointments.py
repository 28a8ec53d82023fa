"""The clinic's appointments: a week of them, and one at a time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

import shop.coursework.models as coursework
from shop import phone
from shop.accounts import models as accounts
from shop.booking import actions, calendar_models, models, rules, vacancy_actions, week_models
from shop.booking.hours import Practitioner
from shop.booking.models import Appointment
from shop.booking.rules import Changed, last_day
from shop.clinic import booking_labels as labels
from shop.clinic import shown, week
from shop.clinic.room import blueprint, room
from shop.danish import COPENHAGEN
from shop.db import transaction
from shop.deadlock import settled
from shop.outbox import models as mails_of
from shop.web import now

STALE = timedelta(hours=1)  # a calendar that fails now and then is nobody's worry


def whose() -> Practitioner:
    """The practitioner whose calendar is looked at: the one in the address, or the first."""
    everybody = week_models.practitioners()
    if not everybody:
        abort(room("no_calendar", "appointments"))
    slug = request.values.get("hos") or everybody[0].slug
    return next((one for one in everybody if one.slug == slug), None) or abort(404)


@blueprint.get("/aftaler")
def appointments() -> Response:
    """A week of one practitioner, and what in the coming ones needs eyes."""
    practitioner, moment = whose(), now()
    return room(
        "appointments",
        "appointments",
        practitioner=practitioner,
        practitioners=week_models.practitioners(),
        week=_week(practitioner, moment),
        clashes=week_models.clashes(practitioner.id, moment),
        waiting=[_waits(row) for row in week_models.waiting(practitioner.id, moment)],
        silent=_silent(practitioner),
    )


def _waits(row: Any) -> dict[str, Any]:
    return {
        **row._mapping,
        "phone_shown": phone.shown(row.phone) if row.phone else "",
        "days": row.until_at and (_day(row.from_at), last_day(row.until_at, COPENHAGEN)),
    }


def _day(moment: datetime) -> date:
    return moment.astimezone(COPENHAGEN).date()


def _week(practitioner: Practitioner, moment: datetime) -> dict[str, Any]:
    today = moment.astimezone(COPENHAGEN).date()
    monday = week.monday_of(request.args.get("uge"), today)
    since, until = week.span(monday)
    return week.shown(
        monday,
        today,
        week_models.hours_of(practitioner, monday, monday + timedelta(days=6)),
        week_models.between(practitioner.id, since, until, moment),
        calendar_models.busy_between(practitioner.id, since, until),
    )


def _silent(practitioner: Practitioner) -> list[dict[str, Any]]:
    """The calendars elsewhere that could not be read for a while, or ever."""
    return [
        {
            "name": found.name,
            "since": found.fetched_at,
            "trouble": labels.calendar_trouble(found.error),
        }
        for found in calendar_models.calendars_of(practitioner.id)
        if found.error
        and found.fetched_at != found.tried_at
        and (found.fetched_at is None or found.fetched_at < now() - STALE)
    ]


@blueprint.post("/aftaler/venteliste/<int(max=2147483647):waiting_id>/slet")
def take_off_list(waiting_id: int) -> AnyResponse:
    """Takes somebody off the list who was helped otherwise, or asked for it."""
    practitioner = whose()
    with transaction():
        vacancy_actions.take_off_list(models.waiting_by_id(waiting_id) or abort(404), now())
    return redirect(url_for("clinic.appointments", hos=practitioner.slug), 303)


def known(appointment_id: int) -> Appointment:
    """The appointment in the address, or 404."""
    return week_models.one(appointment_id) or abort(404)


@blueprint.get("/aftaler/<int(max=2147483647):appointment_id>")
def appointment(appointment_id: int) -> Response:
    return page_of(known(appointment_id), done=request.args.get("gjort", ""))


def page_of(found: Appointment, status_code: int = 200, **context: Any) -> Response:
    """One appointment whole, with what the patient wrote and what may be done."""
    visit = week_models.visit(found)
    return room(
        "appointment",
        "appointments",
        status_code=status_code,
        appointment=found,
        visit=visit,
        state_label=labels.STATES[found.state],
        mode_label=labels.MODES.get(visit.service.mode, ""),
        phone_shown=phone.shown(found.phone) if found.phone else "",
        meets=_meets(found),
        plan=_plan(found),
        has_begun=found.starts_at <= now(),
        day=found.starts_at.astimezone(COPENHAGEN).date(),
        mails=[
            shown.fate(mail)
            for about in week_models.abouts(found)
            for mail in mails_of.fates(about)
        ],
        **context,
    )


def _plan(found: Appointment) -> Any:
    """The plan that whoever owns the patient's mail address shares with the clinic now."""
    person = accounts.by_email(found.email) if found.email else None
    if person is None or person.verified_at is None:
        return None
    return next((share for share in coursework.shares(person.id) if share.active_of), None)


def _meets(found: Appointment) -> list[Any]:
    if found.state != "confirmed":
        return []
    return list(calendar_models.busy_between(found.practitioner_id, found.starts_at, found.ends_at))


@blueprint.post("/aftaler/<int(max=2147483647):appointment_id>/kom")
def mark(appointment_id: int) -> Response | AnyResponse:
    """Notes whether the patient came, or takes that back."""
    found, state = known(appointment_id), request.form.get("state", "")
    if state not in rules.MOVES[found.state] & {"completed", "no_show", "confirmed"}:
        return page_of(found, 409, trouble="changed")
    if found.starts_at > now() or not settled(lambda: actions.mark(found, state, now())):
        return page_of(known(appointment_id), 409, trouble="changed")
    return done(found, "marked")


@blueprint.route("/aftaler/<int(max=2147483647):appointment_id>/aflys", methods=["GET", "POST"])
def cancel(appointment_id: int) -> Response | AnyResponse:
    """Asks once more, then cancels and tells the patient."""
    found = known(appointment_id)
    if request.method == "GET":
        return room("cancel", "appointments", appointment=found, visit=week_models.visit(found))
    version = request.form.get("version", -1, type=int)
    try:
        settled(lambda: actions.cancel(known(appointment_id), version, "clinic", now()))
    except Changed:
        return page_of(known(appointment_id), 409, trouble="changed")
    return done(found, "cancelled")


def done(found: Appointment, what: str) -> AnyResponse:
    """To the appointment's page, which says what was done."""
    return redirect(url_for("clinic.appointment", appointment_id=found.id, gjort=what), 303)
