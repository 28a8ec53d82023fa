"""The HTTP API the real stripe library talks to, under /v1."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from typing import Any

import stripe
from flask import Blueprint, Response, jsonify, request
from stripe.params import (
    BalanceTransactionListParams,
    BalanceTransactionRetrieveParams,
    ChargeListParams,
    ChargeRetrieveParams,
    CouponListParams,
    CouponRetrieveParams,
    DisputeListParams,
    DisputeRetrieveParams,
    EventListParams,
    EventRetrieveParams,
    PaymentIntentListParams,
    PaymentIntentRetrieveParams,
    PaymentIntentUpdateParams,
    PayoutListParams,
    PayoutRetrieveParams,
    PromotionCodeListParams,
    PromotionCodeRetrieveParams,
    RefundCreateParams,
    RefundListParams,
    RefundRetrieveParams,
    RefundUpdateParams,
)
from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionLineItemListParams,
    SessionListParams,
    SessionRetrieveParams,
    SessionUpdateParams,
)

from sandbox.stripe import checkout, lists, refunds
from sandbox.stripe.errors import ApiError, not_done_here
from sandbox.stripe.form import nested
from sandbox.stripe.gate import (
    Answer,
    Dropped,
    Gate,
    check_key,
    check_version,
    described,
    request_id,
)
from sandbox.stripe.objects import Object
from sandbox.stripe.requests import checked_request
from sandbox.stripe.responses import ShapeError, check_list, check_response
from sandbox.stripe.state import API_VERSION, Ledger, current_request
from sandbox.stripe.types import expandable
from sandbox.stripe.webhooks import Courier

COLLECTIONS: dict[str, tuple[Any, Any, Any]] = {
    "checkout/sessions": (stripe.checkout.Session, SessionListParams, SessionRetrieveParams),
    "payment_intents": (stripe.PaymentIntent, PaymentIntentListParams, PaymentIntentRetrieveParams),
    "charges": (stripe.Charge, ChargeListParams, ChargeRetrieveParams),
    "refunds": (stripe.Refund, RefundListParams, RefundRetrieveParams),
    "disputes": (stripe.Dispute, DisputeListParams, DisputeRetrieveParams),
    "events": (stripe.Event, EventListParams, EventRetrieveParams),
    "balance_transactions": (
        stripe.BalanceTransaction,
        BalanceTransactionListParams,
        BalanceTransactionRetrieveParams,
    ),
    "payouts": (stripe.Payout, PayoutListParams, PayoutRetrieveParams),
    "coupons": (stripe.Coupon, CouponListParams, CouponRetrieveParams),
    "promotion_codes": (
        stripe.PromotionCode,
        PromotionCodeListParams,
        PromotionCodeRetrieveParams,
    ),
}
UPDATES: dict[str, Any] = {
    "checkout/sessions": SessionUpdateParams,
    "payment_intents": PaymentIntentUpdateParams,
    "refunds": RefundUpdateParams,
}


class Api:
    """Routes of the API over one ledger."""

    def __init__(self, ledger: Ledger, gate: Gate, courier: Courier) -> None:
        self.ledger = ledger
        self.gate = gate
        self.courier = courier

    def blueprint(self) -> Blueprint:
        """All of /v1."""
        api = Blueprint("stripe_api", __name__, url_prefix="/v1")
        api.add_url_rule("/<path:path>", view_func=self.answer, methods=["GET", "POST", "DELETE"])
        return api

    def answer(self, path: str) -> Response:
        """One API call, from header to header."""
        number = request_id()
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        token = current_request.set({"id": number, "idempotency_key": key})
        try:
            check_key(request.headers.get("Authorization", ""))
            check_version(request.headers.get("Stripe-Version"))
            params = nested(
                (request.form if request.method == "POST" else request.args).items(True)
            )
            work = self._work(path, params)
            call = described(request.method, path, params)
            answer = self.gate.through(key, call, work)
        except ApiError as error:
            answer = Answer(error.status, error.body())
        except Dropped:
            return _cut()
        finally:
            current_request.reset(token)
        response = jsonify(answer.body)
        response.status_code = answer.status
        response.headers["Request-Id"] = number
        response.headers["Stripe-Version"] = API_VERSION
        if key:
            response.headers["Idempotency-Key"] = key
        if answer.replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    def _work(self, path: str, params: Object) -> Callable[[], Answer]:
        def work() -> Answer:
            with self.ledger.lock:
                checkout.expire_due(self.ledger)
                try:
                    body, check = self._route(path, params)
                    check()
                except ShapeError as wrong:
                    raise ApiError(
                        f"The local Stripe made an answer Stripe would not: {wrong}",
                        status=500,
                        kind="api_error",
                    ) from wrong
                return Answer(200, body)

        return work

    def _route(self, path: str, params: Object) -> tuple[Object, Callable[[], None]]:
        parts = path.strip("/").split("/")
        size = 2 if parts[0] == "checkout" else 1
        name, rest = "/".join(parts[:size]), parts[size:]
        if name not in COLLECTIONS:
            raise _unknown(path)
        resource, list_params, get_params = COLLECTIONS[name]
        match request.method, rest:
            case "GET", []:
                return self._list(name, resource, checked_request(list_params, params))
            case "GET", [key]:
                given = checked_request(get_params, params)
                return self._one(resource, self.ledger.find(resource.OBJECT_NAME, key), given)
            case "POST", [] if name == "checkout/sessions":
                given = _expandable(resource, checked_request(SessionCreateParams, params))
                return self._one(resource, checkout.create(self.ledger, given), given)
            case "POST", [] if name == "refunds":
                given = _expandable(resource, checked_request(RefundCreateParams, params))
                return self._one(resource, self._refund(given), given)
            case "POST", [key] if name in UPDATES:
                given = checked_request(UPDATES[name], params)
                found = self.ledger.find(resource.OBJECT_NAME, key)
                return self._one(resource, _update(found, given), given)
            case "POST", [key, "expire"] if name == "checkout/sessions":
                given = checked_request(SessionExpireParams, params)
                session = self.ledger.find(resource.OBJECT_NAME, key)
                return self._one(resource, checkout.expire(self.ledger, session), given)
            case "GET", [key, "line_items"] if name == "checkout/sessions":
                return self._line_items(key, checked_request(SessionLineItemListParams, params))
        raise _unknown(path)

    def _one(
        self, resource: Any, found: Object, given: Object
    ) -> tuple[Object, Callable[[], None]]:
        body = self.ledger.shown(found, given.get("expand", []))
        return body, lambda: check_response(body, resource)

    def _line_items(self, key: str, given: Object) -> tuple[Object, Callable[[], None]]:
        self.ledger.find("checkout.session", key)
        url = f"/v1/checkout/sessions/{key}/line_items"
        page = lists.listing(self.ledger.line_items[key], url)
        body = self.ledger.shown(page, given.get("expand", []))
        return body, lambda: check_list(body, stripe.LineItem)

    def _list(self, name: str, resource: Any, given: Object) -> tuple[Object, Callable[[], None]]:
        kind = resource.OBJECT_NAME
        if name == "refunds" and "payment_intent" in given:
            self.ledger.find("payment_intent", given["payment_intent"], "payment_intent")
        chosen = lists.chosen(self.ledger.of(kind), kind, given, self.delivered)
        page = lists.page(chosen, self.ledger.of(kind), f"/v1/{name}", given)
        body = self.ledger.shown(page, given.get("expand", []))
        return body, lambda: check_list(body, resource)

    def delivered(self, event_id: str) -> bool:
        """Whether all endpoints took the event; with no endpoint there is none to fail."""
        return self.courier.url is None or self.courier.succeeded(event_id)

    def _refund(self, given: Object) -> Object:
        for name in given:
            if name not in {"amount", "charge", "expand", "metadata", "payment_intent", "reason"}:
                raise not_done_here(name)
        return refunds.refund(self.ledger, given, self.ledger.refund_outcome)


def _expandable(resource: Any, given: Object) -> Object:
    """Refuse a wrong `expand` before anything is made."""
    for path in given.get("expand", []):
        if not expandable(resource, path.split(".")[0]):
            raise ApiError(f"This property cannot be expanded ({path}).", param="expand")
    return given


def _update(found: Object, given: Object) -> Object:
    """Merge metadata; an empty value removes its key, an empty `metadata` all of them."""
    for name in given:
        if name not in {"metadata", "expand"}:
            raise not_done_here(name)
    if "metadata" in given:
        merged = {**found["metadata"], **given["metadata"]} if given["metadata"] else {}
        found["metadata"] = {key: value for key, value in merged.items() if value != ""}
    return found


def _unknown(path: str) -> ApiError:
    return ApiError(
        f"Unrecognized request URL ({request.method}: /v1/{path}). The local Stripe does "
        "checkout sessions, payment intents, charges, refunds, disputes, events, balance "
        "transactions, payouts, coupons and promotion codes.",
        status=404,
    )


def _cut() -> Response:
    """Close the socket under the response, so that the caller sees a broken connection."""
    line: socket.socket | None = request.environ.get("werkzeug.socket")
    if line is not None:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
