"""The mails about being erased, and about what is deleted because its time is up."""

from __future__ import annotations

from datetime import datetime

from shop.danish import day
from shop.enquiries.rules import first_name
from shop.letters import written
from shop.outbox.rules import Letter
from shop.web import public_url, settings


def asked(email: str, due_at: datetime, token: str) -> Letter:
    """When everything will be gone, and a link for whoever changes their mind."""
    subject = "Vi sletter dine oplysninger om syv dage"
    link = public_url("privacy.call_off", token=token)
    text, html = written("privacy/mail/asked", subject, due=day(due_at), link=link)
    return Letter(email, subject, text, html)


def gone(email: str) -> Letter:
    """That it is done, and what stays."""
    subject = "Dine oplysninger er slettet"
    text, html = written("privacy/mail/gone", subject)
    return Letter(email, subject, text, html)


def ending(email: str, name: str, goes_at: datetime) -> Letter:
    """That what somebody left in the course will be deleted, when, and how they fetch it before.

    Says of their health nothing but that they took the course.
    """
    subject = "Vi sletter snart det, du har skrevet i kurset"
    facts = {"name": first_name(name), "due": day(goes_at), "link": public_url("accounts.sign_in")}
    text, html = written("privacy/mail/ending", subject, **facts)
    return Letter(email, subject, text, html, reply_to=settings().clinic_email)
