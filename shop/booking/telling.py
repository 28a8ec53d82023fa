"""Which mails an appointment sends to whom. Queued beside the fact they tell of; none commits.

Of the mails to one person about one appointment a newer one takes the place of those that have
not left: the outbox goes by kind and `version`. So nobody is told of a time that is no more.
"""

from __future__ import annotations

from datetime import datetime

from shop.booking import emails, waiting_emails
from shop.booking.hours import Place, Practitioner, Service
from shop.booking.models import Appointment, Waiting
from shop.db import db
from shop.outbox import actions as outbox
from shop.outbox import models as outbox_models

PATIENT, CLINIC, REMINDER, OFFER, LISTED = (
    "appointment",
    "appointment-clinic",
    "appointment-reminder",
    "appointment-offer",
    "appointment-waiting",
)
LEFT = {"sent", "sending"}  # a mail that may have reached its reader's calendar


def about_reminders(appointment_id: int) -> str:
    """The name under which the outbox knows what is only of use while the time stands."""
    return f"appointment:{appointment_id}:reminder"


def visit(appointment: Appointment) -> emails.Visit:
    """All that a mail may say of an appointment."""
    return emails.Visit(
        appointment,
        db.session.get_one(Service, appointment.service_id),
        db.session.get_one(Practitioner, appointment.practitioner_id),
        db.session.get(Place, appointment.place_id) if appointment.place_id else None,
    )


def tell(appointment: Appointment, what: str, now: datetime) -> None:
    """Tells patient and clinic what happened: "booked", "moved" or "cancelled".

    Reminders and offers that have not left are let go: they are about the old time.
    """
    outbox.withhold(about_reminders(appointment.id), now)
    seen, all_of_it = _kinds_that_left(appointment), visit(appointment)
    letters = {CLINIC: emails.to_clinic(all_of_it, what, now, CLINIC in seen)}
    if appointment.email:
        letters[PATIENT] = emails.to_patient(all_of_it, what, now, PATIENT in seen)
    for kind, letter in letters.items():
        outbox.queue(
            letter,
            kind,
            f"{appointment.about}:{kind}:{appointment.version}",
            now,
            about=appointment.about,
            sequence=appointment.version,
        )


def _kinds_that_left(appointment: Appointment) -> set[str]:
    """To whom a calendar file has gone already, so that a cancellation has something to undo."""
    return {mail.kind for mail in outbox_models.fates(appointment.about) if mail.state in LEFT}


def remind(appointment: Appointment, which: str, now: datetime) -> None:
    """Queues a reminder, "day" or "hours" before; it is not sent once the visit has begun."""
    if appointment.email:
        outbox.queue(
            emails.reminder(visit(appointment), which, now),
            REMINDER,
            f"{appointment.about}:{which}:{appointment.version}",
            now,
            expires_at=appointment.starts_at,
            about=about_reminders(appointment.id),
        )


def listed(waiting: Waiting, now: datetime) -> None:
    """Confirms that somebody without an appointment waits, and gives them their link."""
    service = db.session.get_one(Service, waiting.service_id)
    letter = waiting_emails.listed(waiting, service)
    outbox.queue(letter, LISTED, f"{waiting.about}:listed", now, about=waiting.about)


def offer(waiting: Waiting, held: Appointment, now: datetime) -> None:
    """Tells who waits that a time is kept for them; of use while it is."""
    which = db.session.get(Appointment, waiting.appointment_id) if waiting.appointment_id else None
    if which is None:
        letter, about = waiting_emails.vacancy(waiting, visit(held)), waiting.about
    else:
        letter, about = emails.offer(visit(which), held, now), about_reminders(which.id)
    if letter.to:
        key = f"{which.about if which else about}:offer:{waiting.offers}"
        outbox.queue(letter, OFFER, key, now, expires_at=held.hold_expires_at, about=about)
