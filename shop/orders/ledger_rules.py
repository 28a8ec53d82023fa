"""From movements of money at Stripe to postings in the books. Amounts in øre, debit and credit.

Every posting has its counterpart, so the books balance whatever Stripe does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from babel.dates import get_timezone

SALES = "Salg af e-forløb"
VAT = "Udgående moms"
FEES = "Gebyrer til Stripe"
BALANCE = "Tilgodehavende hos Stripe"
BANK = "Bank"
OTHER = "Andet hos Stripe"
ACCOUNTS = (SALES, VAT, FEES, BALANCE, BANK, OTHER)

# Stripe's reporting categories (https://docs.stripe.com/reports/reporting-categories).
TRADE = {
    "charge": "Salg",
    "refund": "Tilbagebetaling",
    "refund_failure": "Tilbagebetaling kom retur",
    "partial_capture_reversal": "Tilbagebetaling",
    "dispute": "Indsigelse",
    "dispute_reversal": "Indsigelse vundet",
}
# Which paper tells of each, and why it was issued: first choice first. What is paid back after a
# dispute that took a part stands on a paper that names the dispute.
VOUCHERS = {
    "charge": ("invoice", ("",)),
    "refund": ("credit_note", ("refunded", "charged_back")),
    "refund_failure": ("invoice", ("back_again",)),
    "partial_capture_reversal": ("credit_note", ("refunded", "charged_back")),
    "dispute": ("credit_note", ("charged_back",)),
    "dispute_reversal": ("invoice", ("back_again",)),
}
BEYOND = {
    "dispute_beyond": "Indsigelse mod beløb, der var betalt tilbage",
    "dispute_reversal_beyond": "Vundet indsigelse mod beløb, der var betalt tilbage",
}
PAYOUTS = {"payout": "Udbetaling", "payout_reversal": "Udbetaling kom retur"}
COSTS = {"fee": "Gebyr", "network_cost": "Gebyr", "tax": "Gebyr"}
COPENHAGEN = get_timezone("Europe/Copenhagen")


@dataclass(frozen=True)
class Movement:
    """One movement on our balance at Stripe; negative when money leaves, the fee comes off it."""

    id: str
    kind: str
    amount_ore: int
    fee_ore: int
    currency: str
    at: datetime
    source_id: str
    intent_id: str | None = None

    @property
    def day(self) -> date:
        """The day in Denmark."""
        return self.at.astimezone(COPENHAGEN).date()


@dataclass(frozen=True)
class Payout:
    """Money on its way to the bank, as Stripe tells of it apart from the balance."""

    id: str
    amount_ore: int
    status: str


@dataclass(frozen=True)
class Paper:
    """An invoice or a credit note: the voucher of a movement."""

    number: str
    kind: str
    amount_ore: int
    vat_ore: int
    why: str = ""


@dataclass(frozen=True)
class Posting:
    """One line in the books: either debit or credit, never both."""

    day: date
    voucher: str
    account: str
    text: str
    debit_ore: int
    credit_ore: int
    order_number: str
    movement_id: str


def apart(movement: Movement, had: dict[str, int]) -> list[Movement]:
    """The movement, and apart from it what a dispute takes though it was paid back already.

    That is no sale taken back: no paper tells of it, and no VAT comes back with it. `had` is
    written on: what there is of each payment, and what each dispute has taken beyond that.
    """
    if movement.kind not in TRADE or movement.intent_id is None:
        return [movement]
    beyond = 0
    if movement.kind == "dispute" and movement.intent_id in had:
        beyond = min(movement.amount_ore + max(had[movement.intent_id], 0), 0)
        had[movement.source_id] = beyond
    elif movement.kind == "dispute_reversal":
        beyond = min(-had.pop(movement.source_id, 0), movement.amount_ore)
    own = movement.amount_ore - beyond
    had[movement.intent_id] = had.get(movement.intent_id, 0) + own
    if not beyond:
        return [movement]
    rest = replace(movement, kind=f"{movement.kind}_beyond", amount_ore=beyond)
    return [replace(movement, amount_ore=own), replace(rest, fee_ore=0)] if own else [rest]


def voucher_of(movement: Movement, papers: list[Paper]) -> Paper | None:
    """Takes what tells of this movement out of its order's papers, oldest first.

    A paper of just this amount, or a part of one that tells of several movements: what is left of
    it stays, and the parts' VAT adds up to the paper's. None of them tells of a dispute that was
    won: nothing was credited.
    """
    kind, reasons = VOUCHERS.get(movement.kind, ("", ()))
    amount = abs(movement.amount_ore)
    fitting = [
        paper
        for why in reasons
        for paper in papers
        if (paper.kind, paper.why) == (kind, why) and paper.amount_ore >= amount
    ]
    if not fitting:
        return None
    paper = next((each for each in fitting if each.amount_ore == amount), fitting[0])
    vat = round(paper.vat_ore * amount / paper.amount_ore)
    left = replace(paper, amount_ore=paper.amount_ore - amount, vat_ore=paper.vat_ore - vat)
    place = papers.index(paper)
    papers[place : place + 1] = [left] if left.amount_ore else []
    return replace(paper, amount_ore=amount, vat_ore=vat)


def postings(
    movement: Movement, paper: Paper | None, vat_ore: int, order_number: str
) -> list[Posting]:
    """The lines of one movement; `vat_ore` is what VAT its amount holds, without sign."""
    voucher = paper.number if paper else movement.source_id or movement.id
    sign = 1 if movement.amount_ore >= 0 else -1
    lines: list[tuple[str, str, int]] = []  # debit when positive
    if movement.kind in TRADE:
        text = TRADE[movement.kind]
        lines.append((SALES, text, -(movement.amount_ore - sign * vat_ore)))
        lines.append((VAT, f"{text}, moms", -sign * vat_ore))
    elif movement.kind in PAYOUTS:
        text = PAYOUTS[movement.kind]
        lines.append((BANK, text, -movement.amount_ore))
    elif movement.kind in COSTS:
        text = COSTS[movement.kind]
        lines.append((FEES, text, -movement.amount_ore))
    else:
        text = BEYOND.get(movement.kind, movement.kind)
        lines.append((OTHER, text, -movement.amount_ore))
    lines.append((BALANCE, text, movement.amount_ore))
    lines.append((FEES, f"{text}, gebyr", movement.fee_ore))
    lines.append((BALANCE, f"{text}, gebyr", -movement.fee_ore))
    return [
        Posting(
            *(movement.day, voucher, account, text, max(ore, 0), max(-ore, 0)),
            *(order_number, movement.id),
        )
        for account, text, ore in lines
        if ore
    ]


def sums(lines: Iterable[Posting]) -> dict[str, tuple[int, int]]:
    """Debit and credit of each account, in the order of ACCOUNTS; those without are left out."""
    found: dict[str, tuple[int, int]] = {}
    for line in lines:
        debit, credit = found.get(line.account, (0, 0))
        found[line.account] = (debit + line.debit_ore, credit + line.credit_ore)
    return {account: found[account] for account in ACCOUNTS if account in found}
