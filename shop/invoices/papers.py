"""Documents as PDF files, made of what was written down when they were issued and nothing else."""

from __future__ import annotations

from shop import pdf
from shop.danish import amount, day
from shop.db import db, end_reading
from shop.invoices import models
from shop.invoices.models import Document
from shop.pdf import breakable
from shop.web import settings


def made(number: str) -> bytes:
    """The file of the document with this number; the same bytes each time.

    It takes some 100 ms. Raises LookupError, and TypesettingFailed.
    """
    document = models.by_number(number)
    if document is None:
        raise LookupError("no such document")
    return typeset(document)


def typeset(document: Document) -> bytes:
    """The document's file. Raises TypesettingFailed."""
    of = db.session.get(Document, document.of_id) if document.of_id else None
    end_reading()
    line = document.line
    facts = {
        "number": document.number,
        "kind": document.kind,
        "of": {"number": of.number, "date": day(of.issued_at)} if of else None,
        "date": day(document.issued_at),
        "order": line["order"],
        "seller": document.seller,
        "buyer": {**document.buyer, "email": breakable(document.buyer["email"])},
        "item": line["item"],
        "is_whole": line["is_whole"],
        "why": line["why"],
        "price": amount(document.amount_ore + line["discount_ore"]),
        "discount": amount(-line["discount_ore"]) if line["discount_ore"] else "",
        "vat_treatment": document.vat_treatment,
        "base": amount(document.base_ore),
        "rate": document.vat_rate,
        "tax": amount(document.vat_ore),
        "total": amount(document.amount_ore),
        "currency": document.currency.upper(),
        "site": settings().public_url,
    }
    return pdf.typeset("invoice", facts)
