"""The kørekort: whose it is, and what a stranger with its number may know."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model, db


class Licence(Model):
    """The certificate of somebody who has gone through the course."""

    __tablename__ = "licence"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    number: Mapped[str] = mapped_column(sa.String(8), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    issued_at: Mapped[datetime]


def of_person(person_id: int) -> Licence | None:
    """The person's certificate."""
    return db.session.scalar(sa.select(Licence).where(Licence.person_id == person_id))


def issued_at(number: str) -> datetime | None:
    """When the certificate with this number was issued; nothing else of it."""
    return db.session.scalar(sa.select(Licence.issued_at).where(Licence.number == number))
