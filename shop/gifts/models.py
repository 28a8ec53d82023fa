"""Gifts: courses that are bought for somebody else."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.course.models import enrolment_source
from shop.db import UNREADABLE, EncryptedText, Model, db
from shop.gifts import rules
from shop.gifts.rules import Wish
from shop.web import hashed


class Gift(Model):
    """An order's course for somebody else. Who has the code may take it into use, once.

    `access_months` is as it was sold, whatever is sold the day it is taken into use.
    `is_open` follows the payment; `opened_at` is when it was first paid and starts the three
    years. Whom it is for is written so that only we can read it: it says something of their health.
    When they are erased it is None, or "" if the gift had been sent to them by then.
    `taken_in` is the browser that took it into use.
    """

    __tablename__ = "gift"
    __table_args__ = ({"sqlite_autoincrement": True},)  # mails are called after its number

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"), unique=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"))
    access_months: Mapped[int] = mapped_column(server_default="0")
    giver: Mapped[str] = mapped_column(sa.String(120))
    way: Mapped[str] = mapped_column(sa.String(10))
    recipient: Mapped[str | None] = mapped_column(EncryptedText)
    send_on: Mapped[date | None]
    code: Mapped[str] = mapped_column(EncryptedText)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    is_open: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    redeemed_at: Mapped[datetime | None]
    redeemed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    taken_in: Mapped[str | None] = mapped_column(sa.String(64))
    terms_version: Mapped[str | None] = mapped_column(sa.String(40))
    consent_version: Mapped[str | None] = mapped_column(sa.String(40))
    consent: Mapped[str | None] = mapped_column(sa.Text)

    @property
    def about(self) -> str:
        """How the outbox calls what its mails tell of."""
        return f"gift:{self.id}"

    @property
    def source(self) -> str:
        """The name under which it gives access to the course: its order's."""
        return enrolment_source(self.order_id)

    @property
    def wish(self) -> Wish:
        """What the buyer asked for."""
        return Wish(self.way, self.recipient or "", self.send_on)

    @property
    def shown_code(self) -> str:
        """The code as it stands on the card, or UNREADABLE."""
        return self.code if self.code is UNREADABLE else rules.shown_code(self.code)

    def state(self, now: datetime) -> str:
        """Where it stands, by rules.state."""
        return rules.state(self.is_open, self.opened_at, self.redeemed_at, self.expires_at, now)


def of_order(order_id: int) -> Gift | None:
    """The gift that an order is, or None."""
    return db.session.scalar(sa.select(Gift).where(Gift.order_id == order_id))


def by_code(code: str) -> Gift | None:
    """The gift that this code opens, paid or not."""
    return db.session.scalar(sa.select(Gift).where(Gift.code_hash == hashed(code)))
