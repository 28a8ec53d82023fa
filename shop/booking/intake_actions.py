"""What a patient tells before they come, when they did not while booking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shop.booking.models import Appointment


def keep(
    appointment: Appointment, note: str, answers: Sequence[dict[str, str]], now: datetime
) -> bool:
    """Writes note and answers to a coming appointment that has none; False when it has others.

    Nothing is ever written over: whoever has the link may write, and what stood there may be
    another's. The same words sent twice are one. Belongs in a transaction of the caller's, which
    has read the appointment inside it.
    """
    told = (note or None, list(answers) or None)
    if told == (appointment.note, appointment.answers):
        return True
    if not may_tell(appointment, now):
        return False
    appointment.note, appointment.answers = told
    return True


def may_tell(appointment: Appointment, now: datetime) -> bool:
    """Whether somebody comes of whom nothing is known yet."""
    nothing = appointment.note is None and appointment.answers is None
    return nothing and appointment.state == "confirmed" and appointment.starts_at > now
