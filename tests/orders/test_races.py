"""Two look at one order and both write: the database says who was first, and the other says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from shop.course.models import Enrolment
from shop.db import db, insert_once, move, transaction
from shop.invoices.models import Document
from shop.orders import actions, gateway, models, refund_actions, rules, sync
from shop.orders.models import Order
from shop.orders.refund_models import RefundRequest
from shop.web import now


def seen(session: str) -> tuple[int, int]:
    """What a look at Stripe begins with: the attempt, and the order's version."""
    attempt = models.attempt_by_session(session)
    return attempt.id, db.session.scalar(sa.select(Order.version))


def stands(app) -> tuple[str, int, bool | None, list[str]]:
    with app.app_context():
        state, version = db.session.execute(sa.select(Order.state, Order.version)).one()
        is_open = db.session.scalar(sa.select(Enrolment.open))
        papers = db.session.scalars(sa.select(Document.kind).order_by(Document.id)).all()
    return state, version, is_open, list(papers)


def test_facts_that_are_older_than_the_order_are_not_written(app, shop, browser):
    """Both look while it is awaiting; it is paid and paid back, and the first look comes last."""
    session = shop.order(browser)
    shop.stripe.pay(session, "card")
    with app.app_context():
        attempt_id, version = seen(session)
        old = gateway.fetch(session)
    shop.deliver_all()
    shop.stripe.refund(shop.intent(session))
    shop.deliver_all()
    after = stands(app)
    assert after == ("refunded", version + 2, False, ["invoice", "credit_note"])
    with app.app_context():
        with transaction():
            assert actions.settle(attempt_id, version, old, now()) is None
        assert stands(app) == after, "the loser has written nothing"
        assert sync.sync(attempt_id) == "refunded", "and looks again"
    assert stands(app) == after


def test_of_two_who_have_read_the_order_one_writes(app, shop, browser, monkeypatch):
    """One heard that it is paid, the other that it is paid back; both read the same version."""
    session = shop.order(browser)
    shop.stripe.pay(session, "card")
    with app.app_context():
        attempt_id, version = seen(session)
        paid = gateway.fetch(session)
        shop.stripe.refund(shop.intent(session))
        back = gateway.fetch(session)
        at_once = db.engine.dialect.name == "postgresql"  # SQLite lets one write at a time
    both, judge = Barrier(2, timeout=10), rules.payment_state

    def judged_by_both(*given):
        if at_once:
            both.wait()  # both have read; neither has written
        return judge(*given)

    def settle(facts) -> str | None:
        with app.app_context(), transaction():
            return actions.settle(attempt_id, version, facts, now())

    monkeypatch.setattr(rules, "payment_state", judged_by_both)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(settle, [paid, back]))
    monkeypatch.undo()
    ends = {"paid": (True, ["invoice"]), "refunded": (None, [])}
    [won] = [answer for answer in answers if answer]
    assert answers == ([won, None] if won == "paid" else [None, won])
    assert stands(app) == (won, version + 1, *ends[won])
    with app.app_context():
        assert sync.sync(attempt_id) == "refunded", "whoever lost looks again"


def test_of_two_who_move_a_refund_one_wins(app, counter, bought):
    """Both have read that it was only asked for: one may be the first to ask Stripe."""
    bought()
    counter.ask(10_000)
    both = Barrier(2, timeout=10)

    def claim(_: int) -> bool:
        with app.app_context():
            request = db.session.scalars(sa.select(RefundRequest)).one()
            db.session.expunge(request)
            both.wait()
            with transaction():
                return move(request, "sent", changed_at=now())

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(claim, range(2))) == [False, True]
    assert counter.requests() == [(10_000, "sent")]


def test_of_two_who_lost_an_answer_one_names_the_next_key(app, counter, bought):
    """Both try again under that one: with a key each, Stripe would pay back twice. And whoever
    comes too late does not go back to a key that Stripe has answered."""
    bought()
    counter.ask(10_000)
    with app.app_context():
        [request_id] = db.session.scalars(sa.select(RefundRequest.id))
        with transaction():
            sending = refund_actions.send(request_id, now())
        for _ in range(2):
            with transaction():
                refund_actions.renew(sending)
        with transaction():
            again = refund_actions.send(request_id, now())
        for stale in (again, sending):
            with transaction():
                refund_actions.renew(stale)
        with transaction():
            last = refund_actions.send(request_id, now())
    assert (again.idempotency_key, again.is_new) == (f"{sending.key}:1", False)
    assert last.idempotency_key == f"{sending.key}:2"


def test_who_asks_while_another_asks_waits_and_sees_it(app, counter, bought):
    bought()
    with app.app_context(), ThreadPoolExecutor(1) as pool:
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite lets one write at a time")
        order_id, waiting = counter.order().id, sa.text("SELECT 1 FROM pg_locks WHERE NOT granted")
        with transaction():
            refund_actions.ask(order_id, 10_000, "goodwill", "k@example.dk", now(), seen=0)
            other = pool.submit(counter.ask, 10_000, seen=0)
            while not db.session.scalar(waiting):
                assert not other.done(), "it has asked for the same money"
        with pytest.raises(refund_actions.AskedMeanwhile):
            other.result(timeout=10)
    assert counter.requests() == [(10_000, "requested")]


def test_a_purchase_ends_once(app, counter, bought):
    """Whoever comes second writes nothing and asks for nothing."""
    bought()
    with app.app_context():
        order_id = counter.order().id
        for asked in (49_900, None):
            with transaction():
                assert refund_actions.withdraw(order_id, "buyer", now()) == asked
    assert counter.requests() == [(49_900, "requested")]
    assert counter.timeline() == ["withdrawn", "refund_asked"]


def test_no_number_is_given_twice_whoever_gives_it(app, counter, bought):
    """The database has the last word: on a paper's number, and on its place in the series."""
    bought()
    with app.app_context():
        [row] = db.session.execute(sa.select(Document.__table__)).mappings()
        for changes in ({"sequence": 99, "year": 1999}, {"number": "F1999-0099"}):
            with transaction():
                taken = insert_once(Document, **{**row, "id": row["id"] + 1, **changes})
            assert taken is None
        free = {"id": row["id"] + 1, "number": "F1999-0099", "sequence": 99, "year": 1999}
        with transaction():
            assert insert_once(Document, **{**row, **free}) == row["id"] + 1
