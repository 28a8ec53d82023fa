"""The mails about the course. None says in its subject what the course is about."""

from __future__ import annotations

from typing import Any, NamedTuple

from shop.course.rules import Step
from shop.enquiries.rules import first_name
from shop.letters import written
from shop.outbox.rules import Letter
from shop.web import public_url, settings


class Addressee(NamedTuple):
    """To whom a mail goes; `token` is what its links to pause and stop hold."""

    email: str
    name: str
    token: str


def next_step(to: Addressee, step: Step | None) -> Letter:
    """Where they continue, by number alone, and that it may be short today."""
    subject = "Dit næste skridt, når det passer dig"
    facts = {"step": step, "link": public_url("course.sales", fortsaet=1)}
    text, html = written("rhythm/mail/next_step", subject, **facts, **_known(to))
    return _letter(to, subject, text, html)


def welcome_back(to: Addressee) -> Letter:
    """That everything stands as they left it; afterwards the mails rest until they are back."""
    subject = "Du er altid velkommen igen"
    link = public_url("course.sales", fortsaet=1)
    text, html = written("rhythm/mail/welcome_back", subject, link=link, **_known(to))
    return _letter(to, subject, text, html)


def two_weeks(to: Addressee) -> Letter:
    """How it goes, and the offer of a call."""
    subject = "Hvordan går det med kurset?"
    facts = {"link": public_url("enquiries.contact")}
    text, html = written("rhythm/mail/two_weeks", subject, **facts, **_known(to))
    return _letter(to, subject, text, html)


def three_months(to: Addressee) -> Letter:
    """That the logbook can be filled in for the third time."""
    subject = "Vil du se tilbage på kurset?"
    link = public_url("coursework.logbook")
    text, html = written("rhythm/mail/three_months", subject, link=link, **_known(to))
    return _letter(to, subject, text, html)


def _known(to: Addressee) -> dict[str, Any]:
    return {"name": first_name(to.name), "ways_out": _ways_out(to)}


def _ways_out(to: Addressee) -> str:
    return public_url("rhythm.mails", token=to.token)


def _letter(to: Addressee, subject: str, text: str, html: str) -> Letter:
    """With a way to stop that mail programs show as a button (RFC 2369, RFC 8058)."""
    headers = {
        "List-Unsubscribe": f"<{_ways_out(to)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    reply_to = settings().clinic_email
    return Letter(to.email, subject, text, html, reply_to=reply_to, headers=headers)
