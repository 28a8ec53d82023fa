"""The mails about an enquiry: one to the clinician, one to the visitor."""

from __future__ import annotations

from typing import Any

from shop import phone
from shop.enquiries.models import Enquiry
from shop.enquiries.rules import TOPICS, first_name, shown
from shop.letters import written
from shop.outbox.rules import Letter
from shop.web import public_url, settings


def lead(enquiry: Enquiry) -> Letter:
    """To the clinician: all of it over TLS, otherwise only where it can be read."""
    return full_lead(enquiry) if settings().lead_in_full else notice(enquiry)


def full_lead(enquiry: Enquiry) -> Letter:
    """To the clinician: who wrote, what, and an answer goes straight to them."""
    subject, facts = _told(enquiry)
    text, html = written(
        "enquiries/mail/lead",
        subject,
        **facts,
        name=enquiry.name,
        email=enquiry.email,
        phone=phone.shown(enquiry.phone) if enquiry.phone else "",
        message=enquiry.message,
        consent_version=enquiry.consent_version,
    )
    to = settings().clinic_email
    return Letter(to, subject, text, html, reply_to=enquiry.email, confidential=True)


def notice(enquiry: Enquiry) -> Letter:
    """To the clinician: that somebody wrote, without who and what."""
    subject, facts = _told(enquiry)
    text, html = written("enquiries/mail/notice", subject, **facts)
    return Letter(settings().clinic_email, subject, text, html)


def receipt(enquiry: Enquiry) -> Letter:
    """To the visitor, without a word of the message: the address may be somebody else's."""
    reference = shown(enquiry.reference)
    subject = f"Tak for din besked ({reference})"
    text, html = written(
        "enquiries/mail/receipt",
        subject,
        name=first_name(enquiry.name),
        reference=reference,
        received_at=enquiry.received_at,
    )
    return Letter(
        enquiry.email,
        subject,
        text,
        html,
        reply_to=settings().clinic_email,
        headers={"Auto-Submitted": "auto-replied"},  # RFC 3834 § 5
    )


def _told(enquiry: Enquiry) -> tuple[str, dict[str, Any]]:
    """The subject and the facts that may be told to anybody who sees the mail on its way."""
    reference, topic = shown(enquiry.reference), TOPICS[enquiry.topic]
    return f"{topic}: {reference}", {
        "reference": reference,
        "topic": topic,
        "received_at": enquiry.received_at,
        "link": public_url("clinic.enquiry", reference=enquiry.reference),
    }
