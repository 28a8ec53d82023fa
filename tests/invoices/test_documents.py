"""Documents as they are issued: with the payment, in line with it, numbered without a gap."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.db import db, transaction
from shop.invoices import actions, models, rules
from shop.invoices.models import Document, Series
from shop.invoices.rules import Sale
from shop.orders.models import Attempt, Order
from shop.outbox.models import Mail
from shop.web import now
from tests.conftest import BUYER
from tests.invoices.test_rules import sale


def documents(app) -> list[Document]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Document).order_by(Document.id)))


def said(app) -> list[tuple[str, int]]:
    return [(each.number, each.amount_ore) for each in documents(app)]


def numbers(app, kind: str) -> list[int]:
    return sorted(each.sequence for each in documents(app) if each.kind == kind)


@pytest.fixture
def year(app):
    """In the middle of a year, so that no test runs over New Year."""
    with time_machine.travel(datetime(2026, 6, 15, 12, tzinfo=UTC)):
        yield 2026


def test_a_paid_order_has_its_invoice_from_that_very_moment(app, browser, shop, year):
    shop.buy(browser)
    [invoice] = documents(app)
    assert (invoice.number, invoice.kind, invoice.of_id) == ("F2026-0001", "invoice", None)
    assert (invoice.amount_ore, invoice.base_ore, invoice.vat_ore) == (49900, 39920, 9980)
    assert (invoice.vat_rate, invoice.vat_treatment, invoice.currency) == (25, "standard", "dkk")
    assert invoice.buyer == {"name": "Kirsten Prøve", "email": BUYER}
    assert set(invoice.seller) >= {"legal_name", "cvr", "street", "postcode", "city"}
    assert "Kørekortet til kroniske smerter" in invoice.line["item"]
    assert " måneder" in invoice.line["item"]


def test_what_is_not_paid_has_none(app, browser, shop):
    session = shop.buy(browser, how="delayed")
    assert documents(app) == []
    shop.stripe.settle(session, "failed")
    shop.deliver_all()
    assert documents(app) == []


def test_every_way_back_is_a_credit_note_and_a_way_back_that_failed_an_invoice(
    app, browser, shop, year
):
    session = shop.buy(browser)
    shop.stripe.refund(shop.intent(session), 10000)
    shop.deliver_all()
    shop.stripe.refund(shop.intent(session))
    shop.deliver_all()
    shop.stripe.fail_refund(shop.stripe.state()["refunds"][0]["id"])
    shop.deliver_all()
    shop.deliver_all()
    assert said(app)[:3] == [("F2026-0001", 49900), ("K2026-0001", 10000), ("K2026-0002", 39900)]
    [again] = documents(app)[3:]
    assert again.number == "F2026-0002"
    assert again.line["why"] == "back_again"
    invoice, first, second = documents(app)[:3]
    assert first.of_id == second.of_id == invoice.id
    assert first.vat_ore + second.vat_ore == invoice.vat_ore
    with app.app_context():
        attempt = db.session.scalars(sa.select(Attempt)).one()
    total = sum(d.amount_ore if d.kind == "invoice" else -d.amount_ore for d in documents(app))
    assert total == attempt.received_ore - attempt.refunded_ore - attempt.lost_ore


def test_a_lost_dispute_is_a_credit_note_and_an_open_one_is_not(app, browser, shop, year):
    session = shop.buy(browser)
    shop.stripe.open_dispute(shop.intent(session), "needs_response")
    shop.deliver_all()
    assert said(app) == [("F2026-0001", 49900)]
    shop.stripe.close_dispute(shop.stripe.state()["disputes"][0]["id"], "lost")
    shop.deliver_all()
    assert said(app) == [("F2026-0001", 49900), ("K2026-0001", 49900)]
    assert documents(app)[1].line["why"] == "charged_back"


@pytest.mark.parametrize("end", ["lost", "won"])
def test_an_appeal_sells_nothing_until_it_is_won(end, app, browser, shop, year):
    dispute = shop.stripe.open_dispute(shop.intent(shop.buy(browser)))["id"]
    shop.stripe.close_dispute(dispute, "lost")
    shop.deliver_all()
    lost = [("F2026-0001", 49900), ("K2026-0001", 49900)]
    for status in ("appeal_needs_response", "appeal_under_review"):
        shop.stripe.update_dispute(dispute, status)
        shop.deliver_all()
        assert said(app) == lost
    shop.stripe.close_dispute(dispute, end)
    shop.deliver_all()
    assert said(app) == (lost if end == "lost" else [*lost, ("F2026-0002", 49900)])


def test_a_payment_that_is_not_what_was_agreed_sells_nothing(app, browser, shop):
    session = shop.order(browser)
    with app.app_context(), transaction():
        db.session.execute(sa.text("UPDATE purchase_order SET amount_ore = 12300"))
    shop.stripe.pay(session, "card")
    shop.deliver_all()
    assert documents(app) == []


def test_many_at_once_are_numbered_without_a_gap(app, new_browser, shop, year):
    sessions = [shop.order(new_browser(), f"kunde{count}@example.dk") for count in range(5)]
    for session in sessions:
        shop.stripe.pay(session, "card")
    events = [*shop.stripe.events(), *shop.stripe.events()]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(shop.deliver, events)) == {200}
    assert numbers(app, "invoice") == list(range(1, 6))
    for session in sessions[:3]:
        shop.stripe.refund(shop.intent(session))
    events = [each for each in shop.stripe.events() if "refund" in each["type"]]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(shop.deliver, events)) == {200}
    assert numbers(app, "credit_note") == list(range(1, 4))
    assert len({each.attempt_id for each in documents(app)}) == 5


class PowerCut(Exception):
    pass


@pytest.mark.parametrize("statement", range(4))
def test_a_crash_takes_no_number(app, browser, new_browser, shop, year, statement):
    """Between the statements of the issuing itself, and after the last of them."""
    session = shop.order(browser)
    shop.stripe.pay(session, "card")
    with app.app_context():
        engine, seen = db.engine, []

    def cut(_connection, _cursor, words, *_):
        if "document" in words:
            seen.append(words)
            if len(seen) > statement:
                raise PowerCut

    sa.event.listen(engine, "after_cursor_execute", cut)
    try:
        status = browser.get(f"/koeb/tak?session_id={session}").status
    finally:
        sa.event.remove(engine, "after_cursor_execute", cut)
    assert status == 500
    with app.app_context():
        assert db.session.scalars(sa.select(Series)).all() == []
    assert documents(app) == []
    shop.buy(new_browser(), "en.anden@example.dk")
    browser.get(f"/koeb/tak?session_id={session}")
    assert [number for number, _ in said(app)] == ["F2026-0001", "F2026-0002"]


def test_each_year_begins_at_one_when_it_begins_in_denmark(app, browser, new_browser, shop):
    new_year = datetime(2026, 12, 31, 23, tzinfo=UTC)  # midnight in Copenhagen
    with time_machine.travel(new_year - timedelta(minutes=5)):
        shop.buy(browser)
    with time_machine.travel(new_year + timedelta(minutes=5)):
        shop.buy(new_browser(), "en.anden@example.dk")
    assert [number for number, _ in said(app)] == ["F2026-0001", "F2027-0001"]


def test_a_document_is_never_changed(app, browser, shop):
    shop.buy(browser)
    for column in (Document.amount_ore, Document.number, Document.issued_at):
        change = sa.update(Document).values({column: column})
        with (
            app.app_context(),
            pytest.raises(sa.exc.DBAPIError, match="never changed"),
            transaction(),
        ):
            db.session.execute(change)
    assert said(app)[0][1] == 49900


def test_a_number_given_twice_is_refused(app, browser, shop, new_browser):
    """The counter may be wrong, in a restored copy say; the unique key is the last word."""
    shop.buy(browser)
    with app.app_context(), transaction():
        db.session.execute(sa.update(Series).values(last=0))
    second = new_browser()
    session = shop.order(second, "en.anden@example.dk")
    shop.stripe.pay(session, "card")
    assert second.get(f"/koeb/tak?session_id={session}").status == 500
    assert len(documents(app)) == 1


def test_each_document_is_mailed_once_with_its_file(app, browser, shop, send_mail, year):
    session = shop.buy(browser)
    [confirmation] = send_mail()
    files = [each["name"] for each in confirmation["attachments"]]
    assert "faktura-F2026-0001.pdf" in files
    shop.stripe.refund(shop.intent(session), 10000)
    shop.deliver_all()
    shop.deliver_all()
    [_, refunded] = send_mail()
    assert refunded["to"] == [BUYER]
    assert refunded["subject"].startswith("Kreditnota K2026-0001")
    assert "smerte" not in refunded["subject"].lower()
    for body in (refunded["text"], refunded["html"]):
        assert "100 kr." in body
        assert "K2026-0001" in body
    [file] = refunded["attachments"]
    assert (file["name"], file["type"]) == ("kreditnota-K2026-0001.pdf", "application/pdf")


def test_settling_again_issues_and_mails_nothing(app, browser, shop):
    shop.buy(browser)
    with app.app_context():
        mails = db.session.scalar(sa.select(sa.func.count(Mail.id)))
    for _ in range(2):
        shop.deliver_all()
    assert len(documents(app)) == 1
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Mail.id))) == mails


KINDS = st.sampled_from(["received_ore", "refunded_ore", "lost_ore"])
STEPS = st.lists(st.tuples(st.integers(0, 2), KINDS, st.integers(-30_000, 60_000)), max_size=12)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, cuts=st.sets(st.integers(0, 11)))
def test_any_history_is_numbered_without_a_gap_and_adds_up(app, three_payments, steps, cuts):
    """Whatever comes in, goes back and comes back again on three payments, with power cuts."""
    facts = [{"received_ore": 0, "refunded_ore": 0, "lost_ore": 0} for _ in three_payments]
    with app.app_context():
        with transaction():
            db.session.execute(sa.delete(Document).where(Document.of_id.is_not(None)))
            db.session.execute(sa.delete(Document))
            db.session.execute(sa.delete(Series))
        for place, (which, kind, amount) in enumerate(steps):
            facts[which][kind] = max(0, facts[which][kind] + amount)
            said = replace(three_payments[which], **facts[which])
            if place in cuts:
                with suppress(PowerCut), transaction():
                    actions.bring_in_line(said, now())
                    raise PowerCut
            with transaction():
                actions.bring_in_line(said, now())
        for payment, found in zip(three_payments, facts, strict=True):
            issued = models.issued(payment.attempt_id)
            assert rules.balance(issued) == replace(payment, **found).net_ore
        for kind in rules.PREFIXES:
            query = sa.select(Document.sequence).where(Document.kind == kind)
            taken = db.session.scalars(query.order_by(Document.sequence)).all()
            assert taken == list(range(1, len(taken) + 1))


@pytest.fixture
def three_payments(app, new_browser, shop, year) -> list[Sale]:
    for count in range(3):
        shop.order(new_browser(), f"kunde{count}@example.dk")
    with app.app_context():
        query = sa.select(Attempt.id, Order.id, Order.person_id).join(Order)
        return [
            replace(sale(), attempt_id=attempt, order_id=order, person_id=person)
            for attempt, order, person in db.session.execute(query)
        ]
