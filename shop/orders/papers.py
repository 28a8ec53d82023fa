"""What of an order goes on paper."""

from __future__ import annotations

from shop.course.models import Course
from shop.db import db
from shop.invoices.rules import Sale
from shop.orders.models import Attempt, Order
from shop.orders.rules import Facts


def sale(order: Order, attempt: Attempt, facts: Facts) -> Sale:
    """The payment as its invoices tell of it; one that is not what was agreed sells nothing."""
    course = db.session.get_one(Course, order.course_id)
    agreed = attempt.state != "review"
    return Sale(
        order_id=order.id,
        order_number=order.number,
        attempt_id=attempt.id,
        person_id=order.person_id,
        buyer=order.name,
        email=order.email,
        item=f"E-forløbet »{course.title}«, adgang i {course.access_months} måneder",
        currency=order.currency,
        price_ore=order.amount_ore,
        discount_ore=facts.discount_ore,
        received_ore=facts.received_ore if agreed else 0,
        refunded_ore=facts.refunded_ore,
        lost_ore=facts.lost_ore,
    )
