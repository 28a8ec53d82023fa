"""The clinician's appointments for a calendar program, behind an address that is the only key."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Response, abort, request
from werkzeug.wrappers import Response as AnyResponse

from shop.booking import calendar, calendar_models
from shop.booking.calendar import Entry, Party
from shop.booking.hours import Practitioner
from shop.booking.views import blueprint
from shop.web import hashed, limiter, now, settings

TITLE = "Konsultation"  # whose and why, a calendar that others may see does not say


@blueprint.get("/kalender/<token>.ics")
@limiter.limit("40 per hour")
def feed(token: str) -> AnyResponse:
    """All times that somebody has; calendar programs ask again and again and mostly hear 304."""
    practitioner = calendar_models.follower(hashed(token)) or abort(404)
    name = f"Aftaler hos {urlsplit(settings().public_url).hostname}"
    response = Response(calendar.feed(name, _entries(practitioner)))
    response.headers["Content-Type"] = calendar.FEED_TYPE
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    response.add_etag()
    return response.make_conditional(request)


def _entries(practitioner: Practitioner) -> Iterator[Entry]:
    organizer = Party(practitioner.name, practitioner.email or settings().clinic_email)
    for row in calendar_models.followed(practitioner.id, now()):
        yield Entry(
            uid=row.uid,
            sequence=row.sequence,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            title=TITLE,
            place=row.place or "",
            organizer=organizer,
            attendee=None,
            now=row.changed_at,
        )
