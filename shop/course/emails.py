"""The mails about the course itself."""

from __future__ import annotations

from shop.letters import written
from shop.outbox.rules import Letter
from shop.web import public_url, settings


def opened(email: str) -> Letter:
    """To somebody who asked for it: the course can be bought now. The only mail they get."""
    subject = "Nu er e-forløbet åbent"
    text, html = written("course/mail/opened", subject, link=public_url("course.sales"))
    return Letter(email, subject, text, html, reply_to=settings().clinic_email)
