"""Orders, the attempts to pay them, and the events Stripe sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.course.models import enrolment_source
from shop.db import Model, db
from shop.orders import rules


class Order(Model):
    """One person's purchase. `version` grows with every change that Stripe's facts bring.

    What was sold stands on it, whatever becomes of the course: `keeps_right` says that it may be
    withdrawn from after the course is opened, too.

    Once withdrawn from, it gives no access, whatever is paid. `current_of` is the browser whose
    order this is until another takes its place: unique, so two clicks make one order. `is_first`
    says that we knew nobody by that address before, but from unpaid orders of this browser.
    """

    __tablename__ = "purchase_order"
    # Access and mails are called after the number and may outlive the row: never given out again.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"))
    email: Mapped[str] = mapped_column(sa.String(254))
    name: Mapped[str] = mapped_column(sa.String(120))
    amount_ore: Mapped[int]
    currency: Mapped[str] = mapped_column(sa.String(3))
    terms_version: Mapped[str] = mapped_column(sa.String(40))
    course_title: Mapped[str] = mapped_column(sa.String(300), server_default="")
    access_months: Mapped[int] = mapped_column(server_default="0")
    keeps_right: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    agreed: Mapped[str | None] = mapped_column(sa.ForeignKey("agreed_text.digest"))
    browser_hash: Mapped[str] = mapped_column(sa.String(64))
    current_of: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    is_first: Mapped[bool] = mapped_column(default=False)
    is_gift: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    state: Mapped[str] = mapped_column(sa.String(20), default="awaiting")
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    @property
    def source(self) -> str:
        """The name under which this order gives access to the course."""
        return enrolment_source(self.id)

    @property
    def about(self) -> str:
        """The name under which the outbox knows what this order's buyer was told."""
        return f"order:{self.id}"

    @property
    def is_erased(self) -> bool:
        """Whether its buyer has been erased, and with them which browser it was: what is left is
        for the books. It opens nothing and writes to nobody."""
        return not self.browser_hash


class AgreedText(Model):
    """Terms and consent as some order was placed by them, kept as long as it. Whatever becomes of
    the files, and whether anybody remembered a new version: what was agreed can be printed."""

    __tablename__ = "agreed_text"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    version: Mapped[str] = mapped_column(sa.String(40))
    terms: Mapped[str] = mapped_column(sa.Text)
    consent_version: Mapped[str] = mapped_column(sa.String(40))
    consent: Mapped[str] = mapped_column(sa.Text)


class Attempt(Model):
    """One Checkout Session of an order. What was sent to Stripe is frozen, so a retry is equal."""

    __tablename__ = "payment_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"))
    number: Mapped[int]
    session_id: Mapped[str | None] = mapped_column(sa.String(200), unique=True)
    intent_id: Mapped[str | None] = mapped_column(sa.String(200), index=True)
    url: Mapped[str | None] = mapped_column(sa.String(2000))
    state: Mapped[str] = mapped_column(sa.String(20), default="awaiting")
    received_ore: Mapped[int] = mapped_column(default=0, server_default="0")
    refunded_ore: Mapped[int] = mapped_column(default=0)
    total_ore: Mapped[int | None]  # what Stripe asked for, after the discount
    discount_ore: Mapped[int] = mapped_column(default=0, server_default="0")
    lost_ore: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    refused: Mapped[bool] = mapped_column(default=False)

    def is_open(self, now: datetime) -> bool:
        """Whether its pay page can be gone to."""
        waits = self.url is not None and self.state == "awaiting"
        return waits and rules.is_reusable(self.session_id, self.expires_at, now)

    __table_args__ = (
        sa.UniqueConstraint("order_id", "number"),
        sa.Index("ix_payment_attempt_unfinished", "state", "created_at"),
    )


class StripeEvent(Model):
    """An event as a pointer: which object to ask Stripe about. Its content is not kept."""

    __tablename__ = "stripe_event"

    id: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    type: Mapped[str] = mapped_column(sa.String(100))
    object_id: Mapped[str] = mapped_column(sa.String(200))
    intent_id: Mapped[str | None] = mapped_column(sa.String(200))
    reference: Mapped[str | None] = mapped_column(sa.String(40))
    status: Mapped[str] = mapped_column(sa.String(20), default="pending")
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(sa.String(200))
    created_at: Mapped[datetime]
    received_at: Mapped[datetime]

    __table_args__ = (sa.Index("ix_stripe_event_status", "status", "received_at"),)


