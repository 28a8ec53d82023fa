"""The mails about being erased."""

from __future__ import annotations

from datetime import datetime

from shop.danish import day
from shop.letters import written
from shop.outbox.rules import Letter
from shop.web import public_url


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
