"""The mails about orders."""

from __future__ import annotations

from datetime import datetime

from flask import render_template

from shop.course.models import Course
from shop.orders.models import Order
from shop.outbox.rules import Letter
from shop.web import public_url, settings

ALERTS = {
    "review": "Betalingen passer ikke med ordren",
    "disputed": "En kunde har gjort indsigelse mod en betaling",
    "charged_back": "En betaling er ført tilbage til kunden",
    "paid_twice": "En ordre er betalt to gange",
    "inquiry": "En kundes bank spørger til en betaling",
    "bought_again": "En kunde har købt kurset igen",
}


def confirmed(order: Order, course: Course, token: str, now: datetime) -> Letter:
    """The order confirmation, with a way in (e-handelsloven § 12, forbrugeraftaleloven § 13)."""
    text = render_template(
        "orders/mail/confirmed.txt",
        order=order,
        course=course,
        paid_at=now,
        link=public_url("accounts.link", token=token),
        sign_in=public_url("accounts.sign_in"),
        terms=public_url("pages.text", slug="handelsbetingelser"),
        withdrawal=public_url("pages.text", slug="fortryd"),
    )
    subject = f"Tak for dit køb (ordre {order.number})"
    return Letter(order.email, subject, text, reply_to=settings().clinic_email)


def alert(number: str, kind: str) -> Letter:
    """Tells the clinician of a payment that needs a look; says nothing about the buyer."""
    text = render_template("orders/mail/alert.txt", number=number, kind=kind, what=ALERTS[kind])
    return Letter(settings().clinic_email, f"{ALERTS[kind]} (ordre {number})", text)
