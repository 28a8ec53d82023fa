"""Everything the local Stripe remembers: objects by kind, and the events they caused."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import stripe
from stripe._object_classes import get_object_class

from sandbox.stripe.errors import ApiError, missing
from sandbox.stripe.lists import listing
from sandbox.stripe.objects import Object, fresh
from sandbox.stripe.responses import check_response
from sandbox.stripe.types import expandable

API_VERSION = "2026-10-28.endive"
KINDS = (
    "checkout.session",
    "payment_intent",
    "charge",
    "refund",
    "dispute",
    "event",
    "balance_transaction",
    "payout",
    "coupon",
    "promotion_code",
    "payment_method",
)

# Id and idempotency key of the API request that is being answered, for the events it causes.
current_request: ContextVar[Object | None] = ContextVar("current_request", default=None)


class Ledger:
    """The objects, guarded by one lock; whoever reads or writes holds `lock`."""

    def __init__(self, announce: Callable[[Object], None]) -> None:
        self.lock = threading.RLock()
        self.announce = announce
        self.base_url = ""
        self.clear()

    def clear(self) -> None:
        """Forget all objects and settings."""
        self.objects: dict[str, dict[str, Object]] = {kind: {} for kind in KINDS}
        self.line_items: dict[str, list[Object]] = {}
        self.intent_data: dict[str, Object] = {}
        self.account_methods = ["card", "mobilepay"]
        self.refund_outcome = "succeeded"

    def add(self, resource: Any, **known: Any) -> Object:
        """Make and keep a new object."""
        made = fresh(resource, **known)
        self.objects[made["object"]][made["id"]] = made
        return made

    def keep(self, made: Object) -> Object:
        """Keep an object built elsewhere."""
        self.objects[made["object"]][made["id"]] = made
        return made

    def find(self, kind: str, key: str, param: str = "id", status: int = 404) -> Object:
        """The object itself (not a copy); ApiError resource_missing when there is none."""
        try:
            return self.objects[kind][key]
        except KeyError:
            raise missing(kind, key, param=param, status=status) from None

    def of(self, kind: str, **fields: Any) -> list[Object]:
        """Objects of a kind whose fields have these values, oldest first."""
        return [
            made
            for made in self.objects[kind].values()
            if all(made.get(name) == value for name, value in fields.items())
        ]

    def emit(self, type_: str, subject: Object, previous: Object | None = None) -> Object:
        """Record an event with a snapshot of its subject, and announce it for delivery.

        Raises ShapeError when the subject is not what Stripe would send."""
        check_response(subject, get_object_class("V1", subject["object"]))
        data: Object = {"object": copy.deepcopy(subject)}
        if previous is not None:
            data["previous_attributes"] = copy.deepcopy(previous)
        event = self.add(
            stripe.Event,
            api_version=API_VERSION,
            data=data,
            pending_webhooks=1,
            request=current_request.get() or {"id": None, "idempotency_key": None},
            type=type_,
        )
        self.announce(event)
        return event

    def mark_delivered(self, event_id: str) -> None:
        """The endpoint took an event: none is pending any more."""
        with self.lock:
            if event_id in self.objects["event"]:
                self.objects["event"][event_id]["pending_webhooks"] = 0

    def change(self, subject: Object, **fields: Any) -> Object:
        """Set fields; returns what they were, for an event's `previous_attributes`."""
        before = {name: subject.get(name) for name in fields if subject.get(name) != fields[name]}
        subject.update(fields)
        return before

    def shown(self, subject: Object, expand: list[str]) -> Object:
        """A copy with the asked-for fields written out; ApiError for one that cannot be."""
        result = copy.deepcopy(subject)
        for path in expand:
            parts = path.split(".")
            if len(parts) > 4 + (parts[0] == "data"):
                raise ApiError("You cannot expand more than 4 levels of a property.", param=path)
            self._expand(result, parts, path)
        return result

    def _expand(self, node: Object, parts: list[str], path: str) -> None:
        field, rest = parts[0], parts[1:]
        if node["object"] == "list" and field == "data":
            for item in node["data"] if rest else ():
                self._expand(item, rest, path)
            return
        if not expandable(get_object_class("V1", node["object"]), field):
            raise ApiError(f"This property cannot be expanded ({path}).", param="expand")
        if node.get(field) is None:
            node[field] = self._included(node, field)
        elif isinstance(node[field], str):
            node[field] = self._written_out(node[field])
        if rest and isinstance(node[field], dict):
            self._expand(node[field], rest, path)

    def _included(self, node: Object, field: str) -> Object | None:
        """Lists that Stripe sends only when asked."""
        if (node["object"], field) == ("checkout.session", "line_items"):
            url = f"/v1/checkout/sessions/{node['id']}/line_items"
            return listing(copy.deepcopy(self.line_items[node["id"]]), url)
        if (node["object"], field) == ("charge", "refunds"):
            refunds = list(reversed(self.of("refund", charge=node["id"])))
            return listing(copy.deepcopy(refunds), f"/v1/charges/{node['id']}/refunds")
        return None

    def _written_out(self, key: str) -> Any:
        for kept in self.objects.values():
            if key in kept:
                return copy.deepcopy(kept[key])
        return key
