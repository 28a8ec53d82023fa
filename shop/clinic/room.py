"""The back office itself: its door, and the frame that every room hangs in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from shop.outbox import models as mails_of
from shop.web import clinicians_only, now, show

blueprint = Blueprint("clinic", __name__, url_prefix="/klinik")
blueprint.before_request(clinicians_only)


def room(page: str, here: str, status_code: int = 200, **context: Any) -> Response:
    """A page of the back office, with what is wrong with the mail above it."""
    wrong, failed = mails_of.health(now())
    return show(
        f"clinic/{page}.html",
        status_code=status_code,
        here=here,
        alarms=[*wrong, *(["mail_failed"] if failed else [])],
        failed_mails=failed,
        **context,
    )
