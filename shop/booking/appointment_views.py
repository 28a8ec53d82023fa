"""One appointment by its secret link: see it, move it, cancel it, wait for an earlier time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.booking import (
    actions,
    calendar,
    emails,
    forms,
    intake_actions,
    models,
    telling,
    waiting,
    week,
)
from shop.booking import opening_models as openings
from shop.booking.models import Appointment
from shop.booking.opening_models import Offered
from shop.booking.reminders import REMINDERS
from shop.booking.rules import Changed, SlotTaken, TooLate
from shop.booking.views import blueprint
from shop.danish import COPENHAGEN
from shop.deadlock import settled
from shop.web import now, show


@blueprint.get("/aftale/<token>")
def appointment(token: str) -> Response:
    return _page(_found(token))


def _found(token: str) -> Appointment:
    return models.by_token(token) or abort(404)


def _page(
    found: Appointment,
    status_code: int = 200,
    trouble: str = "",
    intake: forms.IntakeForm | None = None,
) -> Response:
    """The appointment; `intake` is the form with what was typed in it, when that was not kept."""
    moment, visit = now(), telling.visit(found)
    on_list = models.waiting_of(found.id)
    offer = None
    if on_list is not None and on_list.offer_id:
        offer = models.live(on_list.offer_id, moment)
    if intake is None and intake_actions.may_tell(found, moment):
        intake = forms.intake_for(visit.service)
    return show(
        "booking/appointment.html",
        status_code=status_code,
        appointment=found,
        token=(request.view_args or {})["token"],  # ours to write down may be beyond reading
        visit=visit,
        is_over=found.ends_at <= moment,
        may_change=visit.may_change(moment),
        change_until=visit.change_until,
        is_reminded=found.starts_at - REMINDERS["day"][0] > moment,
        waits=on_list is not None and on_list.state != "closed",
        offer=offer,
        trouble=trouble,
        told=found.note is not None or found.answers is not None,
        form=intake,
        questions=forms.questions(intake, visit.service) if intake else [],
    )


@blueprint.get("/aftale/<token>/aftale.ics")
def calendar_file(token: str) -> Response:
    """The appointment for the reader's own calendar."""
    found = _found(token)
    entry = emails.entry(telling.visit(found), now(), None)
    body = calendar.publish(entry, cancelled=found.state == "cancelled")
    response = Response(body, content_type=calendar.PUBLISH_TYPE)
    response.headers["Content-Disposition"] = "attachment; filename=aftale.ics"
    return response


@blueprint.get("/aftale/<token>/flyt")
def new_time(token: str) -> Response:
    """A week of free times to move to; with `starts_at` the button that moves there."""
    found = _found(token)
    offered = openings.offered_by_id(found.service_id)
    if offered is None or found.state != "confirmed":
        return _page(found, 409, "changed")
    shown: dict[str, Any] = {
        "appointment": found,
        "token": token,
        "here": url_for("booking.new_time", token=token),
    }
    starts_at = forms.read_moment(request.args.get("starts_at"))
    if starts_at is None:
        shown |= _week(offered, found)
        return show("booking/move.html", "booking/_week.html", **shown)
    whom = found.practitioner_id
    is_free = openings.at(offered, starts_at, now(), but=found.id, practitioner_id=whom) is not None
    shown |= {"starts_at": starts_at, "is_free": is_free}
    return show("booking/move_confirm.html", status_code=200 if is_free else 409, **shown)


def _week(offered: Offered, found: Appointment) -> dict[str, Any]:
    moment = now()
    today = moment.astimezone(COPENHAGEN).date()
    last = today + timedelta(days=offered.service.horizon_days)
    asked = week.read_monday(request.args.get("uge", ""), today, last)
    monday = asked or week.monday_of(found.starts_at.astimezone(COPENHAGEN).date())
    free = openings.free(
        offered,
        monday,
        monday + timedelta(days=6),
        moment,
        but=found.id,
        practitioner_id=found.practitioner_id,
    )
    others = [opening for opening in free if opening.starts_at != found.starts_at]
    shown = week.shown(others, monday, today, last)
    return {"service": offered.service, "week": shown, "first": None}


@blueprint.post("/aftale/<token>/foer")
def tell_before(token: str) -> Response | AnyResponse:
    """Keeps what the patient tells before they come; it is shown to nobody but the clinician."""
    found = _found(token)
    service = telling.visit(found).service
    form = forms.intake_for(service)
    if not form.validate_on_submit():
        return _page(found, 422, intake=form)
    note, answers = form.note.data, forms.answers(form, service)
    if note or answers:
        keep = intake_actions.keep
        if not settled(lambda: keep(_found(token), note, answers, now())):
            return _page(_found(token), 409, "told", intake=form)
    return redirect(url_for("booking.appointment", token=token, _anchor="foer"), 303)


@blueprint.post("/aftale/<token>/flyt")
def move(token: str) -> Response | AnyResponse:
    starts_at = forms.read_moment(request.form.get("starts_at")) or abort(404)
    return _change(
        token, lambda found, at: actions.reschedule(found, starts_at, _version(), "patient", at)
    )


@blueprint.post("/aftale/<token>/aflys")
def cancel(token: str) -> Response | AnyResponse:
    return _change(token, lambda found, at: actions.cancel(found, _version(), "patient", at))


@blueprint.post("/aftale/<token>/venteliste")
def wait(token: str) -> Response | AnyResponse:
    """Puts the patient on the list for an earlier time, or takes them off it."""
    if request.form.get("wait") == "1":
        return _change(token, waiting.join)
    return _change(token, lambda found, at: waiting.leave(found.id, at))


@blueprint.post("/aftale/<token>/tilbud")
def answer(token: str) -> Response | AnyResponse:
    """Takes the earlier time that is kept for the patient, or says no to it."""
    take = request.form.get("take") == "1"
    return _change(token, actions.accept if take else actions.decline)


def _version() -> int:
    typed = request.form.get("version", "")
    return int(typed) if typed.isdecimal() and len(typed) < 9 else -1


def _change(token: str, change: Callable[[Appointment, datetime], None]) -> Response | AnyResponse:
    """Does one thing to the appointment and shows it; when that cannot be, it says why."""
    _found(token)
    try:
        settled(lambda: change(_found(token), now()))
    except SlotTaken:
        return _page(_found(token), 409, "taken")
    except TooLate:
        return _page(_found(token), 409, "late")
    except Changed:
        return _page(_found(token), 409, "changed")
    return redirect(url_for("booking.appointment", token=token), 303)
