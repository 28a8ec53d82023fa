"""What of an order goes on paper."""

from __future__ import annotations

from typing import Any

from shop import pdf
from shop.danish import amount, kroner, moment
from shop.db import db, end_reading
from shop.invoices.models import of_order
from shop.invoices.rules import RATES, SELLER, Sale, vat_in
from shop.orders import models
from shop.orders.models import AgreedText, Attempt, Order
from shop.orders.rules import Facts
from shop.pdf import breakable
from shop.web import settings


def item(order: Order) -> str:
    """What is sold, in one line."""
    return f"E-forløbet »{order.course_title}«, adgang i {order.access_months} måneder"


def sale(order: Order, attempt: Attempt, facts: Facts) -> Sale:
    """The payment as its invoices tell of it; one that is not what was agreed sells nothing."""
    agreed = attempt.state != "review"
    return Sale(
        order_id=order.id,
        order_number=order.number,
        attempt_id=attempt.id,
        person_id=order.person_id,
        buyer=order.name,
        email=order.email,
        item=item(order),
        currency=order.currency,
        price_ore=order.amount_ore,
        discount_ore=facts.discount_ore,
        received_ore=facts.received_ore if agreed else 0,
        refunded_ore=facts.refunded_ore,
        lost_ore=facts.lost_ore,
    )


def made(number: str) -> bytes:
    """The confirmation of the order with this number. Raises LookupError; see `confirmation`."""
    order = models.by_number(number)
    if order is None:
        raise LookupError("no such order")
    return confirmation(order)


def confirmation(order: Order) -> bytes:
    """The order's confirmation as a file. It takes some 100 ms. Raises TypesettingFailed."""
    facts = _facts(order)
    end_reading()
    return pdf.typeset("confirmation", facts)


def _facts(order: Order) -> dict[str, Any]:
    clinic, site = settings().clinic, settings().public_url
    agreed = db.session.get(AgreedText, order.agreed or "")
    return {
        **_price(order),
        "order": order.number,
        "site": site,
        "seller": {name: clinic[name] for name in SELLER},
        "buyer": {"name": order.name, "email": breakable(order.email)},
        "ordered": moment(order.created_at),
        "agreed": moment(order.confirmed_at or order.created_at),
        "item": item(order),
        "title": order.course_title,
        "months": order.access_months,
        "is-gift": order.is_gift,
        "keeps-right": order.keeps_right,
        "complaint-minimum": kroner(clinic["complaint_minimum_ore"]),
        "complaint-year": clinic["complaint_minimum_year"],
        "consent": pdf.words(agreed.consent, site) if agreed else [],
        "consent-version": agreed.consent_version if agreed else "",
        "terms": pdf.words(agreed.terms, site, below=1) if agreed else [],
        "terms-version": agreed.version if agreed else order.terms_version,
    }


def _price(order: Order) -> dict[str, Any]:
    """The price as it was paid, and the VAT in it as its invoice has it."""
    paid = models.paid_attempt(order.id)
    discount = paid.discount_ore if paid else 0
    total = order.amount_ore - discount
    invoice = next(iter(of_order(order.id)), None)
    treatment = invoice.vat_treatment if invoice else settings().clinic["vat_treatment"]
    vat = vat_in(total, treatment)
    return {
        "currency": order.currency.upper(),
        "price": amount(order.amount_ore),
        "discount": amount(-discount) if discount else "",
        "vat_treatment": treatment,
        "rate": RATES[treatment],
        "base": amount(total - vat),
        "tax": amount(vat),
        "total": amount(total),
    }
