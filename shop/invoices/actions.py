"""Issues documents. Nothing here commits, and what is issued is never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shop.danish import COPENHAGEN
from shop.db import db, insert_once
from shop.invoices import emails, models, rules
from shop.invoices.models import Document, Series
from shop.invoices.rules import Due, Sale
from shop.outbox.actions import queue
from shop.outbox.rules import Letter
from shop.web import settings


def bring_in_line(sale: Sale, now: datetime) -> list[Document]:
    """Issues what is missing for the payment, in the caller's transaction; mostly one, or nothing.

    The caller has shown that nobody else settles this payment meanwhile. Call it late: the next
    number waits for this transaction.
    """
    treatment = settings().clinic["vat_treatment"]
    issued = models.issued(sale.attempt_id)
    missing = rules.due(sale.net_ore, issued, treatment)
    return [_issue(sale, each, bool(issued), now) for each in missing]


def _issue(sale: Sale, due: Due, again: bool, now: datetime) -> Document:
    year = now.astimezone(COPENHAGEN).year
    sequence = _next(due.kind, year)
    document = Document(
        number=rules.number(due.kind, year, sequence),
        kind=due.kind,
        year=year,
        sequence=sequence,
        issued_at=now,
        order_id=sale.order_id,
        attempt_id=sale.attempt_id,
        person_id=sale.person_id,
        of_id=due.of,
        seller={name: settings().clinic[name] for name in rules.SELLER},
        buyer={"name": sale.buyer, "email": sale.email},
        line=_line(sale, due, again),
        currency=sale.currency,
        amount_ore=due.amount_ore,
        base_ore=due.amount_ore - due.vat_ore,
        vat_ore=due.vat_ore,
        vat_rate=rules.RATES[due.treatment],
        vat_treatment=due.treatment,
    )
    db.session.add(document)
    db.session.flush()
    return document


def _line(sale: Sale, due: Due, again: bool) -> dict[str, Any]:
    """What is sold or taken back, and why; a discount stands on the first invoice of it all."""
    is_whole = due.amount_ore == sale.received_ore
    if due.kind == "credit_note":
        why = "charged_back" if sale.lost_ore else "refunded"
    else:
        why = "back_again" if again else ""
    return {
        "order": sale.order_number,
        "item": sale.item,
        "is_whole": is_whole,
        "discount_ore": 0 if why or not is_whole else sale.discount_ore,
        "why": why,
    }


# Built once. The update waits for whoever holds the row, then counts on from what they left.
_s: Any = Series.__table__
_NEXT = (
    sa.update(_s)
    .where(_s.c.kind == sa.bindparam("of_kind"), _s.c.year == sa.bindparam("of_year"))
    .values(last=_s.c.last + 1)
    .returning(_s.c.last)
)


def _next(kind: str, year: int) -> int:
    """The next number in the series. It is taken by the commit, and by nothing else."""
    which = {"of_kind": kind, "of_year": year}
    taken: int | None = db.session.scalar(_NEXT, which)
    if taken is None:
        insert_once(Series, kind=kind, year=year, last=0)
        taken = db.session.execute(_NEXT, which).scalar_one()
    return taken


def send(documents: Iterable[Document], now: datetime) -> None:
    """Mails each document to its buyer, once."""
    for document in documents:
        _mail(document, emails.issued(document), f"document:{document.id}", now)


def send_again(documents: Iterable[Document], to: str, now: datetime) -> None:
    """Mails each document to another address than before."""
    for document in documents:
        key = f"document:{document.id}:{int(now.timestamp())}"
        _mail(document, replace(emails.issued(document), to=to), key, now)


def _mail(document: Document, letter: Letter, key: str, now: datetime) -> None:
    kind, about = document.kind.replace("_", "-"), f"order:{document.order_id}"
    queue(letter, kind, key, now, about=about)


def forget(order_ids: Sequence[int]) -> None:
    """Deletes the documents of orders whose years in the books are over."""
    # One statement: a credit note and the invoice it points at go together.
    db.session.execute(sa.delete(Document).where(Document.order_id.in_(order_ids)))
