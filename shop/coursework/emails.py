"""The mail about a shared plan."""

from __future__ import annotations

from datetime import datetime

from shop.enquiries.rules import shown
from shop.letters import written
from shop.outbox.rules import Letter
from shop.web import public_url


def plan_shared(clinic: str, reference: str, shared_at: datetime) -> Letter:
    """Tells the clinician that a plan has been shared: not whose, and nothing of what is in it."""
    number = shown(reference)
    link = public_url("clinic.plan", plan_reference=reference)
    facts = {"link": link, "reference": number, "shared_at": shared_at}
    subject = "En kørselsplan er delt med dig"
    text, html = written("coursework/mail/plan_shared", subject, **facts)
    return Letter(clinic, subject, text, html)
