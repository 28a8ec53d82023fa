"""The only import of stripe: everything said to Stripe and heard from it.

Objects of the library are no dicts; what leaves this file are values of our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import stripe
from flask import Flask, current_app

from shop.orders.rules import (
    EVENTS,
    Dispute,
    Event,
    Facts,
    PayRequest,
    Refund,
    read_reference,
)
from shop.settings import Settings
from shop.web import log

API_VERSION = "2026-10-28.endive"
PRODUCT_NAME = "E-forløb"  # says nothing about anybody's health
METHODS = ["card", "mobilepay"]
UNKNOWN = "resource_missing"  # Stripe's code for what it does not know, at least by this key


class StripeUnavailable(Exception):
    """Stripe did not answer as it should. `refused`: the very same request never will be.

    `code` is Stripe's word for why, `is_theirs` that something of Stripe's own went wrong.
    """

    def __init__(
        self, reason: str, refused: bool = False, code: str = "", is_theirs: bool = False
    ) -> None:
        super().__init__(reason)
        self.refused, self.code, self.is_theirs = refused, code, is_theirs


class SessionUnknown(StripeUnavailable):
    """Stripe has no such session, at least not for this key."""


class BadEvent(Exception):
    """Not a well-formed event signed by Stripe for us within the last five minutes."""


def init_gateway(app: Flask, settings: Settings) -> None:
    """Two clients with the same key: one that waits and retries, one for while a visitor waits."""
    stripe.enable_telemetry = False  # it writes to the home directory
    app.extensions["stripe"] = {
        patient: stripe.StripeClient(
            settings.stripe_secret_key,
            base_addresses={"api": settings.stripe_api_base},
            stripe_version=API_VERSION,
            max_network_retries=2 if patient else 0,
            http_client=stripe.RequestsClient(timeout=(3, 10) if patient else (2, 3)),
        )
        for patient in (True, False)
    }


def client(patient: bool = True) -> stripe.StripeClient:
    """The way to Stripe; not patient while somebody waits for a page."""
    found: stripe.StripeClient = current_app.extensions["stripe"][patient]
    return found


def create_session(request: PayRequest, success: str, cancel: str) -> tuple[str, str]:
    """Creates the hosted pay page and returns its session id and address.

    The same arguments give the same session (idempotency key). Raises StripeUnavailable.
    """
    price = {
        "currency": "dkk",
        "unit_amount": request.amount_ore,
        "tax_behavior": "inclusive",
        "product_data": {"name": PRODUCT_NAME},
    }
    reference = request.reference
    params: Any = {
        "mode": "payment",
        "locale": "da",
        "line_items": [{"quantity": 1, "price_data": price}],
        "allowed_payment_method_types": METHODS,
        "allow_promotion_codes": True,
        "adaptive_pricing": {"enabled": False},
        "automatic_tax": {"enabled": False},
        "customer_email": request.email,
        "client_reference_id": reference,
        "metadata": {"reference": reference},
        "payment_intent_data": {"metadata": {"reference": reference}},
        "expires_at": int(request.expires_at.timestamp()),
        "success_url": success,
        "cancel_url": cancel,
    }
    try:
        session = client().v1.checkout.sessions.create(
            params, {"idempotency_key": f"cs:{reference}"}
        )
    except stripe.StripeError as error:
        raise unavailable(error) from error
    if "mobilepay" not in session.payment_method_types:
        log.warning("mobilepay is not offered", reference=reference)
    if not session.url:
        raise StripeUnavailable("session has no address", refused=True)
    return session.id, session.url


def fetch(session_id: str, patient: bool = True) -> Facts:
    """All facts about one session, from the API. Raises StripeUnavailable."""
    stripe_api = client(patient).v1
    try:
        session = stripe_api.checkout.sessions.retrieve(
            session_id, {"expand": ["payment_intent.latest_charge"]}
        )
        intent: Any = session.payment_intent
        charged = intent is not None and intent.latest_charge is not None
        of_intent: Any = {"payment_intent": intent.id, "limit": 100} if charged else None
        refunds = stripe_api.refunds.list(of_intent).data if charged else []
        disputes = stripe_api.disputes.list(of_intent).data if charged else []
    except stripe.StripeError as error:
        raise unavailable(error) from error
    return Facts(
        session_id=session.id,
        session_status=session.status or "",
        payment_status=session.payment_status,
        amount_subtotal=session.amount_subtotal or 0,
        currency=session.currency or "",
        livemode=session.livemode,
        reference=session.client_reference_id or "",
        intent_id=intent and intent.id,
        intent_status=intent and intent.status,
        received_ore=intent.amount_received if intent else 0,
        refunds=tuple(read_refund(each) for each in refunds),
        disputes=tuple(
            Dispute(each.id, each.amount, each.status, each.reason or "") for each in disputes
        ),
        total_ore=session.amount_total or 0,
        discount_ore=session.total_details.amount_discount if session.total_details else 0,
    )


def read_refund(refund: stripe.Refund) -> Refund:
    """A refund of Stripe's as a value of ours."""
    key = refund.metadata.to_dict().get("key", "") if refund.metadata else ""
    return Refund(refund.id, refund.amount, refund.status or "", key)


