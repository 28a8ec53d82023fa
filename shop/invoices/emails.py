"""The mails that bring documents. An invoice mostly goes along with the order's confirmation."""

from __future__ import annotations

from shop.invoices.models import Document
from shop.invoices.rules import NAMES, file
from shop.letters import written
from shop.outbox.rules import Letter
from shop.web import public_url, settings


def issued(document: Document) -> Letter:
    """To the buyer: money given back and its credit note, or an invoice that came later."""
    line, what = document.line, NAMES[document.kind]
    subject = f"{what} {document.number} (ordre {line['order']})"
    text, html = written(
        "invoices/mail/issued",
        subject,
        kind=document.kind,
        what=what,
        number=document.number,
        order=line["order"],
        name=document.buyer["name"],
        amount_ore=document.amount_ore,
        issued_at=document.issued_at,
        is_whole=line["is_whole"],
        why=line["why"],
        receipts=public_url("pages.my_page"),
    )
    attached = file(document.kind, document.number)
    to, clinic = document.buyer["email"], settings().clinic_email
    return Letter(to, subject, text, html, reply_to=clinic, attachments=(attached,))
