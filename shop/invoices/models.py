"""Documents and the counters that number them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model, db
from shop.invoices.rules import Issued


class Document(Model):
    """An invoice, or a credit note `of` one; a trigger in the database refuses every change.

    Who sold what to whom is written down as it was then; whose it is now is asked of its order.
    Amounts are positive and with VAT, `base_ore` is without. `year` is Denmark's at `issued_at`.
    """

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    year: Mapped[int]
    sequence: Mapped[int]
    issued_at: Mapped[datetime]
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"), index=True)
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("payment_attempt.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("document.id"))
    seller: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    buyer: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    line: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    currency: Mapped[str] = mapped_column(sa.String(3))
    amount_ore: Mapped[int]
    base_ore: Mapped[int]
    vat_ore: Mapped[int]
    vat_rate: Mapped[int]
    vat_treatment: Mapped[str] = mapped_column(sa.String(20))

    __table_args__ = (sa.UniqueConstraint("kind", "year", "sequence"),)


class Series(Model):
    """The latest number given to a kind of document in a year. Its row is the queue for the next:
    whoever moves it holds it until the commit, and a rollback gives the number back."""

    __tablename__ = "document_series"

    kind: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


# Built once, as it is part of settling every payment.
_d: Any = Document.__table__.c
_ISSUED = (
    sa.select(_d.id, _d.kind, _d.amount_ore, _d.vat_ore, _d.vat_treatment, _d.of_id)
    .where(_d.attempt_id == sa.bindparam("attempt_id"))
    .order_by(_d.id)
)


def issued(attempt_id: int) -> list[Issued]:
    """All documents of one payment, oldest first."""
    return [Issued(*row) for row in db.session.execute(_ISSUED, {"attempt_id": attempt_id})]


# Whose an order is may be mended, after a mistyped address say; its documents never change.
_ORDER = sa.table("purchase_order", sa.column("id"), sa.column("person_id"))


def is_of(document: Document, person_id: int) -> bool:
    """Whether the document is of an order that is this person's now."""
    query = sa.select(_ORDER.c.person_id).where(_ORDER.c.id == document.order_id)
    return db.session.scalar(query) == person_id


def by_number(number: str) -> Document | None:
    """The document with this number."""
    return db.session.scalar(sa.select(Document).where(Document.number == number))


def of_person(person_id: int) -> Sequence[Document]:
    """The documents of all the orders that are this person's now, oldest first."""
    query = sa.select(Document).join(_ORDER, _ORDER.c.id == Document.order_id)
    query = query.where(_ORDER.c.person_id == person_id)
    return db.session.scalars(query.order_by(Document.id)).all()


def of_order(order_id: int) -> Sequence[Document]:
    """An order's documents, oldest first."""
    query = sa.select(Document).where(Document.order_id == order_id)
    return db.session.scalars(query.order_by(Document.id)).all()
