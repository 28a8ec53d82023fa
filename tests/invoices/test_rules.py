"""Which documents are due: by example, and whatever happens in whatever order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.invoices import rules
from shop.invoices.rules import Due, Issued, Sale

ORE = st.integers(0, 100_000)
TREATMENT = st.sampled_from(sorted(rules.RATES))


def sale(received: int = 0, refunded: int = 0, lost: int = 0) -> Sale:
    words = ("dkk", received, 0, received, refunded, lost)
    return Sale(1, "ABCD2345", 1, 1, "Kirsten", "kirsten@example.dk", "E-forløb", *words)


def after(issued: list[Issued], due: list[Due]) -> list[Issued]:
    """The documents once those that are due are issued."""
    added = [
        Issued(
            len(issued) + place, each.kind, each.amount_ore, each.vat_ore, each.treatment, each.of
        )
        for place, each in enumerate(due, start=1)
    ]
    return [*issued, *added]


def history(nets: list[int], treatment: str = "standard") -> list[Issued]:
    issued: list[Issued] = []
    for net in nets:
        issued = after(issued, rules.due(net, issued, treatment))
    return issued


def said(issued: list[Issued]) -> list[tuple[str, int, int | None]]:
    return [(each.kind, each.amount_ore, each.of) for each in issued]


@pytest.mark.parametrize(
    ("nets", "documents"),
    [
        ([0], []),
        ([49900], [("invoice", 49900, None)]),
        ([49900, 49900], [("invoice", 49900, None)]),
        ([49900, 0], [("invoice", 49900, None), ("credit_note", 49900, 1)]),
        (
            [49900, 39900, 0],
            [("invoice", 49900, None), ("credit_note", 10000, 1), ("credit_note", 39900, 1)],
        ),
        (  # a refund that failed afterwards, and one that did not
            [49900, 0, 49900, 0],
            [
                ("invoice", 49900, None),
                ("credit_note", 49900, 1),
                ("invoice", 49900, None),
                ("credit_note", 49900, 3),
            ],
        ),
        (  # what is left of the first invoice, then the second
            [49900, 39900, 49900, 0],
            [
                ("invoice", 49900, None),
                ("credit_note", 10000, 1),
                ("invoice", 10000, None),
                ("credit_note", 39900, 1),
                ("credit_note", 10000, 3),
            ],
        ),
    ],
)
def test_a_history_and_its_documents(nets, documents):
    assert said(history(nets)) == documents


def test_money_that_comes_back_again_keeps_the_vat_of_the_day_it_was_sold():
    before = history([49900, 0], "unregistered")
    assert rules.due(49900, before, "standard") == [Due("invoice", 49900, 0, "unregistered")]
    assert rules.due(49900, [], "standard") == [Due("invoice", 49900, 9980, "standard")]


def test_parts_of_which_each_is_rounded_up_add_up_to_the_vat_of_the_invoice():
    parts = [each.vat_ore for each in history([49900, 33267, 16634, 0])[1:]]
    assert (rules.vat_in(16633, "standard"), rules.vat_in(16634, "standard")) == (3327, 3327)
    assert (parts, sum(parts)) == ([3327, 3326, 3327], 9980)


@given(st.lists(ORE, max_size=12), st.lists(TREATMENT, min_size=12, max_size=12))
def test_documents_always_add_up_to_what_is_had(nets, treatments):
    """The treatment may change on the way: what was issued keeps its own."""
    issued: list[Issued] = []
    for net, treatment in zip(nets, treatments, strict=False):
        issued = after(issued, rules.due(net, issued, treatment))
        assert rules.balance(issued) == net
        assert rules.due(net, issued, treatment) == [], "and then nothing is due"
    for document in issued:
        assert document.amount_ore > 0
        exact = document.amount_ore * rules.RATES[document.treatment]
        exact /= 100 + rules.RATES[document.treatment]
        assert abs(document.vat_ore - exact) <= 1, "within an øre of its own share"
    for invoice in (each for each in issued if each.kind == "invoice"):
        credits = [each for each in issued if each.of == invoice.id]
        back = sum(each.amount_ore for each in credits)
        assert back <= invoice.amount_ore
        assert {each.treatment for each in credits} <= {invoice.treatment}
        if back == invoice.amount_ore:
            assert sum(each.vat_ore for each in credits) == invoice.vat_ore


@given(ORE, ORE, ORE)
def test_whoever_takes_money_back_no_more_is_credited_than_was_sold(received, refunded, lost):
    net = sale(received, refunded, lost).net_ore
    assert 0 <= net <= received
    assert net == 0 or net == received - refunded - lost


@pytest.mark.parametrize(
    ("amount", "treatment", "vat"),
    [
        (49900, "standard", 9980),
        (1, "standard", 0),
        (3, "standard", 1),
        (49901, "standard", 9980),
        (49903, "standard", 9981),
        (49900, "exempt", 0),
        (49900, "unregistered", 0),
    ],
)
def test_vat_is_a_fifth_of_the_price_it_is_in(amount, treatment, vat):
    assert rules.vat_in(amount, treatment) == vat


def test_numbers_tell_kind_and_year():
    assert rules.number("invoice", 2026, 1) == "F2026-0001"
    assert rules.number("credit_note", 2027, 12345) == "K2027-12345"
