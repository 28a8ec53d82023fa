"""What comes in at the webhook: only what Stripe signed, once, and nothing is lost on the way."""

from __future__ import annotations

import hmac
import json
import time

import pytest
import sqlalchemy as sa

from shop.db import db, transaction
from shop.orders import inbox_actions, sync
from shop.orders.models import Attempt, StripeEvent
from tests.conftest import FIRST_LESSON, SECRET


def events(app):
    with app.app_context():
        return {event.id: event.status for event in db.session.scalars(sa.select(StripeEvent))}


def post(app, payload, signature=None):
    headers = {} if signature is None else {"Stripe-Signature": signature}
    return app.test_client().post("/stripe/webhook", data=payload, headers=headers)


SIGNED_JUNK = [
    b"",
    b"not json",
    b"[]",
    b"null",
    b"{}",
    b'"text"',
    b'{"id": "evt_1"}',
    b'{"id": "evt_1", "type": "x", "data": {"object": {}}}',
    b'{"id": 1, "type": "x", "livemode": false, "created": 1, "data": {"object": {"id": "a"}}}',
    b'{"id": "evt_1", "object": "v2.core.event", "type": "x"}',
    b'{"id": "e", "type": "x", "livemode": false, "created": "soon", '
    b'"data": {"object": {"id": "a"}}}',
    b"\xff\xfe\x00",
    json.dumps({"id": "evt_1", "data": {"object": []}}).encode(),
]


@pytest.mark.parametrize("payload", SIGNED_JUNK)
def test_signed_junk_is_refused(app, stripe, payload):
    stamp = int(time.time())
    mac = hmac.new(SECRET.encode(), f"{stamp}.".encode() + payload, "sha256").hexdigest()
    assert post(app, payload, f"t={stamp},v1={mac}").status_code == 400
    assert events(app) == {}


@pytest.mark.parametrize(
    "signature",
    [None, "", "t=1,v1=abc", "nonsense", "t=x,v1=é", "\xe9", "v1=" + "a" * 64, "t=,v1=,,,"],
)
def test_what_stripe_did_not_sign_is_refused(app, shop, browser, signature):
    shop.stripe.pay(shop.order(browser), "card")
    payload = json.dumps(shop.stripe.events()[0]).encode()
    assert post(app, payload, signature).status_code == 400
    assert events(app) == {}


def test_a_signature_by_another_secret_or_for_another_body_is_refused(app, stripe):
    from stripe import WebhookSignature

    payload = b'{"id": "evt_1"}'
    by_another = WebhookSignature.generate_signature_header(payload.decode(), SECRET + "x")
    assert post(app, payload, by_another).status_code == 400
    assert post(app, payload + b" ", stripe.sign(payload)).status_code == 400


def test_a_replay_after_five_minutes_is_refused(app, shop, browser):
    from stripe import WebhookSignature

    shop.stripe.pay(shop.order(browser), "card")
    payload = json.dumps(shop.stripe.events()[0])
    old = int(time.time()) - 301
    header = WebhookSignature.generate_signature_header(payload, SECRET, timestamp=old)
    assert post(app, payload, header).status_code == 400
    assert events(app) == {}


def test_an_oversized_body_is_refused(app, stripe):
    payload = b'{"id": "' + b"a" * 300_000 + b'"}'
    assert post(app, payload, stripe.sign(payload)).status_code == 413


def test_a_get_is_refused(app):
    assert app.test_client().get("/stripe/webhook").status_code == 405


def test_events_of_no_concern_are_remembered_and_ignored(app, shop, browser):
    shop.stripe.pay(shop.order(browser), "card")
    event = shop.stripe.events()[0]
    live = {**event, "id": "evt_live", "livemode": True}
    other = {**event, "id": "evt_other", "type": "customer.created"}
    unknown = json.loads(json.dumps(event).replace(event["data"]["object"]["id"], "cs_test_theirs"))
    unknown |= {"id": "evt_theirs", "type": "checkout.session.completed"}
    unknown["data"]["object"]["metadata"] = {}
    for event in (live, other, unknown):
        assert shop.deliver(event) == 200
    assert set(events(app).values()) == {"ignored"}


def test_an_event_while_stripe_is_away_waits_and_is_followed_later(app, shop, browser):
    session = shop.order(browser)
    shop.stripe.pay(session, "card")
    completed = shop.stripe.events("checkout.session.completed")[0]
    shop.stripe.fail_next(1, drop=True)
    assert shop.deliver(completed) == 200
    assert events(app) == {completed["id"]: "pending"}
    with app.app_context():
        sync.reconcile()
    assert set(events(app).values()) <= {"done"}
    browser.get(f"/koeb/tak?session_id={session}")
    assert browser.get(FIRST_LESSON).status == 200


def test_what_was_followed_stays_so_whoever_comes_after(app, shop, browser):
    """Of two who follow the same event one may fail when the other is done."""
    shop.stripe.pay(shop.order(browser), "card")
    shop.deliver_all()
    before = events(app)
    done = [event_id for event_id, status in before.items() if status == "done"]
    with app.app_context(), transaction():
        for event_id in done:
            inbox_actions.mark_event(event_id, "pending", "Contended")
    assert done
    assert events(app) == before


def test_an_event_before_we_know_the_session_finds_its_order(app, shop, browser):
    """Stripe made the session, its answer was lost on the way, and the news arrive."""
    session = shop.order(browser)
    with app.app_context(), transaction():
        db.session.execute(sa.update(Attempt).values(session_id=None, url=None))
    shop.stripe.pay(session, "card")
    events_of_session_last = sorted(shop.stripe.events(), key=lambda e: "session" in e["type"])
    for event in events_of_session_last:
        assert shop.deliver(event) == 200
    browser.get(f"/koeb/tak?session_id={session}")
    assert browser.get(FIRST_LESSON).status == 200


def test_reconciling_finds_a_payment_nobody_told_us_of(app, shop, browser, send_mail):
    session = shop.order(browser)
    shop.stripe.pay(session, "card")
    with app.app_context():
        counts = sync.reconcile()
    assert counts["events seen"] == 1
    assert len(send_mail()) == 1
    browser.get(f"/koeb/tak?session_id={session}")
    assert browser.get(FIRST_LESSON).status == 200


def test_reconciling_twice_changes_nothing(app, shop, browser, send_mail):
    shop.buy(browser)
    with app.app_context():
        sync.reconcile()
        sync.reconcile()
    assert len(send_mail()) == 1
    assert set(events(app).values()) == {"done"}


def test_reconciling_hears_of_a_refund_made_at_stripe(app, shop, browser):
    session = shop.buy(browser)
    with app.app_context():
        sync.reconcile()
    shop.stripe.refund(shop.intent(session))
    with app.app_context():
        sync.reconcile()
    assert browser.get(FIRST_LESSON).status == 403


def test_reconciling_says_when_stripe_is_away(app, shop):
    shop.stripe.fail_next(3, drop=True)
    with app.app_context(), pytest.raises(sync.StripeUnavailable):
        sync.reconcile()


def test_the_command_prints_what_it_did(app, shop, browser):
    shop.stripe.pay(shop.order(browser), "card")
    result = app.test_cli_runner().invoke(args=["orders", "reconcile"])
    assert result.exit_code == 0, result.output
    assert "attempts: 0" in result.output or "attempts: 1" in result.output
    assert "events seen:" in result.output
