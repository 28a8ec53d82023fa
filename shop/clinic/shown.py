"""Enquiries and mails in the words of the back office."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from shop import phone
from shop.clinic import labels
from shop.enquiries import rules
from shop.enquiries.models import Enquiry
from shop.outbox.models import Mail
from shop.outbox.rules import LOST, WAITING


def listed(row: Any) -> dict[str, Any]:
    """An enquiry in the list: none of its words, as others may look over a shoulder."""
    return {
        "reference": rules.shown(row.reference),
        "name": row.name,
        "topic_label": rules.TOPICS[row.topic],
        "state": row.state,
        "state_label": labels.STATES[row.state],
        "received_at": row.received_at,
        "mail_trouble": row.mail_lost,
    }


def count(number: int | None, counted: int) -> str | None:
    """ "7", "99+" when no more were counted, None for none."""
    return None if not number else f"{counted - 1}+" if number >= counted else str(number)


def enquiry(found: Enquiry) -> dict[str, Any]:
    """One enquiry whole."""
    return {
        "reference": rules.shown(found.reference),
        "name": found.name,
        "email": found.email,
        "phone": found.phone,
        "phone_shown": phone.shown(found.phone) if found.phone else "",
        "topic_label": rules.TOPICS[found.topic],
        "message": found.message,
        "received_at": found.received_at,
        "state": found.state,
        "state_label": labels.STATES[found.state],
        "consent_version": found.consent_version,
        "consent_text": found.consent_text,
        "suspicions": [labels.SUSPICIONS[key] for key in found.suspicions.split()],
        "purge_on": found.purge_at,
    }


def choices(found: Enquiry) -> list[tuple[str, str]]:
    """The states it may be moved to, with their names."""
    allowed = rules.MOVES[found.state]
    return [(state, label) for state, label in labels.STATES.items() if state in allowed]


def reply_url(found: Enquiry) -> str:
    """Opens the clinician's own mail program with the answer begun (RFC 6068)."""
    subject = f"Svar på din besked ({rules.shown(found.reference)})"
    begun = f"Hej {rules.first_name(found.name)}".rstrip() + "\r\n\r\n"
    return f"mailto:{quote(found.email, safe='@')}?subject={quote(subject)}&body={quote(begun)}"


def fate(mail: Any) -> dict[str, Any]:
    """What became of a mail."""
    return {
        "id": mail.id,
        "what": labels.MAILS.get(mail.kind, mail.kind),
        "state_label": labels.MAIL_STATES[mail.state],
        "is_bad": mail.state in LOST,
        "is_sent": mail.state == "sent",
        "can_retry": mail.state in LOST | WAITING,
        "at": mail.sent_at or mail.queued_at,
        "queued_at": mail.queued_at,
        "next_try_at": mail.not_before if mail.state == "retry" else None,
        "tries": mail.tries,
        "error": labels.FAILURES.get(mail.failure or ""),
    }


def mail(found: Mail) -> dict[str, Any]:
    """What became of a mail, and to whom it goes."""
    return {**fate(found), "recipient": found.recipient}
