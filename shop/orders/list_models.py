"""Finding orders: lists and searches of the back office."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from shop.db import db
from shop.orders.models import Order

LARGEST_ID = 2**31 - 1

_LISTED = sa.select(
    *(Order.id, Order.number, Order.name, Order.amount_ore, Order.state),
    *(Order.withdrawn_at, Order.created_at),
)


def page(states: tuple[str, ...], before: int | None, most: int) -> Sequence[Any]:
    """Newest first, up to `most` in these states; `before` is the id the last page ended with."""
    which = (Order.state.in_(states), Order.id < (before or LARGEST_ID))
    return db.session.execute(_LISTED.where(*which).order_by(Order.id.desc()).limit(most)).all()


def found(query: str, most: int) -> Sequence[Any]:
    """The newest orders whose name, mail or number holds every word of the query."""
    words = query.split()[:8]
    if not words:
        return []
    where = [
        sa.or_(
            Order.number.contains(word.replace("-", "").upper(), autoescape=True),
            sa.func.lower(Order.name).contains(word.lower(), autoescape=True),
            Order.email.contains(word.lower(), autoescape=True),
        )
        for word in words
    ]
    return db.session.execute(_LISTED.where(*where).order_by(Order.id.desc()).limit(most)).all()
