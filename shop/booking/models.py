"""Who comes when: no two appointments of one practitioner overlap.

`slot_claim` is the guarantee: one row for each five minutes that are taken, keyed by practitioner
and time. Whatever the lengths, an overlap breaks the key, on both databases.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.accounts.rules import fold
from shop.booking import rules
from shop.danish import COPENHAGEN
from shop.db import EncryptedJSON, EncryptedText, Model, db
from shop.epoch import Epoch
from shop.web import hashed


class Appointment(Model):
    """A time that somebody has, or holds while typing. Where it is settled, `state` says.

    `uid` and `sequence` are the calendar's (RFC 5545). `version` grows with every change.
    `holder_hash` tells whose hold it is. The link's `token` is encrypted, to be written into later
    mails, and found by its hash. Note and answers are encrypted: they may tell of health.
    """

    __tablename__ = "appointment"
    moves = rules.MOVES

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(80), unique=True)
    practitioner_id: Mapped[int] = mapped_column(sa.ForeignKey("practitioner.id"))
    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"))
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    starts_at: Mapped[datetime] = mapped_column(Epoch)
    ends_at: Mapped[datetime] = mapped_column(Epoch)
    blocked_until: Mapped[datetime] = mapped_column(Epoch)
    state: Mapped[str] = mapped_column(sa.String(20), default="held")
    version: Mapped[int] = mapped_column(default=0)
    sequence: Mapped[int] = mapped_column(default=0)
    hold_expires_at: Mapped[datetime | None] = mapped_column(Epoch)
    holder_hash: Mapped[str | None] = mapped_column(sa.String(64))
    submit_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    token: Mapped[str] = mapped_column(EncryptedText)
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    phone: Mapped[str] = mapped_column(sa.String(20), default="")
    note: Mapped[str | None] = mapped_column(EncryptedText)
    answers: Mapped[list[dict[str, str]] | None] = mapped_column(EncryptedJSON)
    remind_short: Mapped[bool] = mapped_column(default=False)
    reminded: Mapped[int] = mapped_column(default=0)
    booked_by: Mapped[str] = mapped_column(sa.String(20), default="patient")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    purge_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (
        sa.CheckConstraint("ends_at > starts_at AND blocked_until >= ends_at", name="order"),
        sa.CheckConstraint(
            "starts_at % 300 = 0 AND ends_at % 300 = 0 AND blocked_until % 300 = 0", name="cells"
        ),
        sa.Index("ix_appointment_times", "practitioner_id", "starts_at"),
        sa.Index("ix_appointment_email", "email"),
        sa.Index("ix_appointment_state", "state", "starts_at"),
        sa.Index("ix_appointment_holder", "holder_hash"),
    )

    @property
    def about(self) -> str:
        """The name under which the outbox knows this appointment's mails."""
        return about(self.id)


def about(appointment_id: int) -> str:
    """The name under which the outbox knows an appointment's mails."""
    return f"appointment:{appointment_id}"


class SlotClaim(Model):
    """Five minutes of a practitioner's that are taken; `cell` counts them since 1970."""

    __tablename__ = "slot_claim"

    practitioner_id: Mapped[int] = mapped_column(sa.ForeignKey("practitioner.id"), primary_key=True)
    cell: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    appointment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("appointment.id", ondelete="CASCADE"), index=True
    )


