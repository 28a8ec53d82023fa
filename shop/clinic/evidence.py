"""What tells for us in a dispute, as one PDF for the bank; nobody's health is in it."""

from __future__ import annotations

from datetime import datetime

import shop.course.models as course_models
import shop.invoices.models as invoices
import shop.orders.models as orders
import shop.outbox.models as outbox
from shop import pdf
from shop.clinic import labels, order_shown
from shop.danish import kroner, moment
from shop.orders.models import Order
from shop.orders.timeline_models import timeline
from shop.web import settings

PAPERS = {"invoice": "Faktura", "credit_note": "Kreditnota"}


def file(order: Order, now: datetime) -> bytes:
    """The whole file; 50 ms to make. Raises TypesettingFailed."""
    clinic = settings().clinic
    parts = [
        ("Købet", ("Hvad", "Oplysning"), _facts(order)),
        ("Hvad der skete", ("Hvornår", "Hvad og hvem"), _happened(order)),
        ("Betalinger", ("Hvornår", "Betaling"), _payments(order)),
        ("Bilag", ("Hvornår", "Bilag"), _papers(order)),
        ("Mails til køberen", ("Hvornår", "Mail"), _mails(order)),
        ("Brugen af kurset", ("Hvad", "Oplysning"), _use(order)),
    ]
    given = {
        "title": f"Dokumentation for ordre {order.number}",
        "author": str(clinic["trade_name"]),
        "made": moment(now),
        "seller": [str(clinic[name]) for name in ("legal_name", "street", "email")],
        "parts": [
            {"title": title, "head": head, "rows": rows or [("–", "Ingen")]}
            for title, head, rows in parts
        ],
    }
    return pdf.typeset("evidence", given)


def _facts(order: Order) -> list[tuple[str, str]]:
    terms = f"Version {order.terms_version}, sagt ja til {moment(order.created_at)}"
    return [
        ("Ordrenummer", order.number),
        ("Køber", f"{order.name}, {order.email}"),
        ("Vare", "E-forløb, åbnet digitalt straks efter betaling"),
        ("Pris", kroner(order.amount_ore)),
        ("Bestilt", f"{moment(order.created_at)} med knappen »Køb med betalingspligt«"),
        ("Samtykke", "Sat kryds ved: fyldt 18 år og siger ja til handelsbetingelserne"),
        ("Handelsbetingelser", terms),
        ("Fortrydelsesret", "14 dage, også efter at kurset er åbnet"),
    ]


def _happened(order: Order) -> list[tuple[str, str]]:
    return [
        (moment(line["at"]), f"{line['what']} ({line['who']})")
        for line in order_shown.lines(order, timeline(order.id))
    ]


def _payments(order: Order) -> list[tuple[str, str]]:
    return [
        (
            moment(each.created_at),
            f"{kroner(each.received_ore)}, heraf {kroner(each.refunded_ore)} tilbage"
            f" ({each.intent_id})",
        )
        for each in orders.attempts_of(order.id)
        if each.intent_id
    ]


def _papers(order: Order) -> list[tuple[str, str]]:
    return [
        (moment(each.issued_at), f"{PAPERS[each.kind]} {each.number}, {kroner(each.amount_ore)}")
        for each in invoices.of_order(order.id)
    ]


def _mails(order: Order) -> list[tuple[str, str]]:
    """Kind, time and state; never what a mail says, which may open a door."""
    return [
        (
            moment(mail.sent_at or mail.queued_at),
            f"{labels.MAILS.get(mail.kind, mail.kind)}: {labels.MAIL_STATES[mail.state]}",
        )
        for mail in outbox.fates(order.about)
    ]


def _use(order: Order) -> list[tuple[str, str]]:
    """That the course was used, when and how much: what the bank must know, and nothing of what
    was read (GDPR article 5, 1 c). Of a gift nothing: who reads is not who paid."""
    if order.is_gift:
        return [("–", "Købt som gave. Modtagerens brug er ikke med.")]
    steps = course_models.outline(order.person_id)
    seen = [step for step in steps if step.seen_at]
    times = [at for step in seen for at in (step.seen_at, step.completed_at) if at]
    if not times:
        return []
    return [
        ("Taget i brug senest", moment(min(times))),  # opening a lesson again moves its time
        ("Sidst brugt", moment(max(times))),
        ("Lektioner åbnet", f"{len(seen)} af {len(steps)}"),
    ]
