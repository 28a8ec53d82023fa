"""What is free, from the database: three queries whatever the length of the history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from shop.booking import rules
from shop.booking.hours import BusyBlock, DayException, Offer, Practitioner, Service, WeeklyRule
from shop.booking.models import Appointment
from shop.booking.rules import Hours, Interval, Slot, Terms, Window
from shop.danish import COPENHAGEN
from shop.db import db
from shop.epoch import Epoch

LONGEST = timedelta(days=1)  # no appointment is longer, so none that began before reaches in


class Opening(NamedTuple):
    """A free time with whom it is: the first practitioner who has it."""

    starts_at: datetime
    ends_at: datetime
    practitioner_id: int
    place_id: int | None


@dataclass(frozen=True)
class Offered:
    """A service with the practitioners who have it, by id, and their further closed days."""

    service: Any
    practitioners: dict[int, frozenset[tuple[int, int]]]

    @property
    def terms(self) -> Terms:
        return terms(self.service)


def terms(service: Any) -> Terms:
    """What the service says of its times."""
    return Terms(
        timedelta(minutes=service.minutes),
        timedelta(minutes=service.buffer_minutes),
        timedelta(minutes=service.notice_minutes),
        timedelta(days=service.horizon_days),
    )


# On the tables and built once, as in accounts: a week of times is asked for at each click.
_s, _p, _o = Service.__table__.c, Practitioner.__table__.c, Offer.__table__.c
_OFFERED = (
    sa.select(Service.__table__, _p.id.label("practitioner_id"), _p.closed_on)
    .join(Offer.__table__, _o.service_id == _s.id)
    .join(Practitioner.__table__, _p.id == _o.practitioner_id)
    .where(_s.active, _p.active)
    .order_by(_p.id)
)
_BY_SLUG = _OFFERED.where(_s.slug == sa.bindparam("slug"))
_BY_ID = _OFFERED.where(_s.id == sa.bindparam("service_id"))

_w, _d = WeeklyRule.__table__.c, DayException.__table__.c
# A list of values would be spelled out anew for each request.
_WHOM = sa.select(_o.practitioner_id).where(_o.service_id == sa.bindparam("service_id"))
_HOURS = sa.union_all(
    sa.select(
        _w.practitioner_id,
        _w.weekday,
        sa.cast(sa.null(), sa.Date).label("day"),
        *(_w.from_minute, _w.to_minute, _w.place_id),
    ).where(_w.practitioner_id.in_(_WHOM)),
    sa.select(
        _d.practitioner_id,
        sa.cast(sa.null(), sa.Integer),
        _d.day,
        *(_d.from_minute, _d.to_minute, _d.place_id),
    ).where(
        _d.practitioner_id.in_(_WHOM),
        _d.day.between(sa.bindparam("from_date"), sa.bindparam("to_date")),
    ),
)

_a, _b = Appointment.__table__.c, BusyBlock.__table__.c
_SINCE, _UNTIL, _NOW = (sa.bindparam(name, type_=Epoch) for name in ("since", "until", "now"))
_BUSY = sa.union_all(
    sa.select(_a.practitioner_id, _a.starts_at, _a.blocked_until).where(
        _a.practitioner_id.in_(_WHOM),
        _a.starts_at >= _SINCE,
        _a.starts_at < _UNTIL,
        sa.or_(
            *(_a.state == state for state in rules.TAKEN if state != "held"),
            sa.and_(
                _a.state == "held",
                _a.hold_expires_at > _NOW,
                sa.func.coalesce(_a.holder_hash, "") != sa.bindparam("holder"),
            ),
        ),
        _a.id != sa.bindparam("but"),
    ),
    sa.select(_b.practitioner_id, _b.starts_at, _b.ends_at).where(
        _b.practitioner_id.in_(_WHOM), _b.starts_at < _UNTIL, _b.ends_at > _SINCE
    ),
)


def offered(slug: str) -> Offered | None:
    """The service at this address; None when there is none, or nobody has it."""
    return _offered(_asked(_BY_SLUG, {"slug": slug}))


def offered_by_id(service_id: int) -> Offered | None:
    """The service with this id, as `offered` gives it."""
    return _offered(_asked(_BY_ID, {"service_id": service_id}))


def _asked(statement: Any, given: dict[str, Any]) -> Sequence[Any]:
    # Plain rows need nothing that the session adds; its transaction is the same.
    return db.session.connection().execute(statement, given).all()


def _offered(rows: Sequence[Any]) -> Offered | None:
    if not rows:
        return None
    return Offered(rows[0], {row.practitioner_id: _closed(row.closed_on) for row in rows})


def _closed(written: str) -> frozenset[tuple[int, int]]:
    pairs = (entry.split("-") for entry in written.split())
    return frozenset((int(month), int(day)) for month, day in pairs)


def free(
    offered: Offered,
    from_date: date,
    to_date: date,
    now: datetime,
    holder: str = "",
    but: int = 0,
    practitioner_id: int | None = None,
) -> list[Opening]:
    """The free times of these days in Denmark, both included, by time.

    `holder` sees through the holds that are their own, and `but` is an appointment's id that does
    not count, because it is the one to be moved. With one practitioner, or with any who has it.
    """
    whom = [practitioner_id] if practitioner_id else list(offered.practitioners)
    hours, busy = _hours(offered, whom, from_date, to_date), defaultdict[int, list[Interval]](list)
    midnight = datetime.combine(from_date, time(), COPENHAGEN)
    given = {
        "service_id": offered.service.id,
        "since": midnight - LONGEST,
        "until": datetime.combine(to_date + timedelta(days=2), time(), COPENHAGEN),
        "now": now,
        "holder": holder,
        "but": but,
    }
    for practitioner, starts_at, until in _asked(_BUSY, given):
        busy[practitioner].append((starts_at, until))
    found: dict[datetime, Opening] = {}
    for practitioner in whom:
        for slot in rules.free_slots(
            hours[practitioner],
            busy[practitioner],
            offered.terms,
            now,
            from_date,
            to_date,
            COPENHAGEN,
        ):
            found.setdefault(slot.starts_at, _opening(slot, practitioner))
    return [found[starts_at] for starts_at in sorted(found)]


def _opening(slot: Slot, practitioner: int) -> Opening:
    return Opening(slot.starts_at, slot.ends_at, practitioner, slot.place_id)


def _hours(
    offered: Offered, whom: Iterable[int], from_date: date, to_date: date
) -> dict[int, Hours]:
    weekly: dict[int, dict[int, list[Window]]] = {one: defaultdict(list) for one in whom}
    exceptions: dict[int, dict[date, list[Window]]] = {one: defaultdict(list) for one in whom}
    service_id = offered.service.id
    given = {"service_id": service_id, "from_date": from_date, "to_date": to_date}
    for practitioner, weekday, day, opens, closes, place in _asked(_HOURS, given):
        if practitioner not in weekly:
            continue
        if day is None:
            weekly[practitioner][weekday].append(Window(opens, closes, place))
            continue
        windows = exceptions[practitioner][day]
        if opens is not None:
            windows.append(Window(opens, closes, place))
    return {
        one: Hours(weekly[one], dict(exceptions[one]), offered.practitioners.get(one, frozenset()))
        for one in whom
    }


def at(
    offered: Offered,
    starts_at: datetime,
    now: datetime,
    holder: str = "",
    but: int = 0,
    practitioner_id: int | None = None,
) -> Opening | None:
    """The opening that begins then; None when there is none. The arguments are those of `free`."""
    day = starts_at.astimezone(COPENHAGEN).date()
    openings = free(offered, day, day, now, holder, but, practitioner_id)
    return next((opening for opening in openings if opening.starts_at == starts_at), None)


def nearest(
    offered: Offered, starts_at: datetime, now: datetime, holder: str = "", most: int = 4
) -> list[Opening]:
    """The free times closest to this one, within two weeks of it, by time."""
    day = starts_at.astimezone(COPENHAGEN).date()
    around = timedelta(days=14)
    openings = free(offered, day - around, day + around, now, holder)
    closest = sorted(openings, key=lambda opening: abs(opening.starts_at - starts_at))[:most]
    return sorted(closest)
