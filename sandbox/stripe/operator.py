"""What an operator at Stripe's Dashboard, a bank, or the passing of time would do."""

from __future__ import annotations

import copy

from sandbox.stripe import checkout, disputes, payment, refunds
from sandbox.stripe.objects import Object
from sandbox.stripe.state import Ledger


class Operator:
    """Acts on the ledger; every answer is a copy. Raises ApiError for what cannot be."""

    ledger: Ledger

    def settle(self, session: str, outcome: str = "succeeded") -> Object:
        """The late answer to a delayed payment, "succeeded" or "failed"; returns the event."""
        with self.ledger.lock:
            found = self.ledger.find("checkout.session", session)
            return copy.deepcopy(payment.settle(self.ledger, found, outcome))

    def expire(self, session: str) -> Object:
        """Expire an open session as time would."""
        with self.ledger.lock:
            found = self.ledger.find("checkout.session", session)
            return copy.deepcopy(checkout.expire(self.ledger, found))

    def refund(
        self, payment_intent: str, amount: int | None = None, outcome: str = "succeeded"
    ) -> Object:
        """Refund all that is left or `amount` øre; outcome "succeeded", "pending" or "failed"."""
        given: Object = {"payment_intent": payment_intent}
        if amount is not None:
            given["amount"] = amount
        with self.ledger.lock:
            return copy.deepcopy(refunds.refund(self.ledger, given, outcome))

    def settle_refund(self, refund: str) -> Object:
        """A pending refund succeeds."""
        with self.ledger.lock:
            found = self.ledger.find("refund", refund)
            return copy.deepcopy(refunds.settle_refund(self.ledger, found))

    def fail_refund(self, refund: str) -> Object:
        """A pending or succeeded refund bounces."""
        with self.ledger.lock:
            found = self.ledger.find("refund", refund)
            return copy.deepcopy(refunds.fail_refund(self.ledger, found))

    def refund_outcome(self, outcome: str = "succeeded") -> None:
        """What becomes of refunds made through the API from now on."""
        self.ledger.refund_outcome = outcome

    def open_dispute(
        self, payment_intent: str, status: str = "needs_response", reason: str = "fraudulent"
    ) -> Object:
        """The buyer's bank objects; "warning_needs_response" is an inquiry only."""
        with self.ledger.lock:
            charge = refunds.charge_of(self.ledger, {"payment_intent": payment_intent})
            return copy.deepcopy(disputes.open_dispute(self.ledger, charge, status, reason))

    def update_dispute(self, dispute: str, status: str = "under_review") -> Object:
        """Move a dispute on: under_review, needs_response, appeal_…"""
        with self.ledger.lock:
            found = self.ledger.find("dispute", dispute)
            return copy.deepcopy(disputes.update_dispute(self.ledger, found, status))

    def close_dispute(self, dispute: str, status: str = "lost") -> Object:
        """End a dispute: won, lost, warning_closed or prevented."""
        with self.ledger.lock:
            found = self.ledger.find("dispute", dispute)
            return copy.deepcopy(disputes.close_dispute(self.ledger, found, status))

    def coupon(self, code: str, percent: int) -> None:
        """Make a coupon that `discounts` can name; at 100 percent nothing is to pay."""
        with self.ledger.lock:
            self.ledger.coupons[code] = percent

    def methods(self, names: list[str]) -> None:
        """The payment methods the account has switched on: "card", "mobilepay"."""
        self.ledger.account_methods = list(names)
