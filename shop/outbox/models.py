"""Mail that waits, is being sent or was sent."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import EncryptedJSON, EncryptedText, Model, db
from shop.outbox.rules import MOVES


class Mail(Model):
    """One mail to one person. The words are encrypted: they hold sign-in links and health data."""

    __tablename__ = "mail"
    moves = MOVES

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(50))
    recipient: Mapped[str] = mapped_column(EncryptedText)
    subject: Mapped[str] = mapped_column(EncryptedText)
    text: Mapped[str] = mapped_column(EncryptedText)
    reply_to: Mapped[str | None] = mapped_column(EncryptedText)
    headers: Mapped[dict[str, str]] = mapped_column(EncryptedJSON)
    message_id: Mapped[str] = mapped_column(sa.String(200))
    state: Mapped[str] = mapped_column(sa.String(20), default="queued")
    tries: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(sa.String(200))

    __table_args__ = (sa.Index("ix_mail_due", "state", "not_before"),)


def oldest_waiting(now: datetime) -> datetime | None:
    """When the oldest mail that should have left by now was queued."""
    query = sa.select(sa.func.min(Mail.queued_at)).where(
        Mail.state.in_(["queued", "sending"]),
        sa.or_(Mail.expires_at.is_(None), Mail.expires_at > now),
    )
    return db.session.scalar(query)
