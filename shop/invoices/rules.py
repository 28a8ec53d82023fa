"""Which documents a payment needs, their numbers, and the VAT in them. Amounts in øre."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shop.outbox.rules import Attachment

# Percent on top of the price before VAT (momsloven §§ 13, 33, 47); the accountant decides which.
RATES = {"standard": 25, "exempt": 0, "unregistered": 0}
NAMES = {"invoice": "Faktura", "credit_note": "Kreditnota"}
MAKER = "document"  # the name under which the outbox has a document's file made
PREFIXES = {"invoice": "F", "credit_note": "K"}
SELLER = ("legal_name", "trade_name", "cvr", "street", "postcode", "city", "email", "phone")


@dataclass(frozen=True)
class Sale:
    """One payment of an order as Stripe's facts tell of it; `price_ore` is before any discount."""

    order_id: int
    order_number: str
    attempt_id: int
    person_id: int
    buyer: str
    email: str
    item: str
    currency: str
    price_ore: int
    discount_ore: int
    received_ore: int
    refunded_ore: int
    lost_ore: int

    @property
    def net_ore(self) -> int:
        """What the seller has of it now: never less than nothing, whatever else a bank takes."""
        return max(0, self.received_ore - self.refunded_ore - self.lost_ore)


@dataclass(frozen=True)
class Issued:
    """A document that stands. A credit note is `of` the invoice that it takes back from."""

    id: int
    kind: str
    amount_ore: int
    vat_ore: int
    treatment: str
    of: int | None = None


@dataclass(frozen=True)
class Due:
    """A document that is missing; `amount_ore` with VAT, always more than nothing."""

    kind: str
    amount_ore: int
    vat_ore: int
    treatment: str
    of: int | None = None


def due(net_ore: int, issued: Sequence[Issued], treatment: str) -> list[Due]:
    """The documents that bring what was issued of one payment in line with what is had of it.

    More is had: an invoice, with the VAT of the first one when the money has been here before: the
    day of the sale decides (momsloven § 23). Less: credit notes, each of one invoice, the oldest
    first, with that invoice's VAT and never for more than is left of it. Nothing when they agree,
    so any order of events ends in the same sum.
    """
    missing = net_ore - sum(_signed(each) for each in issued)
    if missing > 0:
        treatment = issued[0].treatment if issued else treatment
        return [Due("invoice", missing, vat_in(missing, treatment), treatment)]
    found = []
    for invoice in (each for each in issued if each.kind == "invoice"):
        credited = [each for each in issued if each.of == invoice.id]
        back = sum(each.amount_ore for each in credited)
        amount = min(-missing, invoice.amount_ore - back)
        if amount > 0:
            # Counted from the sum: parts, each rounded, still add up to the invoice's own VAT.
            vat = vat_in(back + amount, invoice.treatment) - sum(each.vat_ore for each in credited)
            found.append(Due("credit_note", amount, vat, invoice.treatment, invoice.id))
            missing += amount
    return found


def balance(issued: Iterable[Issued]) -> int:
    """What the documents add up to: invoices less credit notes."""
    return sum(map(_signed, issued))


def _signed(document: Issued) -> int:
    return document.amount_ore if document.kind == "invoice" else -document.amount_ore


def vat_in(amount_ore: int, treatment: str) -> int:
    """The VAT in a price that includes it: of 499.00 it is 99.80 (momsloven § 27)."""
    rate = RATES[treatment]
    return (2 * amount_ore * rate + 100 + rate) // (2 * (100 + rate))


def number(kind: str, year: int, sequence: int) -> str:
    """A document's number: "F2026-0001". Each kind has a series of its own, from 1 every year."""
    return f"{PREFIXES[kind]}{year}-{sequence:04d}"


def file(kind: str, number: str) -> Attachment:
    """The document as a file that is made when its mail is sent."""
    name = f"{NAMES[kind].lower()}-{number}.pdf"
    return Attachment(name, "application/pdf", maker=MAKER, key=number)