class CalendarFeed(Model):
    """A secret address where the clinician's own calendar reads the appointments."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(sa.ForeignKey("practitioner.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Waiting(Model):
    """Somebody who is offered a time that gets free: an earlier one than their appointment, or any.

    `offer_id` is the hold that keeps the offered time for them until it expires; one at a time.
    `refused` are the five minutes at which offers began that they did not take. Without an
    appointment they wait for the service between `from_at` and `until_at`, are reached by what
    they typed, and `token` is their link; `open_key` keeps one address from waiting twice.
    """

    __tablename__ = "waiting_list"
    moves = rules.WAITING_MOVES

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("appointment.id", ondelete="CASCADE"), unique=True
    )
    offer_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("appointment.id", ondelete="SET NULL"), unique=True
    )
    service_id: Mapped[int | None] = mapped_column(sa.ForeignKey("service.id"))
    state: Mapped[str] = mapped_column(sa.String(20), default="waiting")
    offers: Mapped[int] = mapped_column(default=0)
    refused: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    from_at: Mapped[datetime | None] = mapped_column(Epoch)
    until_at: Mapped[datetime | None] = mapped_column(Epoch)
    open_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    token_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    token: Mapped[str | None] = mapped_column(EncryptedText)
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    phone: Mapped[str] = mapped_column(sa.String(20), default="")
    consent_version: Mapped[str | None] = mapped_column(sa.String(40))
    created_at: Mapped[datetime]

    __table_args__ = (
        sa.CheckConstraint(
            "appointment_id IS NOT NULL OR"
            " (service_id IS NOT NULL AND from_at IS NOT NULL AND until_at IS NOT NULL)",
            name="what",
        ),
    )

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day in Denmark that they wait for without an appointment."""
        if self.from_at is None or self.until_at is None:
            return None
        return self.from_at.astimezone(COPENHAGEN).date(), rules.last_day(self.until_at, COPENHAGEN)

    @property
    def about(self) -> str:
        """The name under which the outbox knows the mails to who waits without an appointment."""
        return about_waiting(self.id)


def about_waiting(waiting_id: int) -> str:
    """The name under which the outbox knows the mails to who waits without an appointment."""
    return f"waiting:{waiting_id}"


def by_token(token: str) -> Appointment | None:
    """The appointment behind a link; a hold has none yet."""
    found = Appointment.token_hash == hashed(token)
    return db.session.scalar(sa.select(Appointment).where(found, Appointment.state != "held"))


def by_submit_key(submit_key: str) -> Appointment | None:
    """The appointment that this form made when it was sent before."""
    return db.session.scalar(sa.select(Appointment).where(Appointment.submit_key == submit_key))


def holds(holder: str, now: datetime) -> Sequence[Appointment]:
    """A visitor's live holds, oldest first."""
    mine = (Appointment.holder_hash == holder, Appointment.state == "held")
    query = sa.select(Appointment).where(*mine, Appointment.hold_expires_at > now)
    return db.session.scalars(query.order_by(Appointment.id)).all()


def hold(service_id: int, starts_at: datetime, holder: str, now: datetime) -> Appointment | None:
    """The visitor's live hold on this time for this service."""
    return next(
        (
            held
            for held in holds(holder, now)
            if (held.service_id, held.starts_at) == (service_id, starts_at)
        ),
        None,
    )


def live(appointment_id: int, now: datetime) -> Appointment | None:
    """The hold with this id, while it lasts."""
    alive = (Appointment.state == "held", Appointment.hold_expires_at > now)
    return db.session.scalar(sa.select(Appointment).where(Appointment.id == appointment_id, *alive))


def coming(email: str, now: datetime) -> Sequence[Appointment]:
    """A person's confirmed appointments that are not over yet, the next one first."""
    query = sa.select(Appointment).where(
        Appointment.email == fold(email),
        Appointment.state == "confirmed",
        Appointment.ends_at > now,
    )
    return db.session.scalars(query.order_by(Appointment.starts_at)).all()


def waiting_of(appointment_id: int) -> Waiting | None:
    """The appointment's place on the waiting list, a closed one too."""
    return db.session.scalar(sa.select(Waiting).where(Waiting.appointment_id == appointment_id))


def waiting_by_token(token: str) -> Waiting | None:
    """Who waits without an appointment, by the link that was mailed to them."""
    return db.session.scalar(sa.select(Waiting).where(Waiting.token_hash == hashed(token)))


def waiting_by_id(waiting_id: int) -> Waiting | None:
    """Who waits without an appointment, by number."""
    which = Waiting.id == waiting_id, Waiting.appointment_id.is_(None)
    return db.session.scalar(sa.select(Waiting).where(*which))
