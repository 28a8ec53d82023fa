"""Reads calendars elsewhere anew: fetched outside any transaction, recorded in another."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from shop.booking import busy, calendar_actions, calendar_models, fetch
from shop.danish import day_start
from shop.db import end_reading, transaction
from shop.web import log, now, settings

CLOCK_NAME = "busy-calendars"
KEPT = timedelta(days=7)  # of what is over, for the week that the clinician looks at
TURN = timedelta(seconds=30)  # other work of the worker waits no longer than this, and one calendar
AHEAD = timedelta(days=401)  # further than any service can be booked


def renew() -> int:
    """Reads the calendars whose turn it is, as many as time allows; returns how many could be read.

    One that cannot keeps the busy times that were known before, and says why.
    """
    good, until = 0, now() + TURN
    for calendar in calendar_models.due_calendars(now()):
        if now() >= until:
            break  # they are the first of the next turn
        end_reading()
        good += _renew(calendar.id, calendar.address, now())
    return good


def _renew(calendar_id: int, address: str, moment: datetime) -> bool:
    since = day_start(moment) - KEPT
    own_domain = urlsplit(settings().public_url).hostname or ""
    try:
        data = fetch.get(address, near=not settings().production)
        found = busy.read(data, since, since + KEPT + AHEAD, own_domain)
    except (fetch.NotFetched, busy.Unreadable) as error:
        log.warning("busy calendar", calendar=calendar_id, error=error.reason)
        with transaction():
            calendar_actions.keep_trouble(calendar_id, error.reason, moment)
        return False
    remark = f"unread {found.unread}" if found.unread else None
    with transaction():
        return calendar_actions.keep_busy(calendar_id, found.times, remark, moment)
