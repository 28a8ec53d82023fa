"""Giving somebody a time over the telephone, and moving one: which time, then yes."""

from __future__ import annotations

import secrets
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.booking import actions, rules, week_models
from shop.booking import opening_models as openings
from shop.booking.hours import Practitioner
from shop.booking.models import Appointment
from shop.booking.opening_models import Offered
from shop.booking.rules import Changed, Patient, SlotTaken
from shop.clinic import week
from shop.clinic.appointments import done, known, page_of, whose
from shop.clinic.forms import CallerForm
from shop.clinic.room import blueprint, room
from shop.danish import COPENHAGEN, weekday
from shop.danish import clock as on_the_clock
from shop.deadlock import settled
from shop.web import log, now

HORIZON = timedelta(days=730)  # further ahead no time is given by hand


@blueprint.get("/aftaler/ny")
def new_appointment() -> Response:
    """Which service, which time, and then who; each step is a page of its own."""
    practitioner = whose()
    services = week_models.services_of(practitioner.id)
    slug = request.args.get("ydelse")
    if slug is None:
        return room("new_service", "appointments", practitioner=practitioner, services=services)
    offered = _offered(slug, practitioner)
    starts_at = _moment(request.args)
    if starts_at is None:
        return _times_page(offered, practitioner, url_for("clinic.new_appointment"))
    form = CallerForm(submit_key=secrets.token_hex(16), starts_at=starts_at.isoformat())
    return _caller_page(offered, practitioner, starts_at, form)


def _offered(slug: str, practitioner: Practitioner) -> Offered:
    found = openings.offered(slug)
    return found if found and practitioner.id in found.practitioners else abort(404)


def _moment(given: Any) -> datetime | None:
    """The time in an address or form: `starts_at` with its offset, or `dag` and `kl` in Denmark.

    None for none, one that is over, too far ahead, or not on five minutes.
    """
    try:
        if given.get("dag"):
            clock = time.fromisoformat(given.get("kl", ""))
            day = date.fromisoformat(given["dag"])
            found = rules.moment(day, clock.hour * 60 + clock.minute, COPENHAGEN)
        else:
            found = datetime.fromisoformat(given.get("starts_at", "").replace(" ", "+"))
        is_whole = not found.second and not found.microsecond and not found.minute % 5
        return found if is_whole and now() < found < now() + HORIZON else None
    except (ValueError, TypeError, OverflowError):
        return None


def _times_page(
    offered: Offered, practitioner: Practitioner, action: str, moved: Appointment | None = None
) -> Response:
    """A week's free times as links, and a form for any other."""
    moment = now()
    today = moment.astimezone(COPENHAGEN).date()
    asked = request.args.get("uge")
    near = moved.starts_at.astimezone(COPENHAGEN).date().isoformat() if moved else None
    monday = week.monday_of(asked or near, today)
    found = openings.free(
        offered,
        monday,
        monday + timedelta(days=6),
        moment,
        but=moved.id if moved else 0,
        practitioner_id=practitioner.id,
    )
    kept = {} if moved else {"hos": practitioner.slug, "ydelse": offered.service.slug}
    days: dict[str, list[tuple[str, str]]] = {}
    for opening in found:
        if moved is None or opening.starts_at != moved.starts_at:
            local = opening.starts_at.astimezone(COPENHAGEN)
            days.setdefault(weekday(local), []).append((on_the_clock(local), local.isoformat()))
    return room(
        "times",
        "appointments",
        service=offered.service,
        practitioner=practitioner,
        moved=moved,
        action=action,
        onward=f"{action}?{urlencode(kept)}&" if kept else f"{action}?",
        kept=kept.items(),
        days=days,
        number=monday.isocalendar().week,
        before=monday - timedelta(days=7) if monday > today else None,
        after=monday + timedelta(days=7),
        today=today,
        typed=request.args,
        unclear=bool(request.args.get("dag") or request.args.get("starts_at")),
    )


