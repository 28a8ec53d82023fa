"""Deleting appointments with all that belongs to them. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from shop.booking import claims, models, telling, vacancy_actions
from shop.booking.models import Appointment
from shop.db import db
from shop.outbox import actions as outbox


def purge(now: datetime) -> None:
    """Deletes the appointments, and who waited for one, whose time is up, with all their mails."""
    _delete(Appointment.purge_at <= now)
    vacancy_actions.purge(now)


def erase(appointment_id: int) -> None:
    """Deletes an appointment with all its mails; its time is free again."""
    _delete(Appointment.id == appointment_id)


def _delete(which: sa.ColumnElement[bool]) -> None:
    ids = db.session.scalars(sa.select(Appointment.id).where(which)).all()
    if not ids:
        return
    claims.release(ids)
    for appointment_id in db.session.scalars(
        sa.delete(Appointment).where(Appointment.id.in_(ids), which).returning(Appointment.id)
    ):
        outbox.forget(models.about(appointment_id))
        outbox.forget(telling.about_reminders(appointment_id))