def of_person(person_id: int) -> Sequence[Order]:
    """A person's orders that were paid or are about to be, newest first."""
    query = sa.select(Order).where(Order.person_id == person_id, Order.state.in_(rules.MATTERS))
    return db.session.scalars(query.order_by(Order.id.desc())).all()


def attempts_of(order_id: int) -> Sequence[Attempt]:
    """All attempts to pay the order, first to last."""
    query = sa.select(Attempt).where(Attempt.order_id == order_id).order_by(Attempt.number)
    return db.session.scalars(query).all()


def by_number(number: str) -> Order | None:
    """The order with this number, as it is stored."""
    return db.session.scalar(sa.select(Order).where(Order.number == number))


def has_others(person_id: int, order_id: int) -> bool:
    """Whether the person has orders beside this one, paid or not."""
    others = sa.exists().where(Order.person_id == person_id, Order.id != order_id)
    return bool(db.session.scalar(sa.select(others)))


def has_tried(person_id: int, browser_hash: str) -> bool:
    """Whether this browser's unpaid orders are how we came to know the person."""
    unpaid = (Order.browser_hash == browser_hash, Order.state.in_(sorted(rules.NOTHING_PAID)))
    tried = sa.exists().where(Order.person_id == person_id, Order.is_first, *unpaid)
    return bool(db.session.scalar(sa.select(tried)))


def latest_number(person_id: int) -> str | None:
    """The number of the person's newest purchase that was not withdrawn from."""
    query = sa.select(Order.number).where(
        Order.person_id == person_id, Order.withdrawn_at.is_(None), Order.confirmed_at.is_not(None)
    )
    return db.session.scalar(query.order_by(Order.id.desc()).limit(1))


def latest_attempt(order_id: int) -> Attempt | None:
    """The newest attempt; only this one may still be open at Stripe."""
    attempts = attempts_of(order_id)
    return attempts[-1] if attempts else None


def paid_attempt(order_id: int) -> Attempt | None:
    """The attempt by which the order was paid, whoever has the money now: what was to be paid, and
    at what discount."""
    paid = [each for each in attempts_of(order_id) if each.state in rules.PAID]
    return min(paid, key=lambda each: rules.ORDER_OF_STATES.index(each.state), default=None)


def attempt_by_session(session_id: str) -> Attempt | None:
    """The attempt behind a Checkout Session."""
    return db.session.scalar(sa.select(Attempt).where(Attempt.session_id == session_id))


def attempt_by_intent(intent_id: str) -> Attempt | None:
    """The attempt that a PaymentIntent pays."""
    return db.session.scalar(sa.select(Attempt).where(Attempt.intent_id == intent_id))


def attempt_by_reference(reference: str) -> Attempt | None:
    """The attempt behind a reference that Stripe carries for us."""
    read = rules.read_reference(reference)
    if read is None:
        return None
    return db.session.scalar(
        sa.select(Attempt)
        .join(Order, Order.id == Attempt.order_id)
        .where(Order.number == read[0], Attempt.number == read[1])
    )


def current_order(browser_hash: str) -> Order | None:
    """The order that this browser began last, paid or not."""
    return db.session.scalar(sa.select(Order).where(Order.current_of == browser_hash))


def unfinished_attempts(since: datetime) -> Sequence[int]:
    """Attempts since then that Stripe knows and that have no outcome yet."""
    return db.session.scalars(
        sa.select(Attempt.id).where(
            Attempt.state.in_(rules.UNFINISHED),
            Attempt.created_at >= since,
            Attempt.session_id.is_not(None),
        )
    ).all()


def pending_events(before: datetime) -> Sequence[str]:
    """Events received by then that nobody has followed yet, oldest first, at most 200."""
    return db.session.scalars(
        sa.select(StripeEvent.id)
        .where(StripeEvent.status == "pending", StripeEvent.received_at <= before)
        .order_by(StripeEvent.received_at)
        .limit(200)
    ).all()
