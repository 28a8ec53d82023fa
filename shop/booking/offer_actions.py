"""Making what can be booked what the file says. Nothing here commits."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from shop.booking import files
from shop.booking.hours import Offer, Place, Practitioner, Service, WeeklyRule
from shop.db import db


def import_offer(offer: files.Offer) -> None:
    """Adds and changes services, practitioners and places by their slug.

    What the file does not name any more cannot be booked from now on; its appointments stay.
    Hours are only those of a practitioner who is new: from then on the clinic looks after them,
    also when it has none left.
    """
    known = set(db.session.scalars(sa.select(Practitioner.slug)))
    places = {
        one.slug: _put(Place, one.slug, name=one.name, address=one.address) for one in offer.place
    }
    services = {one.slug: _service(one, at) for at, one in enumerate(offer.service)}
    whom = {one.slug: _practitioner(one) for one in offer.practitioner}
    for model, kept in ((Service, services), (Practitioner, whom)):
        db.session.execute(sa.update(model).where(model.slug.not_in(kept)).values(active=False))
    db.session.execute(sa.delete(Offer))
    for one in offer.practitioner:
        for slug in one.services:
            db.session.add(Offer(service_id=services[slug], practitioner_id=whom[one.slug]))
        if one.slug not in known:
            _open(whom[one.slug], one.hours, places)
    db.session.flush()


def _service(one: files.Service, position: int) -> int:
    values = one.model_dump(exclude={"slug", "notice_hours", "change_hours"})
    return _put(
        Service,
        one.slug,
        position=position,
        notice_minutes=one.notice_hours * 60,
        change_minutes=one.change_hours * 60,
        active=True,
        **values,
    )


def _practitioner(one: files.Practitioner) -> int:
    closed_on = " ".join(one.closed_on)
    facts = {"name": one.name, "email": one.email, "closed_on": closed_on, "active": True}
    return _put(Practitioner, one.slug, **facts)


def _put(model: Any, slug: str, **values: Any) -> int:
    row: Any = db.session.scalar(sa.select(model).where(model.slug == slug))
    if row is None:
        row = model(slug=slug, **values)
        db.session.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
    db.session.flush()
    found: int = row.id
    return found


def _open(practitioner_id: int, hours: list[files.Hours], places: dict[str, int]) -> None:
    for each in hours:
        for weekday in each.weekdays:
            for opens, closes in each.windows():
                times = {"weekday": weekday, "from_minute": opens, "to_minute": closes}
                place_id = places[each.place]
                db.session.add(
                    WeeklyRule(practitioner_id=practitioner_id, place_id=place_id, **times)
                )
