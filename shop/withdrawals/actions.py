"""Writes about withdrawals. Nothing here commits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa

import shop.orders.models as orders
import shop.orders.refund_actions as refunds
from shop.accounts.rules import fold
from shop.db import db, insert_once
from shop.orders.models import Order
from shop.orders.timeline_actions import note
from shop.outbox.actions import queue
from shop.withdrawals import emails, models, rules
from shop.withdrawals.models import Withdrawal, WithdrawalLook


@dataclass(frozen=True)
class Statement:
    """What somebody said: who, which purchase in their words, how it came, and when it was sent."""

    name: str
    email: str
    order: str
    sent_on: date
    channel: str = "form"

    @property
    def words(self) -> tuple[str, str, str]:
        return self.name, self.email, self.order


def receive(
    said: Statement, submit_key: str, owner: int | None, who: str, now: datetime
) -> Withdrawal:
    """Keeps a statement and does what it asks for, once; always with a receipt.

    It counts for an order when the number and the mail address are the order's, or the number is
    and `owner`, who is signed in, is its buyer; of a letter the clinician has seen whose it is.
    What fits nothing or comes late is kept too.
    """
    if earlier := models.by_key(submit_key):
        return earlier
    order = _meant(said, owner)
    last = rules.last_day(rules.agreed_on(order.created_at, order.confirmed_at)) if order else None
    verdict = rules.verdict(
        order is not None, bool(order and order.withdrawn_at), last, said.sent_on
    )
    asked = None
    if order and verdict == "in_time":
        asked = refunds.withdraw(order.id, who, now)
        verdict = "again" if asked is None else verdict
    insert_once(
        Withdrawal,
        submit_key=submit_key,
        channel=said.channel,
        name=said.name,
        email=said.email,
        order_typed=said.order,
        order_id=order and order.id,
        verdict=verdict,
        sent_on=said.sent_on,
        last_day=last,
        asked_ore=asked,
        who=who,
        received_at=now,
    )
    kept = db.session.scalars(
        sa.select(Withdrawal).where(Withdrawal.submit_key == submit_key)
    ).one()
    _tell(kept, order, now)
    return kept


def ends_a_purchase(said: Statement, owner: int | None) -> bool:
    """Whether the statement fits a purchase, is in time, and is the first about it."""
    order = orders.by_number(rules.read_number(said.order))
    if order is None or order.withdrawn_at or not _is_theirs(order, said, owner):
        return False
    return said.sent_on <= rules.last_day(rules.agreed_on(order.created_at, order.confirmed_at))


def _meant(said: Statement, owner: int | None) -> Order | None:
    order = orders.by_number(rules.read_number(said.order))
    if order is None:
        return None
    # What an order holds may have changed while we waited for others who withdraw from it.
    db.session.refresh(order, with_for_update=True)
    return order if _is_theirs(order, said, owner) else None


def _is_theirs(order: Order, said: Statement, owner: int | None) -> bool:
    by_form = said.channel == "form"
    return not by_form or order.email == fold(said.email) or order.person_id == owner


def _tell(kept: Withdrawal, order: Order | None, now: datetime) -> None:
    about = order.about if order else f"withdrawal:{kept.id}"
    key = f"withdrawal:{kept.id}"
    letter = emails.receipt(kept, is_gift=bool(order and order.is_gift))
    queue(letter, "withdrawal-receipt", f"{key}:receipt", now, about=about)
    if order:
        note(order.id, f"statement_{kept.verdict}", kept.who, now, key, channel=kept.channel)
    if kept.verdict in rules.FLAGGED:
        queue(emails.flag(kept), "withdrawal-flag", f"{key}:flag", now)


def send_receipts_again(order: Order, now: datetime) -> int:
    """Mails the receipts of all statements about the order to its present address; how many."""
    statements = models.of_order(order.id)
    for kept in statements:
        letter = replace(emails.receipt(kept, order.is_gift), to=order.email)
        key = f"withdrawal:{kept.id}:receipt:{int(now.timestamp())}"
        queue(letter, "withdrawal-receipt", key, now, about=order.about)
    return len(statements)


def look(withdrawal_id: int, who: str, now: datetime) -> None:
    """The clinician has looked at a statement and dealt with it."""
    insert_once(WithdrawalLook, withdrawal_id=withdrawal_id, who=who, at=now)


def purge(now: datetime) -> None:
    """Deletes statements that nobody can claim anything by any more."""
    old = sa.select(Withdrawal.id).where(Withdrawal.received_at < now - rules.KEPT)
    db.session.execute(sa.delete(WithdrawalLook).where(WithdrawalLook.withdrawal_id.in_(old)))
    db.session.execute(sa.delete(Withdrawal).where(Withdrawal.received_at < now - rules.KEPT))
