"""The mails about an appointment. None says what the visit is for: titles are neutral."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shop import phone
from shop.booking import calendar, rules
from shop.booking.hours import Place, Practitioner, Service
from shop.booking.models import Appointment
from shop.danish import appointed
from shop.db import UNREADABLE
from shop.enquiries.rules import first_name
from shop.letters import written
from shop.outbox.rules import Attachment, Letter
from shop.web import public_url, settings

TITLE = "Konsultation"
SUBJECTS = {
    "booked": "Din tid er booket",
    "moved": "Din tid er flyttet",
    "cancelled": "Din tid er aflyst",
    "day": "Husk din tid",
    "hours": "Husk din tid i dag",
}
CLINIC_SUBJECTS = {"booked": "Ny aftale", "moved": "Aftale flyttet", "cancelled": "Aftale aflyst"}


class Visit(NamedTuple):
    """An appointment with what it points at."""

    appointment: Appointment
    service: Service
    practitioner: Practitioner
    place: Place | None

    @property
    def where(self) -> str:
        """The place, or how one talks when there is none."""
        if self.service.mode == "phone":
            return "På telefon"
        if self.service.mode == "video":
            return "På video"
        return ", ".join(filter(None, (self.place.name, self.place.address))) if self.place else ""

    @property
    def change_until(self) -> datetime:
        """Until when the patient may move or cancel it by themselves."""
        return self.appointment.starts_at - self._limit

    def may_change(self, now: datetime) -> bool:
        """Whether that is still so; later they telephone."""
        return rules.may_change(self.appointment.starts_at, self._limit, now)

    @property
    def _limit(self) -> timedelta:
        return timedelta(minutes=self.service.change_minutes)


def to_patient(visit: Visit, what: str, now: datetime, knows: bool) -> Letter:
    """That the time is "booked", "moved" or "cancelled", with a file for the calendar.

    A cancellation brings one only when an earlier mail may have put the time there (`knows`).
    """
    subject, facts = _facts(visit, what, now)
    text, html = written("booking/mail/appointment", subject, **facts)
    clinic = settings().clinic_email
    attachments = _calendar(visit, what, now, knows, visit.appointment.name, facts["email"])
    return Letter(facts["email"], subject, text, html, reply_to=clinic, attachments=attachments)


def reminder(visit: Visit, which: str, now: datetime) -> Letter:
    """That the visit is tomorrow ("day") or in a few hours ("hours")."""
    subject, facts = _facts(visit, which, now)
    text, html = written("booking/mail/appointment", subject, **facts)
    return Letter(facts["email"], subject, text, html, reply_to=settings().clinic_email)


def offer(visit: Visit, held: Appointment, now: datetime) -> Letter:
    """That an earlier time is kept for who waits for one, and until when."""
    _, facts = _facts(visit, "booked", now)
    subject = "Der er kommet en tidligere tid"
    text, html = written(
        "booking/mail/offer",
        subject,
        **facts,
        earlier=held.starts_at,
        until=held.hold_expires_at,
    )
    return Letter(facts["email"], subject, text, html, reply_to=settings().clinic_email)


def to_clinic(visit: Visit, what: str, now: datetime, knows: bool) -> Letter:
    """To the practitioner: what happened; who it is only where the mail can be read by nobody."""
    appointment = visit.appointment
    subject = f"{CLINIC_SUBJECTS[what]}: {appointed(appointment.starts_at)}"
    in_full = settings().lead_in_full
    text, html = written(
        "booking/mail/clinic",
        subject,
        what=what,
        starts_at=appointment.starts_at,
        service=visit.service.name,
        where=visit.where,
        name=appointment.name if in_full else "",
        phone=phone.shown(appointment.phone) if in_full and appointment.phone else "",
        link=public_url("clinic.appointments"),
    )
    to = visit.practitioner.email or settings().clinic_email
    attachments = _calendar(visit, what, now, knows, visit.practitioner.name, to)
    return Letter(to, subject, text, html, confidential=in_full, attachments=attachments)


def _facts(visit: Visit, what: str, now: datetime) -> tuple[str, dict[str, Any]]:
    appointment = visit.appointment
    subject = f"{SUBJECTS[what]}: {appointed(appointment.starts_at)}"
    return subject, {
        "what": what,
        "name": first_name(appointment.name),
        "email": appointment.email,
        "starts_at": appointment.starts_at,
        "minutes": visit.service.minutes,
        "service": visit.service.name,
        "mode": visit.service.mode,
        "where": visit.where,
        "practitioner": visit.practitioner.name,
        "change_until": visit.change_until if visit.may_change(now) else None,
        "link": way_in(appointment),
        "book": public_url("booking.choose"),
    }


def way_in(appointment: Appointment) -> str:
    """The secret link; in place of one that we cannot read any more, the way to write to us."""
    if appointment.token is UNREADABLE:
        return public_url("enquiries.contact")
    return public_url("booking.appointment", token=appointment.token)


def _calendar(
    visit: Visit, what: str, now: datetime, knows: bool, name: str, email: str
) -> tuple[Attachment, ...]:
    if what == "cancelled" and not knows:
        return ()
    written = entry(visit, now, calendar.Party(name, email))
    if what == "cancelled":
        return (Attachment.of("aflyst.ics", calendar.CANCEL_TYPE, calendar.cancel(written)),)
    return (Attachment.of("aftale.ics", calendar.REQUEST_TYPE, calendar.request(written)),)


def entry(visit: Visit, now: datetime, attendee: calendar.Party | None) -> calendar.Entry:
    """The appointment as a calendar is told of it."""
    clinic = settings().clinic
    return calendar.Entry(
        visit.appointment.uid,
        visit.appointment.sequence,
        visit.appointment.starts_at,
        visit.appointment.ends_at,
        f"{TITLE}, {clinic['trade_name']}",
        visit.where,
        calendar.Party(str(clinic["trade_name"]), settings().clinic_email),
        attendee,
        now,
    )