def expire(session_id: str) -> None:
    """Closes a pay page. Raises StripeUnavailable, also when it is not open any more."""
    try:
        client().v1.checkout.sessions.expire(session_id)
    except stripe.StripeError as error:
        raise unavailable(error) from error


def reference_of(intent_id: str, patient: bool = True) -> str | None:
    """The reference we gave a payment, for events that name nothing else of ours."""
    try:
        intent = client(patient).v1.payment_intents.retrieve(intent_id)
    except stripe.InvalidRequestError:
        return None
    except stripe.StripeError as error:
        raise unavailable(error) from error
    return intent.metadata.to_dict().get("reference")


def events_since(moment: datetime) -> Iterator[Event]:
    """Every event Stripe has made since then, in case its call to us got lost."""
    try:
        params: Any = {
            "created": {"gte": int(moment.timestamp())},
            "types": sorted(EVENTS),
            "limit": 100,
        }
        for event in client().v1.events.list(params).auto_paging_iter():
            yield _event(event.to_dict())
    except stripe.StripeError as error:
        raise unavailable(error) from error


def verify(payload: bytes, signature: str, secret: str) -> Event:
    """The event in a signed request (https://docs.stripe.com/webhooks). Raises BadEvent.

    The library lets TypeErrors and the like through for odd headers and bodies.
    """
    try:
        event = stripe.Webhook.construct_event(payload, signature, secret)
        return _event(event.to_dict())
    except (
        stripe.SignatureVerificationError,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
    ) as error:
        raise BadEvent(type(error).__name__) from error


def _event(event: dict[str, Any]) -> Event:
    subject = event["data"]["object"]
    is_intent = subject.get("object") == "payment_intent"
    intent = subject["id"] if is_intent else subject.get("payment_intent")
    found = Event(
        id=event["id"],
        type=event["type"],
        object_id=subject["id"],
        intent_id=intent if isinstance(intent, str) else None,
        reference=_reference(subject),
        livemode=bool(event["livemode"]),
        created_at=datetime.fromtimestamp(event["created"], UTC),
    )
    if not all(isinstance(text, str) and text for text in (found.id, found.type, found.object_id)):
        raise TypeError("an event needs id, type and object id")
    return found


def _reference(subject: dict[str, Any]) -> str | None:
    text = (subject.get("metadata") or {}).get("reference")
    return text if read_reference(text) else None


def unavailable(error: stripe.StripeError) -> StripeUnavailable:
    """What the library's error means to us."""
    # A 5xx is remembered under its idempotency key and comes back for ever: ask anew instead.
    status = error.http_status
    refused = status is not None and status not in {409, 429}
    log.warning("stripe", error=type(error).__name__, status=status, code=error.code)
    kind = SessionUnknown if error.code == UNKNOWN else StripeUnavailable
    is_theirs = status is not None and status >= 500
    return kind(type(error).__name__, refused, error.code or "", is_theirs)
