"""The back office itself: its door, and the frame that every room hangs in."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response

from shop.danish import COPENHAGEN
from shop.outbox import models as mails_of
from shop.web import clinicians_only, now, settings, show

blueprint = Blueprint("clinic", __name__, url_prefix="/klinik")
blueprint.before_request(clinicians_only)


def room(page: str, here: str, status_code: int = 200, **context: Any) -> Response:
    """A page of the back office, with what must be looked after above it."""
    moment = now()
    wrong, failed = mails_of.health(moment)
    doctors = ["doctors_changed"] if _doctors_changed(moment.astimezone(COPENHAGEN).date()) else []
    return show(
        f"clinic/{page}.html",
        status_code=status_code,
        here=here,
        alarms=[*wrong, *(["mail_failed"] if failed else []), *doctors],
        failed_mails=failed,
        **context,
    )


def _doctors_changed(today: date) -> bool:
    """Whether a number of the out-of-hours doctors was last seen before the regions changed."""
    changes_on = settings().clinic["laegevagt_changes_on"]
    seen = [row["checked"] for row in settings().clinic["laegevagt"]]
    return today >= changes_on and min(seen) < changes_on  # type: ignore[no-any-return]
