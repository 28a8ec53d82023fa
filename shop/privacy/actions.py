"""What is deleted because its time is up. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

import shop.accounts.actions as accounts
import shop.booking.erasure_actions as booking
import shop.course.actions as course
import shop.course.opening_actions as course_opening
import shop.coursework.actions as coursework
import shop.enquiries.actions as enquiries
import shop.orders.ending_actions as orders
import shop.orders.inbox_actions as inbox
import shop.outbox.actions as outbox
import shop.privacy.ended_actions as ended
import shop.privacy.erasure_actions as erasures
import shop.privacy.models as models
import shop.rhythm.actions as rhythm
import shop.withdrawals.actions as withdrawals


def purge(now: datetime) -> None:
    """Deletes everything that is kept no longer; content/retention.toml says how long that is."""
    ended.purge(now, models.leaving())  # before the mails that say when it was told of
    outbox.purge(now)
    accounts.purge(now)
    enquiries.purge(now)
    booking.purge(now)
    course.purge(now)
    inbox.purge(now)
    erasures.purge(now)
    withdrawals.purge(now)
    coursework.purge(now)
    rhythm.purge(now)
    course_opening.purge(now)
    orders.purge(now)  # after the withdrawals that hold some back
    accounts.purge_people(now)  # after all that leads to people
