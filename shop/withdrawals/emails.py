"""The mails about withdrawals."""

from __future__ import annotations

from shop.letters import written
from shop.outbox.rules import Letter
from shop.web import public_url, settings
from shop.withdrawals.models import Withdrawal

FLAGS = {
    "unmatched": "En fortrydelse passer ikke med et køb",
    "late": "En fortrydelse kom efter fristen",
}


def receipt(kept: Withdrawal, is_gift: bool = False) -> Letter:
    """The receipt: what was said, date and time (forbrugeraftaleloven § 20 a), and what follows.

    Who has given a gift has written nothing there, and is told of the gift.
    """
    subject = "Kvittering: vi har fået din fortrydelse"
    text, html = written(
        "withdrawals/mail/receipt",
        subject,
        said=kept,
        is_gift=is_gift,
        my_page=public_url("pages.my_page"),
    )
    return Letter(
        kept.email,
        subject,
        text,
        html,
        reply_to=settings().clinic_email,
        headers={"Auto-Submitted": "auto-replied"},  # RFC 3834 § 5
    )


def flag(kept: Withdrawal) -> Letter:
    """Tells the clinician of a statement that needs a look; says nothing about who made it."""
    subject = FLAGS[kept.verdict]
    text, html = written(
        "withdrawals/mail/flag",
        subject,
        what=subject,
        verdict=kept.verdict,
        received_at=kept.received_at,
        link=public_url("clinic.withdrawals"),
    )
    return Letter(settings().clinic_email, subject, text, html)