def _caller_page(
    offered: Offered,
    practitioner: Practitioner,
    starts_at: datetime,
    form: CallerForm,
    status_code: int = 200,
    taken: bool = False,
) -> Response:
    return room(
        "caller",
        "appointments",
        status_code=status_code,
        service=offered.service,
        practitioner=practitioner,
        starts_at=starts_at,
        form=form,
        taken=taken,
        is_open=_is_open(offered, practitioner, starts_at),
    )


def _is_open(
    offered: Offered, practitioner: Practitioner, starts_at: datetime, but: int = 0
) -> bool:
    """Whether the time is on offer to patients as well."""
    opening = openings.at(offered, starts_at, now(), but=but, practitioner_id=practitioner.id)
    return opening is not None


@blueprint.post("/aftaler/ny")
def book() -> Response | AnyResponse:
    """Gives the caller the time; whatever is wrong, what was typed comes back."""
    practitioner = whose()
    offered = _offered(request.form.get("ydelse", ""), practitioner)
    starts_at, form = _moment(request.form) or abort(404), CallerForm()
    if not form.validate_on_submit():
        return _caller_page(offered, practitioner, starts_at, form, 422)
    try:
        booked = _give(offered, practitioner, starts_at, form)
    except SlotTaken:
        return _caller_page(offered, practitioner, starts_at, form, 409, taken=True)
    return done(booked, "booked")


def _give(
    offered: Offered, practitioner: Practitioner, starts_at: datetime, form: CallerForm
) -> Appointment:
    """Books, also where no patient could; that stands in the log. Raises SlotTaken."""
    patient = Patient(
        form.name.data, form.email.data or "", form.phone.data or "", form.note.data or ""
    )
    anywhen = not _is_open(offered, practitioner, starts_at)
    key = (form.submit_key.data or "")[:64] or None
    given = (offered, practitioner.id, starts_at, patient, now(), anywhen, key)
    booked = settled(lambda: actions.book_for_caller(*given))
    if anywhen:
        log.info("booked outside what is on offer", appointment=booked.id)
    return booked


@blueprint.get("/aftaler/<int(max=2147483647):appointment_id>/flyt")
def new_time(appointment_id: int) -> Response:
    """Free times to move to; with a time, the button that moves there."""
    found = known(appointment_id)
    offered = openings.offered_by_id(found.service_id)
    if offered is None or found.state != "confirmed":
        return page_of(found, 409, trouble="changed")
    starts_at = _moment(request.args)
    if starts_at is None:
        action = url_for("clinic.new_time", appointment_id=found.id)
        return _times_page(offered, week_models.visit(found).practitioner, action, found)
    return _move_page(found, offered, starts_at)


def _move_page(
    found: Appointment, offered: Offered, starts_at: datetime, status_code: int = 200
) -> Response:
    visit = week_models.visit(found)
    return room(
        "move",
        "appointments",
        status_code=status_code,
        appointment=found,
        visit=visit,
        starts_at=starts_at,
        taken=status_code == 409,
        is_open=_is_open(offered, visit.practitioner, starts_at, found.id),
    )


@blueprint.post("/aftaler/<int(max=2147483647):appointment_id>/flyt")
def move(appointment_id: int) -> Response | AnyResponse:
    found, starts_at = known(appointment_id), _moment(request.form) or abort(404)
    offered = openings.offered_by_id(found.service_id) or abort(404)
    version = request.form.get("version", -1, type=int)
    visit = week_models.visit(found)
    anywhen = not _is_open(offered, visit.practitioner, starts_at, found.id)
    try:
        settled(
            lambda: actions.reschedule(
                known(appointment_id), starts_at, version, "clinic", now(), anywhen
            )
        )
    except SlotTaken:
        return _move_page(known(appointment_id), offered, starts_at, 409)
    except Changed:
        return page_of(known(appointment_id), 409, trouble="changed")
    if anywhen:
        log.info("moved outside what is on offer", appointment=appointment_id)
    return done(found, "moved")
