"""Who has asked to be told when the course can be bought."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model, db


class OpeningNotice(Model):
    """An address to write to once, when the course opens. The row goes when the mail is queued."""

    __tablename__ = "opening_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    consent_version: Mapped[str] = mapped_column(sa.String(20))
    asked_at: Mapped[datetime]


def waiting(count: int) -> Sequence[OpeningNotice]:
    """The next who are to be told, at most `count` of them; taken from other workers' hands."""
    query = sa.select(OpeningNotice).order_by(OpeningNotice.id).limit(count)
    return db.session.scalars(query.with_for_update(skip_locked=True)).all()
