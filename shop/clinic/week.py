"""A week of the clinic as it is shown: days with their hours, appointments and busy times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from shop.booking import hours_rules, rules
from shop.booking.rules import Hours
from shop.clinic import booking_labels as labels
from shop.danish import COPENHAGEN, clock, weekday
from shop.danish import date as on_date

FIRST_HOUR, LAST_HOUR = 8, 16  # at least these are shown
WORKDAYS = 5


def monday_of(text: str | None, today: date) -> date:
    """The Monday of the week that holds the day in "2026-12-24"; of this week when it is none."""
    try:
        day = date.fromisoformat(text or "")
        monday = day - timedelta(days=day.weekday())
    except (ValueError, OverflowError):
        return today - timedelta(days=today.weekday())
    return monday if date(2020, 1, 1) <= monday <= date(2100, 1, 1) else monday_of(None, today)


def span(monday: date) -> tuple[datetime, datetime]:
    """From when to when the week lasts in Denmark."""
    ends = monday + timedelta(days=7)
    return rules.moment(monday, 0, COPENHAGEN), rules.moment(ends, 0, COPENHAGEN)


def shown(
    monday: date, today: date, hours: Hours, appointments: Sequence[Any], busy: Sequence[Any]
) -> dict[str, Any]:
    """The week's days, the hours down its side, and the weeks beside it.

    A weekend without hours and appointments is left out.
    """
    days = [
        _day(monday + timedelta(days=number), today, hours, appointments, busy)
        for number in range(7)
    ]
    while len(days) > WORKDAYS and not (days[-1]["count"] or days[-1]["hours"]):
        days.pop()
    boxes = [box for day in days for box in day["boxes"] if box["kind"] != "busy"]
    first = min([FIRST_HOUR, *(box["starts"] // 60 for box in boxes)])
    last = max([LAST_HOUR, *(-(-box["ends"] // 60) for box in boxes)])
    for box in (box for day in days for box in day["boxes"]):
        box["place"] = _place(max(box["starts"], first * 60), min(box["ends"], last * 60))
    return {
        "number": monday.isocalendar().week,
        "monday": monday,
        "span": _span(monday, monday + timedelta(days=6)),
        "days": days,
        "first": first,
        "clock": range(first, last),
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "is_now": monday <= today < monday + timedelta(days=7),
    }


def _span(first: date, last: date) -> str:
    """ "30. november til 6. december 2026"; a year that is the same is said once."""
    begins = on_date(first).removesuffix(f" {first.year}") if first.year == last.year else ""
    return f"{begins or on_date(first)} til {on_date(last)}"


def _day(
    day: date, today: date, hours: Hours, appointments: Sequence[Any], busy: Sequence[Any]
) -> dict[str, Any]:
    windows = rules.windows(hours, day)
    opened = [_box("open", window.from_minute, window.to_minute) for window in windows]
    begins, ends = _edges(day)
    blocks = [block for block in busy if block.starts_at < ends and block.ends_at > begins]
    mine = [each for each in appointments if begins <= each.starts_at < ends]
    boxes = [_appointment(each, day, windows, busy) for each in mine]
    boxes += [_busy(block, day) for block in blocks]
    return {
        "date": day,
        "name": weekday(day),
        "is_today": day == today,
        "is_over": day < today,
        "hours": hours_rules.shown(windows),
        "holiday": hours_rules.holiday(day),
        "exception": day in hours.exceptions,
        "boxes": opened + sorted(boxes, key=lambda box: (box["starts"], box["ends"])),
        "count": len(mine),
    }


def _edges(day: date) -> tuple[datetime, datetime]:
    following = day + timedelta(days=1)
    return rules.moment(day, 0, COPENHAGEN), rules.moment(following, 0, COPENHAGEN)


def _box(kind: str, starts: int, ends: int, **more: Any) -> dict[str, Any]:
    """`starts` and `ends` are minutes after midnight."""
    return {"kind": kind, "starts": starts, "ends": ends, **more}


def _place(starts: int, ends: int) -> str:
    """Where a box stands and how high it is, in hours and fives of minutes, as classes."""
    if ends <= starts:
        return "beyond"
    length = ends - starts
    return f"h{starts // 60} m{starts % 60 // 5} d{length // 60} e{length % 60 // 5}"


def _minutes(day: date, starts_at: datetime, ends_at: datetime) -> tuple[int, int]:
    """Where on the day's clock a time lies, as far as it lies on that day."""
    return _minute(day, starts_at, 0), _minute(day, ends_at, 24 * 60)


def _minute(day: date, moment: datetime, otherwise: int) -> int:
    local = moment.astimezone(COPENHAGEN)
    if local.date() == day:
        return local.hour * 60 + local.minute
    return otherwise


def _appointment(
    found: Any, day: date, windows: Sequence[rules.Window], busy: Sequence[Any]
) -> dict[str, Any]:
    starts, ends = _minutes(day, found.starts_at, found.ends_at)
    meets = [b.name for b in busy if b.starts_at < found.ends_at and b.ends_at > found.starts_at]
    inside = any(w.from_minute <= starts and ends <= w.to_minute for w in windows)
    return _box(
        "held" if found.state == "held" else "appointment",
        starts,
        ends,
        id=found.id,
        time=f"{clock(found.starts_at)}-{clock(found.ends_at)}",
        name=found.name,
        service=found.service,
        state=found.state,
        state_label=labels.STATES[found.state],
        meets=meets[0] if meets and found.state == "confirmed" else None,
        outside=not inside and found.state == "confirmed",
    )


def _busy(block: Any, day: date) -> dict[str, Any]:
    starts, ends = _minutes(day, block.starts_at, block.ends_at)
    said = "hele dagen"
    if (starts, ends) != (0, 24 * 60):
        said = f"{starts // 60}.{starts % 60:02d}-{ends // 60}.{ends % 60:02d}"
    return _box("busy", starts, ends, time=said, name=block.name)
