"""Says what happened to an order: on its timeline, and to the clinician. Nothing here commits."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from shop.db import insert_once
from shop.orders import emails
from shop.orders.models import Order
from shop.orders.timeline_models import OrderEvent
from shop.outbox.actions import queue


def note(
    order_id: int, what: str, who: str, now: datetime, key: str | None = None, **facts: Any
) -> bool:
    """Adds a line to the timeline; False when one with this key stands there already."""
    values = {"what": what, "who": who, "facts": facts, "at": now}
    key = key or f"{what}:{secrets.token_hex(8)}"
    return insert_once(OrderEvent, order_id=order_id, key=key, **values) is not None


def alert(order: Order, kind: str, now: datetime, subject: str | None = None) -> None:
    """Tells the clinician, once per order and kind; once per `subject` where there may be more."""
    letter = emails.alert(order.number, kind)
    about = f"{order.id}:{subject}" if subject else str(order.id)
    queue(letter, "order-alert", f"order-alert:{about}:{kind}", now)
