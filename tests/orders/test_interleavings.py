"""Whatever happens to orders, in whatever order, they end where Stripe's own facts say.

Payments, refunds, disputes and withdrawals; events late, doubled, backwards and at once; an API
that does not answer; crashes before any statement and any commit; workers side by side. In the end
the weather clears, every worker does its turn, and then everything must agree.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sandbox.stripe.errors import ApiError
from shop.course.models import Enrolment
from shop.danish import COPENHAGEN
from shop.db import Base, db, transaction
from shop.invoices.models import Document
from shop.orders import checkout, gateway, models, refund_actions, refunds, rules
from shop.orders import sync as syncing
from shop.orders.gateway import StripeUnavailable
from shop.orders.models import Attempt, Order, StripeEvent
from shop.orders.refund_models import RefundRequest
from shop.orders.sync import Contended
from shop.outbox.models import Mail
from shop.web import hashed, now
from shop.withdrawals import actions as withdrawals
from shop.withdrawals.actions import Statement
from shop.withdrawals.models import Withdrawal
from tests.conftest import DATABASES, Shop

pytestmark = pytest.mark.endurance

# Over both databases together; INTERLEAVINGS=2000 is what the promise was made for.
RUNS = int(os.environ.get("INTERLEAVINGS", "50"))
STEPS = 12
WORKERS = 3


class Crash(BaseException):
    """The process is gone; nothing that catches exceptions knows it."""


class Fuse:
    """Blows before the statement or commit that it was set to."""

    def __init__(self, app: Flask) -> None:
        self.left: int | None = None
        with app.app_context():
            self.engine = db.engine

    def _burn(self, *_: Any) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Crash

    @contextmanager
    def lit(self, statements: int | None) -> Iterator[None]:
        self.left = statements
        sa.event.listen(self.engine, "before_cursor_execute", self._burn)
        sa.event.listen(db.session, "before_commit", self._burn)
        try:
            yield
        finally:
            sa.event.remove(self.engine, "before_cursor_execute", self._burn)
            sa.event.remove(db.session, "before_commit", self._burn)
            self.left = None


FUSES = st.none() | st.integers(0, 40)
NUMBERS = st.integers(0, 5)
TROUBLE = st.sampled_from(
    [
        {"drop": True},
        {"drop": True, "done_first": True},
        {"status": 500},
        {"status": 500, "done_first": True},
        {"status": 503},
        {"status": 429},
    ]
)
EXPECTED = (
    *(StripeUnavailable, Contended, ApiError, checkout.actions.NothingForSale),
    *(refund_actions.MoreThanLeft, refund_actions.AskedMeanwhile),
)


def machine(app: Flask, shop: Shop, ends: Counter[str]) -> type[RuleBasedStateMachine]:
    """The machine on one database; a class, as each run makes a new one of it."""
    fuse = Fuse(app)

    class Interleavings(RuleBasedStateMachine):
        @initialize(how=st.sampled_from(["card", "card", "mobilepay", "delayed", None]))
        def begin(self, how: str | None) -> None:
            shop.stripe.reset()
            self.emails: list[str] = []
            with app.app_context(), transaction():
                for table in reversed(Base.metadata.sorted_tables):
                    if table.name not in {"course", "lesson"}:
                        db.session.execute(sa.delete(table))
            self.order(None)
            if how:
                self.pay(0, how)

        def attempt(self, do: Callable[[], object], statements: int | None = None) -> None:
            """Does something that may crash or meet trouble, as a process of its own would."""
            with fuse.lit(statements):
                try:
                    with app.app_context():
                        do()
                except (Crash, *EXPECTED):
                    pass

        def pick(self, kind: str, number: int) -> dict[str, Any] | None:
            found = shop.stripe.state()[kind]
            return found[number % len(found)] if found else None

        def at_stripe(self, do: Callable[..., object], *given: Any) -> None:
            """What happens at Stripe's and the banks'; what cannot be there does not happen."""
            with suppress(ApiError):
                do(*given)

        @rule(statements=FUSES)
        @precondition(lambda self: len(self.emails) < 3)
        def order(self, statements: int | None) -> None:
            email = f"k{len(self.emails)}@example.dk"
            self.emails.append(email)
            key = hashed(email)
            wanted = (key, email, "Kirsten Prøve", "2026-11-23")
            self.attempt(lambda: checkout.where_to_pay(*wanted), statements)

        @rule(number=NUMBERS, statements=FUSES)
        def order_again(self, number: int, statements: int | None) -> None:
            email = self.emails[number % len(self.emails)]
            wanted = (hashed(email), email, "Kirsten Prøve", "2026-11-23")
            self.attempt(lambda: checkout.where_to_pay(*wanted), statements)

        @rule(number=NUMBERS, how=st.sampled_from(["card", "card", "mobilepay", "delayed"]))
        def pay(self, number: int, how: str) -> None:
            if session := self.pick("sessions", number):
                self.at_stripe(shop.stripe.pay, session["id"], how)

        @rule(number=NUMBERS, outcome=st.sampled_from(["succeeded", "failed"]))
        def bank_answers(self, number: int, outcome: str) -> None:
            if session := self.pick("sessions", number):
                self.at_stripe(shop.stripe.settle, session["id"], outcome)

        @rule(number=NUMBERS)
        def session_expires(self, number: int) -> None:
            if session := self.pick("sessions", number):
                self.at_stripe(shop.stripe.expire, session["id"])

        @rule(number=NUMBERS, amount=st.none() | st.integers(1, 49_900))
        def refund_by_hand(self, number: int, amount: int | None) -> None:
            if intent := self.pick("payment_intents", number):
                self.at_stripe(shop.stripe.refund, intent["id"], amount)

        @rule(number=NUMBERS)
        def refund_bounces(self, number: int) -> None:
            if refund := self.pick("refunds", number):
                self.at_stripe(shop.stripe.fail_refund, refund["id"])

        @rule(outcome=st.sampled_from(["succeeded", "pending"]), number=NUMBERS)
        def refunds_take(self, outcome: str, number: int) -> None:
            shop.stripe.refund_outcome(outcome)
            if refund := self.pick("refunds", number):
                self.at_stripe(shop.stripe.settle_refund, refund["id"])

        @rule(number=NUMBERS, status=st.sampled_from(["needs_response", "warning_needs_response"]))
        def bank_objects(self, number: int, status: str) -> None:
            if intent := self.pick("payment_intents", number):
                self.at_stripe(shop.stripe.open_dispute, intent["id"], status)

        @rule(number=NUMBERS, status=st.sampled_from(["won", "lost", "warning_closed"]))
        def bank_decides(self, number: int, status: str) -> None:
            if dispute := self.pick("disputes", number):
                self.at_stripe(shop.stripe.close_dispute, dispute["id"], status)

        @rule(calls=st.integers(1, 6), trouble=TROUBLE)
        def stripe_is_away(self, calls: int, trouble: dict[str, Any]) -> None:
            shop.stripe.fail_next(calls, **trouble)

        @rule(number=st.integers(0, 40), times=st.integers(1, 2), statements=FUSES)
        def event_comes(self, number: int, times: int, statements: int | None) -> None:
            events = shop.stripe.events()
            for _ in range(times if events else 0):
                event = events[number % len(events)]
                self.attempt(lambda event=event: shop.deliver(event), statements)

        @rule(backwards=st.booleans())
        def events_come_at_once(self, backwards: bool) -> None:
            events = shop.stripe.events()
            with ThreadPoolExecutor(WORKERS) as pool:
                list(pool.map(shop.deliver, reversed(events) if backwards else events))

        @rule(number=NUMBERS, amount=st.none() | st.integers(1, 49_900), statements=FUSES)
        def clinician_pays_back(
            self, number: int, amount: int | None, statements: int | None
        ) -> None:
            def ask() -> None:
                order_id = self.order_id(number)
                if order_id is None:
                    return
                with transaction():
                    refund_actions.ask(order_id, amount, "goodwill", "k@example.dk", now())
                refunds.carry_out(order_id)

            self.attempt(ask, statements)

        @rule(number=NUMBERS, amount=st.integers(1, 49_900))
        def clerks_pay_back_at_once(self, number: int, amount: int) -> None:
            with app.app_context():
                order_id = self.order_id(number)
                seen = db.session.scalar(
                    sa.select(sa.func.count()).where(RefundRequest.order_id == order_id)
                )

            def ask(_: int) -> None:
                with app.app_context():
                    try:
                        with transaction():
                            refund_actions.ask(order_id, amount, "goodwill", "k", now(), "", seen)
                    except (refund_actions.MoreThanLeft, refund_actions.AskedMeanwhile):
                        pass

            if order_id is not None:
                with ThreadPoolExecutor(WORKERS) as pool:
                    list(pool.map(ask, range(WORKERS)))

        @rule(number=NUMBERS, statements=FUSES)
        def buyer_withdraws(self, number: int, statements: int | None) -> None:
            def withdraw() -> None:
                order_id = self.order_id(number)
                if order_id is None:
                    return
                order = db.session.get_one(Order, order_id)
                today = now().astimezone(COPENHAGEN).date()
                said = Statement(order.name, order.email, order.number, today)
                with transaction():
                    withdrawals.receive(said, secrets.token_hex(16), None, "buyer", now())
                refunds.carry_out(order_id)

            self.attempt(withdraw, statements)

        @rule(statements=FUSES)
        def worker_turns(self, statements: int | None) -> None:
            self.attempt(self.turn, statements)

        @rule()
        def workers_turn_at_once(self) -> None:
            def turn(_: int) -> None:
                with app.app_context(), suppress(StripeUnavailable, Contended):
                    self.turn()

            with ThreadPoolExecutor(WORKERS) as pool:
                list(pool.map(turn, range(WORKERS)))

        def turn(self) -> None:
            syncing.reconcile()
            refunds.carry_out_due()

        def order_id(self, number: int) -> int | None:
            ids = db.session.scalars(sa.select(Order.id).order_by(Order.id)).all()
            return ids[number % len(ids)] if ids else None

        def teardown(self) -> None:
            shop.stripe.recover()
            for _ in range(2):  # what a turn begins the next one ends
                for event in shop.stripe.events():
                    assert shop.deliver(event) == 200
                with app.app_context():
                    self.turn()
            with app.app_context():
                for order in db.session.scalars(sa.select(Order)).all():
                    agrees(order, shop)
                    ends[f"{order.state}{', withdrawn' if order.withdrawn_at else ''}"] += 1
                books_balance()
                mails_once()
            ends["runs"] += 1

    return Interleavings


def agrees(order: Order, shop: Shop) -> None:
    """The order, its payments, its access and its papers say what Stripe says."""
    attempts = models.attempts_of(order.id)
    for attempt in attempts:
        if attempt.session_id:
            payment_agrees(order, attempt)
    known = [each.state for each in attempts]
    if all(each.session_id is None for each in attempts):
        known = []  # Stripe would not make a pay page; the order still waits for one
    assert order.state == rules.order_state(known)
    may_read = order.state in rules.ACCESS and order.withdrawn_at is None
    is_open = db.session.scalar(sa.select(Enrolment.open).where(Enrolment.source == order.source))
    assert bool(is_open) == may_read, (order.state, order.withdrawn_at)
    requests = db.session.scalars(
        sa.select(RefundRequest).where(RefundRequest.order_id == order.id)
    )
    made = Counter(
        refund["metadata"]["key"]
        for refund in shop.stripe.state()["refunds"]
        if "key" in refund["metadata"]
    )
    for request in requests:
        assert request.state not in {"requested", "sent"}, request.state
        assert made[request.key] == (0 if request.state == "refused" else 1), request.key


def payment_agrees(order: Order, attempt: Attempt) -> None:
    facts = gateway.fetch(attempt.session_id or "")
    expected = rules.Expected(
        order.amount_ore, order.currency, False, rules.reference(order.number, attempt.number)
    )
    assert attempt.state == rules.payment_state(facts, expected)
    assert attempt.received_ore == facts.received_ore
    assert attempt.refunded_ore == facts.refunded_ore <= facts.received_ore
    kept = facts.received_ore - facts.refunded_ore - facts.lost_ore
    papers = db.session.scalars(sa.select(Document).where(Document.attempt_id == attempt.id)).all()
    signs = {"invoice": 1, "credit_note": -1}
    assert sum(signs[paper.kind] * paper.amount_ore for paper in papers) == max(kept, 0)
    if order.withdrawn_at and kept > 0 and attempt.state not in {"disputed", "charged_back"}:
        asked = sa.select(RefundRequest.state).where(RefundRequest.attempt_id == attempt.id)
        assert {"failed", "refused"} & set(db.session.scalars(asked)), "money of theirs is left"


def books_balance() -> None:
    """Numbers without gaps, each once; the VAT of each paper is a fifth, to the øre."""
    papers = db.session.scalars(sa.select(Document).order_by(Document.id)).all()
    for kind in ("invoice", "credit_note"):
        numbers = sorted(paper.sequence for paper in papers if paper.kind == kind)
        assert numbers == list(range(1, len(numbers) + 1))
    assert all(paper.base_ore + paper.vat_ore == paper.amount_ore for paper in papers)


def mails_once() -> None:
    """One confirmation for each confirmed order, one receipt for each statement, and so on."""
    kinds = Counter(db.session.scalars(sa.select(Mail.kind)))
    confirmed = sa.select(sa.func.count()).where(Order.confirmed_at.is_not(None))
    assert kinds["order-confirmed"] == db.session.scalar(confirmed)
    statements = sa.select(sa.func.count()).select_from(Withdrawal)
    assert kinds["withdrawal-receipt"] == db.session.scalar(statements)
    credit_notes = sa.select(sa.func.count()).where(Document.kind == "credit_note")
    assert kinds["credit-note"] == db.session.scalar(credit_notes)
    pending = sa.select(sa.func.count()).where(StripeEvent.status == "pending")
    assert db.session.scalar(pending) == 0


def test_everything_ends_where_stripes_facts_say(app, shop, record_property):
    ends: Counter[str] = Counter()
    run_state_machine_as_test(
        machine(app, shop, ends),
        settings=settings(
            max_examples=max(RUNS // len(DATABASES), 1),
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    told = ", ".join(f"{count} {state}" for state, count in sorted(ends.items()))
    record_property("endurance", told)
    print(told)
