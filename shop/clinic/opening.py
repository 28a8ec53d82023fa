"""Opening hours: those of every week, single days, and days closed in a row."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.booking import hours_actions, hours_rules, rules, week_models
from shop.booking.hours import Practitioner
from shop.booking.hours_rules import BadHours
from shop.booking.rules import Window
from shop.clinic import booking_labels as labels
from shop.clinic.appointments import whose
from shop.clinic.room import blueprint, room
from shop.danish import COPENHAGEN, DAYS, weekday
from shop.db import transaction
from shop.web import now

AHEAD = timedelta(days=400)


@blueprint.get("/aabningstider")
def hours() -> Response:
    practitioner = whose()
    return _hours_page(practitioner, *_weekly(practitioner))


def _weekly(practitioner: Practitioner) -> tuple[dict[int, str], dict[int, int | None]]:
    """The hours of every week as they would be typed, and where they are."""
    weekly = week_models.hours_of(practitioner, _today(), _today()).weekly
    typed = {number: hours_rules.shown(weekly.get(number, ())) for number in DAYS}
    return typed, {number: windows[0].place_id for number, windows in weekly.items() if windows}


def _today() -> date:
    return now().astimezone(COPENHAGEN).date()


def _hours_page(
    practitioner: Practitioner,
    typed: dict[int, str],
    places: dict[int, int | None],
    status_code: int = 200,
    **context: Any,
) -> Response:
    days = week_models.exceptions(practitioner.id, _today(), _today() + AHEAD)
    begin = week_models.coming(practitioner.id, now()) if days else []
    booked = Counter(starts_at.astimezone(COPENHAGEN).date() for starts_at in begin)
    return room(
        "hours",
        "appointments",
        status_code=status_code,
        practitioner=practitioner,
        days=[(number, DAYS[number].capitalize()) for number in sorted(DAYS)],
        typed=typed,
        places=week_models.places(),
        place_of=places,
        today=_today(),
        exceptions=[
            {
                "date": day,
                "name": weekday(day),
                "hours": hours_rules.shown(windows),
                "booked": booked[day],
            }
            for day, windows in days.items()
        ],
        saved=request.args.get("gemt", ""),
        **context,
    )


@blueprint.post("/aabningstider")
def set_hours() -> Response | AnyResponse:
    """The hours of every week, a line for each day."""
    practitioner = whose()
    typed = {number: request.form.get(f"day-{number}", "").strip() for number in DAYS}
    places: dict[int, int | None] = {number: _place(f"place-{number}") for number in DAYS}
    found: dict[int, tuple[Window, ...]] = {}
    errors: dict[int, str] = {}
    for number, text in typed.items():
        try:
            found[number] = hours_rules.read(text, places[number])
        except BadHours as error:
            errors[number] = labels.HOURS_TROUBLE[error.reason]
    if errors:
        return _hours_page(practitioner, typed, places, 422, errors=errors)
    with transaction():
        hours_actions.set_weekly(practitioner.id, found)
    return redirect(url_for("clinic.hours", hos=practitioner.slug, gemt="uge"), 303)


def _place(field: str) -> int:
    """The place chosen in a field, or the only one."""
    known = [place.id for place in week_models.places()] or abort(409)
    chosen = request.form.get(field, type=int)
    return chosen if chosen in known else known[0]


@blueprint.post("/aabningstider/luk")
def close() -> Response | AnyResponse:
    """Closes every day from one to another: a holiday, a course."""
    practitioner, days = whose(), _span()
    if days is None:
        return _hours_page(practitioner, *_weekly(practitioner), status_code=422, bad_days=True)
    with transaction():
        hours_actions.close_days(practitioner.id, *days)
    return redirect(url_for("clinic.hours", hos=practitioner.slug, gemt="lukket"), 303)


def _span() -> tuple[date, date] | None:
    """The first and the last day that were typed, when they can be closed."""
    try:
        first = date.fromisoformat(request.form.get("fra", ""))
        last = date.fromisoformat(request.form.get("til") or first.isoformat())
    except ValueError:
        return None
    count = (last - first).days + 1
    good = _today() <= first <= _today() + AHEAD and 0 < count <= hours_actions.MOST_DAYS
    return (first, last) if good else None


@blueprint.get("/aabningstider/<day>")
def day_hours(day: str) -> Response:
    """One day's hours, unlike its weekday or not."""
    practitioner, found = whose(), _day(day)
    windows = rules.windows(week_models.hours_of(practitioner, found, found), found)
    return _day_page(practitioner, found, hours_rules.shown(windows))


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        abort(404)
    return found if abs(found - _today()) <= AHEAD else abort(404)


def _day_page(
    practitioner: Practitioner, day: date, typed: str, status_code: int = 200, error: str = ""
) -> Response:
    hours = week_models.hours_of(practitioner, day, day)
    return room(
        "day",
        "appointments",
        status_code=status_code,
        practitioner=practitioner,
        day=day,
        name=weekday(day),
        holiday=hours_rules.holiday(day),
        weekly=hours_rules.shown(hours.weekly.get(day.weekday(), ())),
        is_exception=day in hours.exceptions,
        places=week_models.places(),
        place=next((w.place_id for w in rules.windows(hours, day)), None),
        typed=typed,
        error=error,
    )


@blueprint.post("/aabningstider/<day>")
def set_day(day: str) -> Response | AnyResponse:
    """Gives the day hours of its own, closes it, or lets it be like its weekday again."""
    practitioner, found = whose(), _day(day)
    what, typed = request.form.get("what", ""), request.form.get("hours", "").strip()
    try:
        windows = () if what == "close" else hours_rules.read(typed, _place("place"))
    except BadHours as error:
        return _day_page(practitioner, found, typed, 422, labels.HOURS_TROUBLE[error.reason])
    with transaction():
        if what == "reset":
            hours_actions.reset_day(practitioner.id, found)
        else:
            hours_actions.set_day(practitioner.id, found, windows)
    return redirect(url_for("clinic.appointments", hos=practitioner.slug, uge=found), 303)
