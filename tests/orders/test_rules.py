"""From Stripe's facts to a state: every row of the table, and what holds for all facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.orders import rules
from shop.orders.rules import Dispute, Expected, Facts, Refund


def refunds(*given):
    return tuple(Refund(f"re_{n}", amount, status) for n, (amount, status) in enumerate(given))


def disputes(*statuses):
    return tuple(Dispute(f"du_{n}", 49900, status) for n, status in enumerate(statuses))


EXPECTED = Expected(49900, "dkk", False, "ABCD2345-1")
OPEN = Facts("cs_1", "open", "unpaid", 49900, "dkk", False, "ABCD2345-1")
PAID = replace(
    OPEN,
    session_status="complete",
    payment_status="paid",
    intent_id="pi_1",
    intent_status="succeeded",
    received_ore=49900,
)
UNPAID = replace(OPEN, session_status="complete", intent_id="pi_1", intent_status="processing")


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (OPEN, "awaiting"),
        (PAID, "paid"),
        (replace(PAID, payment_status="unpaid"), "paid"),
        (replace(PAID, session_status="expired", payment_status="unpaid"), "paid"),
        (UNPAID, "processing"),
        (replace(UNPAID, intent_status="requires_payment_method"), "failed"),
        (replace(OPEN, session_status="expired"), "expired"),
        (replace(OPEN, payment_status="no_payment_required"), "awaiting"),
        (
            replace(OPEN, session_status="complete", payment_status="no_payment_required"),
            "paid",
        ),
        (replace(PAID, total_ore=39900, discount_ore=10000, received_ore=39900), "paid"),
        (replace(PAID, amount_subtotal=100), "review"),
        (replace(PAID, currency="sek"), "review"),
        (replace(PAID, livemode=True), "review"),
        (replace(PAID, reference="WXYZ9876-1"), "review"),
        (replace(PAID, refunds=refunds((10000, "succeeded"))), "partly_refunded"),
        (replace(PAID, refunds=refunds((10000, "succeeded"), (39900, "pending"))), "refunded"),
        (replace(PAID, refunds=refunds((49900, "failed"))), "paid"),
        (replace(PAID, refunds=refunds((49900, "canceled"))), "paid"),
        (replace(PAID, disputes=disputes("needs_response")), "disputed"),
        (replace(PAID, disputes=disputes("under_review")), "disputed"),
        (replace(PAID, disputes=disputes("appeal_under_review")), "disputed"),
        (replace(PAID, disputes=disputes("won")), "paid"),
        (replace(PAID, disputes=disputes("prevented")), "paid"),
        (replace(PAID, disputes=disputes("warning_needs_response")), "paid"),
        (replace(PAID, disputes=disputes("warning_closed")), "paid"),
        (replace(PAID, disputes=disputes("lost")), "charged_back"),
        (replace(PAID, disputes=disputes("won", "lost")), "charged_back"),
        (
            replace(PAID, disputes=disputes("won"), refunds=refunds((49900, "succeeded"))),
            "refunded",
        ),
        (
            replace(PAID, disputes=disputes("lost"), refunds=refunds((49900, "succeeded"))),
            "charged_back",
        ),
    ],
)
def test_facts_give_a_state(facts, state):
    assert rules.payment_state(facts, EXPECTED) == state


ANY_FACTS = st.builds(
    Facts,
    session_id=st.just("cs_1"),
    session_status=st.sampled_from(["open", "complete", "expired"]),
    payment_status=st.sampled_from(["paid", "unpaid", "no_payment_required"]),
    amount_subtotal=st.sampled_from([49900, 100]),
    currency=st.sampled_from(["dkk", "sek"]),
    livemode=st.booleans(),
    reference=st.sampled_from([EXPECTED.reference, "other"]),
    intent_id=st.sampled_from([None, "pi_1"]),
    intent_status=st.sampled_from([None, "succeeded", "processing", "canceled"]),
    received_ore=st.sampled_from([0, 49900]),
    refunds=st.lists(
        st.tuples(
            st.integers(1, 49900),
            st.sampled_from(["succeeded", "pending", "requires_action", "failed", "canceled"]),
        ),
        max_size=3,
    ).map(lambda given: refunds(*given)),
    disputes=st.lists(
        st.sampled_from(["needs_response", "under_review", "won", "lost", "warning_closed"]),
        max_size=2,
    ).map(lambda given: disputes(*given)),
)


@given(ANY_FACTS)
def test_every_set_of_facts_has_a_known_state(facts):
    assert rules.payment_state(facts, EXPECTED) in rules.ORDER_OF_STATES


@given(ANY_FACTS)
def test_nobody_gets_in_without_money_or_with_an_open_dispute(facts):
    if rules.payment_state(facts, EXPECTED) in rules.ACCESS:
        paid = facts.payment_status == "paid" or facts.intent_status == "succeeded"
        free = facts.payment_status == "no_payment_required"
        assert paid or free or facts.refunded_ore
        assert facts.amount_subtotal == EXPECTED.amount_ore
        assert not {"lost", "needs_response", "under_review"} & facts.dispute_states


@given(st.lists(st.sampled_from(rules.ORDER_OF_STATES), min_size=1))
def test_any_attempt_that_gives_access_gives_the_order_access(states):
    has_access = any(state in rules.ACCESS for state in states)
    assert (rules.order_state(states) in rules.ACCESS) == has_access


@given(st.permutations(rules.ORDER_OF_STATES))
def test_the_order_of_the_attempts_does_not_matter(states):
    assert rules.order_state(states[:3]) == rules.order_state(reversed(states[:3]))


def test_alerts_name_what_the_clinician_must_look_at():
    assert rules.alerts(["paid", "paid"]) == {"paid_twice"}
    assert rules.alerts(["paid", "expired"]) == frozenset()
    assert rules.alerts(["disputed"]) == frozenset(), "each dispute has an alert of its own"
    assert rules.alerts(["review"]) == {"review"}


def test_an_attempt_is_sent_again_only_while_stripe_would_take_its_expiry():
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert rules.is_reusable(None, now + timedelta(minutes=32), now)
    assert not rules.is_reusable(None, now + timedelta(minutes=30), now)
    assert rules.is_reusable("cs_1", now + timedelta(minutes=6), now)
    assert not rules.is_reusable("cs_1", now + timedelta(minutes=4), now)
