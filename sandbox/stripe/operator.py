"""What an operator at Stripe's Dashboard, a bank, or the passing of time would do."""

from __future__ import annotations

import copy

from sandbox.stripe import checkout, disputes, payment, payouts, promotions, refunds
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

    def coupon(
        self,
        code: str,
        percent: int | None = None,
        amount: int | None = None,
        max_redemptions: int | None = None,
    ) -> Object:
        """Make a promotion code of so many percent or øre; at 100 percent nothing is to pay."""
        with self.ledger.lock:
            made = promotions.make(self.ledger, code, percent, amount, max_redemptions)
            return copy.deepcopy(made)

    def use_code(self, session: str, code: str) -> None:
        """Type a promotion code on a session's pay page."""
        with self.ledger.lock:
            found = self.ledger.find("checkout.session", session)
            promotions.use(self.ledger, found, code)

    def pay_out(self, amount: int | None = None) -> Object:
        """Send the balance, or `amount` øre of it, to the clinic's bank."""
        with self.ledger.lock:
            return copy.deepcopy(payouts.pay_out(self.ledger, amount))

    def fail_payout(self, payout: str) -> Object:
        """The bank sends a payout back."""
        with self.ledger.lock:
            found = self.ledger.find("payout", payout)
            return copy.deepcopy(payouts.fail(self.ledger, found))

    def methods(self, names: list[str]) -> None:
        """The payment methods the account has switched on: "card", "mobilepay"."""
        self.ledger.account_methods = list(names)
