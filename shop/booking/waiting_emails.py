"""The mails to who waits for a time without having one. As of appointments, none says for what."""

from __future__ import annotations

from typing import Any

from shop.booking.emails import Visit
from shop.booking.hours import Service
from shop.booking.models import Waiting
from shop.db import UNREADABLE
from shop.enquiries.rules import first_name
from shop.letters import written
from shop.outbox.rules import Letter
from shop.web import public_url, settings


def listed(waiting: Waiting, service: Service) -> Letter:
    """That they stand on the list, until when, and the link to leave it by."""
    subject = "Du står på ventelisten"
    facts = {"minutes": service.minutes, "days": waiting.days}
    text, html = written("booking/mail/listed", subject, **_known(waiting), **facts)
    return _letter(waiting, subject, text, html)


def vacancy(waiting: Waiting, visit: Visit) -> Letter:
    """That a time is kept for them, and until when."""
    subject, held = "Der er en ledig tid til dig", visit.appointment
    text, html = written(
        "booking/mail/vacancy",
        subject,
        **_known(waiting),
        starts_at=held.starts_at,
        until=held.hold_expires_at,
        minutes=visit.service.minutes,
        practitioner=visit.practitioner.name,
        where=visit.where,
    )
    return _letter(waiting, subject, text, html)


def _known(waiting: Waiting) -> dict[str, Any]:
    is_lost = waiting.token is UNREADABLE  # then the way to write to us
    link = (
        public_url("enquiries.contact")
        if is_lost
        else public_url("booking.place_in_line", token=waiting.token)
    )
    return {"name": first_name(waiting.name), "link": link}


def _letter(waiting: Waiting, subject: str, text: str, html: str) -> Letter:
    return Letter(waiting.email, subject, text, html, reply_to=settings().clinic_email)
