"""The books: every øre that moved at Stripe stands in them once, in debit and in credit."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from shop.clinic import bookkeeping
from shop.db import db, insert_once, transaction
from shop.invoices.models import Document
from shop.invoices.rules import vat_in
from shop.orders import ledger, ledger_models, ledger_rules
from shop.orders.gateway import StripeUnavailable
from shop.orders.ledger_models import StripeMovement
from shop.orders.ledger_rules import BALANCE, BANK, FEES, OTHER, SALES, VAT, Movement, Paper
from shop.outbox.models import Mail
from shop.web import now

JANUARY = datetime(2026, 1, 1)  # noqa: DTZ001 (hypothesis adds the zone itself)
KINDS = [*ledger_rules.TRADE, *ledger_rules.PAYOUTS, *ledger_rules.COSTS, "other_adjustment"]
HISTORIES = st.lists(
    st.builds(
        Movement,
        id=st.integers(0, 10**6).map("txn_{}".format),
        kind=st.sampled_from(KINDS),
        amount_ore=st.integers(-100_000, 100_000),
        fee_ore=st.integers(-500, 20_000),
        currency=st.just("dkk"),
        at=st.datetimes(JANUARY, JANUARY + timedelta(days=365), timezones=st.just(UTC)),
        source_id=st.just("ch_1"),
    ),
    max_size=30,
)


@given(HISTORIES, st.sampled_from(["standard", "exempt", "unregistered"]))
def test_the_books_balance_and_agree_with_stripe_over_any_history(history, treatment):
    lines = [
        line
        for each in history
        for line in ledger_rules.postings(each, None, vat_in(abs(each.amount_ore), treatment), "")
    ]
    sums = ledger_rules.sums(lines)
    assert sum(d for d, _ in sums.values()) == sum(c for _, c in sums.values())

    def of(account: str) -> int:
        debit, credit = sums.get(account, (0, 0))
        return debit - credit

    def moved(kinds) -> int:
        return sum(each.amount_ore for each in history if each.kind in kinds)

    assert of(BALANCE) == sum(each.amount_ore - each.fee_ore for each in history)
    assert of(BANK) == -moved(ledger_rules.PAYOUTS)
    assert -(of(SALES) + of(VAT)) == moved(ledger_rules.TRADE)
    costs = sum(each.fee_ore for each in history) - moved(ledger_rules.COSTS)
    assert of(FEES) == costs
    assert all((line.debit_ore > 0) != (line.credit_ore > 0) for line in lines)


def test_a_voucher_is_used_once_and_fits_its_movement():
    papers = [
        Paper("F1", "invoice", 49900, 9980),
        Paper("K1", "credit_note", 10000, 2000, "refunded"),
    ]
    sale = Movement("t1", "charge", 49900, 900, "dkk", now(), "ch_1")
    back = Movement("t2", "refund", -10000, 0, "dkk", now(), "re_1")
    assert ledger_rules.voucher_of(back, papers).number == "K1"
    assert ledger_rules.voucher_of(sale, papers).number == "F1"
    assert ledger_rules.voucher_of(sale, papers) is None


@given(st.lists(st.integers(1, 30_000), min_size=1, max_size=6), st.sampled_from([25, 0]))
def test_one_paper_tells_of_all_that_came_to_us_in_one_look(parts, rate):
    """Two refunds before we hear of either are one credit note: to the øre, VAT and all."""
    vat = round(sum(parts) * rate / (100 + rate))
    papers = [Paper("K1", "credit_note", sum(parts), vat, "refunded")]
    told = [
        ledger_rules.voucher_of(Movement("t1", "refund", -part, 0, "dkk", now(), "re_1"), papers)
        for part in parts
    ]
    assert {each.number for each in told} == {"K1"}
    assert [each.amount_ore for each in told] == parts
    assert sum(each.vat_ore for each in told) == vat
    assert min(each.vat_ore for each in told) >= 0
    assert papers == []


def test_a_refund_after_a_dispute_that_took_a_part_finds_its_paper():
    papers = [
        Paper("K1", "credit_note", 20000, 4000, "charged_back"),
        Paper("K2", "credit_note", 29900, 5980, "charged_back"),
    ]
    taken = Movement("t1", "dispute", -20000, 11200, "dkk", now(), "dp_1")
    back = Movement("t2", "refund", -29900, 0, "dkk", now(), "re_1")
    assert [ledger_rules.voucher_of(each, papers).number for each in (taken, back)] == ["K1", "K2"]


def test_a_dispute_that_was_won_takes_no_later_credit_note():
    papers = [Paper("K1", "credit_note", 49900, 9980, "refunded")]
    taken = Movement("t1", "dispute", -49900, 11200, "dkk", now(), "dp_1")
    won = Movement("t2", "dispute_reversal", 49900, 0, "dkk", now(), "dp_1")
    back = Movement("t3", "refund", -49900, 0, "dkk", now(), "re_1")
    told = [ledger_rules.voucher_of(each, papers) for each in (taken, won, back)]
    assert [paper and paper.number for paper in told] == [None, None, "K1"]


@pytest.mark.parametrize("refunded", [49900, 20000])
@pytest.mark.parametrize("end", ["lost", "won"])
def test_what_was_paid_back_before_a_dispute_gives_its_vat_back_once(
    refunded, end, app, shop, bought
):
    intent = bought()
    shop.stripe.refund(intent, refunded)
    shop.deliver_all()
    dispute = shop.stripe.open_dispute(intent)["id"]
    shop.stripe.close_dispute(dispute, end)
    shop.deliver_all()
    with app.app_context():
        ledger.fetch()
        with transaction():  # as days would have gone by
            for day, kind in enumerate(["dispute_reversal", "dispute", "refund", "charge"]):
                of_kind = sa.update(StripeMovement).where(StripeMovement.kind == kind)
                db.session.execute(of_kind.values(at=now() - timedelta(days=day)))
        lines = list(ledger_models.postings(now() - timedelta(days=9), now() + timedelta(days=1)))
        papers = db.session.scalars(sa.select(Document).order_by(Document.id)).all()
    sold = sum(each.vat_ore if each.kind == "invoice" else -each.vat_ore for each in papers)
    sums = ledger_rules.sums(lines)
    assert sums[VAT][1] - sums[VAT][0] == sold
    assert sums[OTHER][0] - sums[OTHER][1] == (refunded if end == "lost" else 0)
    assert {paper.number for paper in papers} <= {line.voucher for line in lines}
    state = shop.stripe.state()["balance_transactions"]
    assert sums[BALANCE][0] - sums[BALANCE][1] == sum(each["net"] for each in state)


@pytest.mark.parametrize(("hour", "day"), [(22, 31), (23, 1)])
def test_a_movement_stands_on_denmarks_day(hour, day):
    """Half an hour before and after midnight there: of two years."""
    at = datetime(2026, 12, 31, hour, 30, tzinfo=UTC)
    sale = Movement("t1", "charge", 49900, 900, "dkk", at, "ch_1")
    assert {line.day.day for line in ledger_rules.postings(sale, None, 9980, "")} == {day}


@pytest.fixture
def year(app, shop, browser, new_browser):
    """A year with everything in it, fetched; returns the postings."""
    kept = shop.buy(browser)
    back = shop.buy(new_browser(), "anden@example.dk")
    lost = shop.buy(new_browser(), "tredje@example.dk")
    for ore in (5003, 5003):  # one credit note, since we hear of both at once
        shop.stripe.refund(shop.intent(kept), ore)
    shop.stripe.refund(shop.intent(back))
    dispute = shop.stripe.open_dispute(shop.intent(lost))
    shop.stripe.close_dispute(dispute["id"], "lost")
    shop.stripe.pay_out(20000)
    shop.deliver_all()
    with app.app_context():
        ledger.fetch()
        return list(ledger_models.postings(now() - timedelta(days=1), now() + timedelta(days=1)))


def test_the_sums_are_stripes_own(app, shop, year):
    state = shop.stripe.state()
    sums = ledger_rules.sums(year)
    net = sum(each["net"] for each in state["balance_transactions"])
    fees = sum(each["fee"] for each in state["balance_transactions"])
    assert sums[BALANCE][0] - sums[BALANCE][1] == net
    assert sums[FEES][0] - sums[FEES][1] == fees
    assert sums[BANK][0] == sum(each["amount"] for each in state["payouts"]) == 20000
    with app.app_context():
        papers = db.session.scalars(sa.select(Document)).all()
        sign = {"invoice": 1, "credit_note": -1}
        vat = sum(sign[paper.kind] * paper.vat_ore for paper in papers)
        base = sum(sign[paper.kind] * paper.base_ore for paper in papers)
        assert sums[VAT][1] - sums[VAT][0] == vat
        assert sums[SALES][1] - sums[SALES][0] == base
        assert ledger_models.balance(now()) == net
        # Every paper is the voucher of its movement.
        assert {paper.number for paper in papers} <= {line.voucher for line in year}
        assert ledger.fetch()["new"] == 0, "fetching twice keeps each movement once"
        count = db.session.scalar(sa.select(sa.func.count()).select_from(StripeMovement))
    assert count == len(state["balance_transactions"])


def test_stripe_away_keeps_nothing(app, shop, browser):
    shop.buy(browser)
    shop.stripe.fail_next(3, drop=True)
    with app.app_context():
        with pytest.raises(StripeUnavailable):
            ledger.fetch()
        assert db.session.scalar(sa.select(sa.func.count()).select_from(StripeMovement)) == 0


def test_a_fetch_that_was_cut_off_loses_nothing(app, monkeypatch):
    """A year of movements, and the power goes after the first of three batches."""
    moved = [
        Movement(f"txn_{n}", "charge", 49900, 900, "dkk", now() - timedelta(hours=n), f"ch_{n}")
        for n in range(1200)
    ]

    def listed(since):
        return [each for each in moved if since is None or each.at >= since]

    kept = iter(range(600))

    def insert_until_cut_off(model, **values):
        if next(kept, None) is None:
            raise KeyboardInterrupt
        return insert_once(model, **values)

    monkeypatch.setattr(ledger.listing_gateway, "movements_since", listed)
    monkeypatch.setattr(ledger.listing_gateway, "payouts_since", lambda _since: [])
    with app.app_context():
        with monkeypatch.context() as power:
            power.setattr(ledger, "insert_once", insert_until_cut_off)
            with pytest.raises(KeyboardInterrupt):
                ledger.fetch()
        assert ledger.fetch()["new"] == 700
        count = db.session.scalar(sa.select(sa.func.count()).select_from(StripeMovement))
    assert count == 1200


def test_a_payout_that_differs_from_what_left_the_balance_is_told(app, shop, browser):
    shop.buy(browser)
    payout = shop.stripe.pay_out()
    shop.stripe.ledger.objects["payout"][payout["id"]]["amount"] += 1
    with app.app_context():
        assert ledger.fetch()["payouts that differ"] == 1
        [mail] = db.session.scalars(sa.select(Mail).where(Mail.kind == "reconcile-alert"))
        assert payout["id"] in mail.as_letter().text


def test_the_command_writes_the_file_and_says_the_sums(app, shop, year, tmp_path):
    file = tmp_path / "regnskab.csv"
    day = now().date()
    around = [str(day - timedelta(days=1)), str(day + timedelta(days=1)), str(file)]
    done = app.test_cli_runner().invoke(args=["orders", "export", *around])
    assert done.exit_code == 0, done.output
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfDato;Bilag;")
    assert raw.count(b"\r\n") == raw.count(b"\n") == len(year) + 1
    rows = list(csv.DictReader(StringIO(raw.decode("utf-8-sig")), delimiter=";"))
    debit, credit = (
        sum(int(row[side].replace(",", "") or 0) for row in rows) for side in ("Debet", "Kredit")
    )
    assert debit == credit == sum(line.debit_ore for line in year)
    assert f"{len(rows)} postings" in done.output
    assert {row["Konto"] for row in rows} >= {SALES, VAT, FEES, BALANCE, BANK}
    _a_movement_before_the_period_uses_its_voucher_up(app)


def _a_movement_before_the_period_uses_its_voucher_up(app):
    with app.app_context(), transaction():
        db.session.execute(
            sa.update(StripeMovement)
            .where(StripeMovement.kind == "charge")
            .values(at=now() - timedelta(days=40))
        )
    with app.app_context():
        lines = list(ledger_models.postings(now() - timedelta(days=1), now() + timedelta(days=1)))
    assert not [line for line in lines if line.voucher.startswith("F")]


@pytest.mark.parametrize("text", ["=1+1", "+45", "-1", "@x", "\tx"])
def test_nothing_in_the_file_is_run_as_a_formula(text):
    line = ledger_rules.Posting(date(2026, 1, 1), text, SALES, text, 100, 0, "", "txn")
    [_, row] = bookkeeping.lines([line])
    assert f";'{text};" in row


def test_a_period_is_danish_days():
    assert bookkeeping.period(date(2026, 3, 1), date(2026, 3, 31)) == (
        datetime(2026, 2, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 31, 22, tzinfo=UTC),
    )
