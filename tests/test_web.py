"""What the kit of the web decides by itself."""

from __future__ import annotations

import pytest

from shop.web import network


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("not an address", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_household_counts_as_one_client(address, client):
    assert network(address) == client


def test_every_post_is_refused_without_a_token(app, browser):
    """Whoever the form belongs to. Stripe's webhook carries a signature instead, what stops mails
    the token of one, and whoever writes to the clinician or withdraws is shown the form again."""
    adapter = app.url_map.bind("localhost")
    refused = {}
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods:
            path = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), method="POST")
            refused[rule.endpoint] = browser.post(path).status
    assert refused.pop("orders.webhook") == 400, "no signature"
    assert refused.pop("enquiries.send") == 422
    assert refused.pop("withdrawals.look_over") == refused.pop("withdrawals.confirm") == 422
    assert refused.pop("enquiries.check") == 404, "no field of that name"
    assert refused.pop("rhythm.answer") == 404, "no mail with that token"
    assert len(refused) > 5
    assert set(refused.values()) == {400}
