"""What can be booked with whom, and the hours it can be booked in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import EncryptedText, Model, db
from shop.epoch import Epoch


class Practitioner(Model):
    """Somebody who receives patients. `closed_on` lists further closed days, "05-01 12-24"."""

    __tablename__ = "practitioner"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    closed_on: Mapped[str] = mapped_column(sa.String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)


class Place(Model):
    """Where patients are received."""

    __tablename__ = "place"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    address: Mapped[str] = mapped_column(sa.String(200))


class Service(Model):
    """What can be booked. Lengths and periods in minutes, the horizon in days.

    `mode` is "clinic", "phone" or "video", `for_whom` "all", "new" or "known" patients.
    `questions` are asked before the visit: a list of {"key", "label", "hint", "choices"}.
    """

    __tablename__ = "service"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(sa.String(120))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    price: Mapped[str] = mapped_column(sa.String(120), default="")
    minutes: Mapped[int]
    buffer_minutes: Mapped[int] = mapped_column(default=0)
    notice_minutes: Mapped[int] = mapped_column(default=0)
    horizon_days: Mapped[int]
    change_minutes: Mapped[int] = mapped_column(default=0)
    mode: Mapped[str] = mapped_column(sa.String(20), default="clinic")
    for_whom: Mapped[str] = mapped_column(sa.String(20), default="all")
    questions: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    active: Mapped[bool] = mapped_column(default=True)


class Offer(Model):
    """That a practitioner has a service."""

    __tablename__ = "service_practitioner"

    service_id: Mapped[int] = mapped_column(sa.ForeignKey("service.id"), primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(sa.ForeignKey("practitioner.id"), primary_key=True)


class WeeklyRule(Model):
    """Open every week: from and until in minutes after midnight on a clock in Denmark.

    `weekday` 0 is Monday.
    """

    __tablename__ = "weekly_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(sa.ForeignKey("practitioner.id"), index=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    weekday: Mapped[int]
    from_minute: Mapped[int]
    to_minute: Mapped[int]

    __table_args__ = (
        sa.UniqueConstraint("practitioner_id", "weekday", "from_minute"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        sa.CheckConstraint("from_minute >= 0 AND to_minute > from_minute", name="minutes"),
        sa.CheckConstraint("to_minute <= 1440", name="day"),
    )


class DayException(Model):
    """One day that is not like its weekday: all its rows together replace the weekly hours.

    Without minutes the day is closed. It goes before a public holiday, too.
    """

    __tablename__ = "day_exception"

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(sa.ForeignKey("practitioner.id"))
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    day: Mapped[date]
    from_minute: Mapped[int | None]
    to_minute: Mapped[int | None]

    __table_args__ = (
        sa.UniqueConstraint("practitioner_id", "day", "from_minute"),
        sa.CheckConstraint(
            "(from_minute IS NULL AND to_minute IS NULL)"
            " OR (from_minute >= 0 AND to_minute > from_minute AND to_minute <= 1440)",
            name="minutes",
        ),
    )


class BusyCalendar(Model):
    """A calendar elsewhere whose times are busy here. The address is a secret, so encrypted.

    `error` says why the last fetch failed; the busy times known before stand until one works.
    """

    __tablename__ = "busy_calendar"

    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(sa.ForeignKey("practitioner.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    address: Mapped[str] = mapped_column(EncryptedText)
    tried_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(sa.String(200))


class BusyBlock(Model):
    """A time in an imported calendar; what it is about is not kept."""

    __tablename__ = "busy_block"

    id: Mapped[int] = mapped_column(primary_key=True)
    calendar_id: Mapped[int] = mapped_column(
        sa.ForeignKey("busy_calendar.id", ondelete="CASCADE"), index=True
    )
    practitioner_id: Mapped[int] = mapped_column(sa.ForeignKey("practitioner.id"))
    starts_at: Mapped[datetime] = mapped_column(Epoch)
    ends_at: Mapped[datetime] = mapped_column(Epoch)

    __table_args__ = (
        sa.CheckConstraint("ends_at > starts_at", name="order"),
        sa.Index("ix_busy_block_times", "practitioner_id", "starts_at"),
    )


def services() -> Sequence[Service]:
    """What can be booked, in the order it is shown."""
    query = sa.select(Service).where(
        Service.active, sa.exists().where(Offer.service_id == Service.id)
    )
    return db.session.scalars(query.order_by(Service.position, Service.id)).all()
