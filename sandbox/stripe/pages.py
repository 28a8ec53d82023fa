"""The pay page a buyer is sent to, in Danish and without JavaScript."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request

from sandbox.stripe import checkout, payment, promotions
from sandbox.stripe.errors import ApiError
from sandbox.stripe.objects import Object
from sandbox.stripe.state import Ledger
from sandbox.stripe.webhooks import Courier


class PayPage:
    """Shows a session and does what its buttons say."""

    def __init__(self, ledger: Ledger, courier: Courier, wait: float) -> None:
        self.ledger = ledger
        self.courier = courier
        self.wait = wait

    def blueprint(self) -> Blueprint:
        """`/c/pay/<session>`."""
        pages = Blueprint("stripe_pages", __name__, template_folder="../templates")
        pages.add_url_rule("/c/pay/<key>", view_func=self.show, methods=["GET"])
        pages.add_url_rule("/c/pay/<key>", view_func=self.press, methods=["POST"])
        pages.add_app_template_filter(kroner)
        return pages

    def show(self, key: str) -> Any:
        """The page as the session stands."""
        with self.ledger.lock:
            checkout.expire_due(self.ledger)
            try:
                session = self.ledger.find("checkout.session", key)
            except ApiError:
                return render_template("stripe/pay.html", session=None), 404
            return self._page(session)

    def press(self, key: str) -> Any:
        """A button: pay in one of the ways, or cancel."""
        how = request.form.get("how", "")
        with self.ledger.lock:
            checkout.expire_due(self.ledger)
            try:
                session = self.ledger.find("checkout.session", key)
            except ApiError:
                return render_template("stripe/pay.html", session=None), 404
            if session["status"] != "open":
                return self._page(session), 409
            if how == "cancel":
                return redirect(session["cancel_url"] or session["success_url"], 303)
            if how == "code":
                return self._use_code(session, request.form.get("code", ""))
        try:
            where = self.pay(key, how, request.form.get("email", "").strip() or None)
        except ApiError as error:
            with self.ledger.lock:
                return self._page(session, refused=True), error.status
        if where is None:
            with self.ledger.lock:
                return self._page(session, declined=True), 402
        return redirect(where, 303)

    def pay(self, key: str, how: str, email: str | None = None) -> str | None:
        """Pay, wait a moment for the webhook's answer, and return where the buyer goes next.

        None when the payment was declined. Raises ApiError when it cannot be made.
        """
        with self.ledger.lock:
            checkout.expire_due(self.ledger)
            session = self.ledger.find("checkout.session", key)
            completed = payment.pay(self.ledger, session, how, email)
            where: str = session["success_url"].replace("{CHECKOUT_SESSION_ID}", key)
        if completed is None:
            return None
        # Real Checkout waits up to ten seconds for the endpoint before it redirects.
        self.courier.wait_tried(completed["id"], self.wait)
        return where

    def _use_code(self, session: Object, typed: str) -> Any:
        try:
            promotions.use(self.ledger, session, typed)
        except ApiError:
            return self._page(session, wrong_code=typed), 422
        return redirect(f"/c/pay/{session['id']}", 303)

    def _page(self, session: Object, **trouble: Any) -> str:
        return render_template(
            "stripe/pay.html",
            session=session,
            lines=self.ledger.line_items[session["id"]],
            code=promotions.shown(self.ledger, session),
            **trouble,
        )


def kroner(amount_ore: int) -> str:
    """Øre as a Danish amount: 49900 → 499 kr., 12350 → 123,50 kr."""
    whole, rest = divmod(amount_ore, 100)
    text = f"{whole:,}".replace(",", ".")
    return f"{text},{rest:02d} kr." if rest else f"{text} kr."
