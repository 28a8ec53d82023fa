"""The mails about an enquiry: one to the clinician, one to the visitor."""

from __future__ import annotations

from typing import Any

from flask import render_template

from shop import phone
from shop.enquiries.models import Enquiry
from shop.enquiries.rules import TOPICS, shown
from shop.outbox.rules import Letter
from shop.web import public_url, settings


def lead(enquiry: Enquiry) -> Letter:
    """To the clinician: all of it over TLS, otherwise only where it can be read."""
    given = settings()
    reference, topic = shown(enquiry.reference), TOPICS[enquiry.topic]
    facts = {
        "reference": reference,
        "topic": topic,
        "received_at": enquiry.received_at,
        "link": public_url("clinic.enquiry", reference=enquiry.reference),
    }
    subject = f"{topic}: {reference}"
    if not given.lead_in_full:
        return _letter("notice", given.clinic_email, subject, facts)
    facts |= {
        "name": enquiry.name,
        "email": enquiry.email,
        "phone": phone.shown(enquiry.phone) if enquiry.phone else "",
        "message": enquiry.message,
        "consent_version": enquiry.consent_version,
    }
    return _letter(
        "lead", given.clinic_email, subject, facts, reply_to=enquiry.email, confidential=True
    )


def receipt(enquiry: Enquiry) -> Letter:
    """To the visitor, without a word of the message: the address may be somebody else's."""
    reference = shown(enquiry.reference)
    facts = {"name": enquiry.name, "reference": reference, "received_at": enquiry.received_at}
    return _letter(
        "receipt",
        enquiry.email,
        f"Tak for din besked ({reference})",
        facts,
        reply_to=settings().clinic_email,
        headers={"Auto-Submitted": "auto-replied"},  # RFC 3834 § 5
    )


def _letter(name: str, to: str, subject: str, facts: dict[str, Any], **more: Any) -> Letter:
    text = render_template(f"enquiries/mail/{name}.txt", **facts)
    html = render_template(f"enquiries/mail/{name}.html", **facts)
    return Letter(to, subject, text, html, **more)
