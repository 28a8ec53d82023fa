"""Ordering, coming back from payment, and what Stripe tells us in between."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

import shop.accounts.actions as accounts
import shop.accounts.models as account_models
import shop.course.models as course_models
from shop.accounts.rules import fold
from shop.content import texts
from shop.course.models import Course
from shop.db import db, transaction
from shop.orders import actions, checkout, gateway, models, rules, sync
from shop.orders.forms import OrderForm
from shop.orders.gateway import StripeUnavailable
from shop.orders.models import Attempt, Order
from shop.web import admit, csrf, hashed, limiter, log, now, settings, show

blueprint = Blueprint("orders", __name__)

KEY = "order_key"  # the browser's secret: what shows that an order is its own


@blueprint.get("/koeb")
def order() -> Response:
    course = course_models.the_course() or abort(404)
    if current_user.is_authenticated and course_models.access(current_user, now()):
        return show("orders/owned.html", course=course, resume_url="/kursus?fortsaet=1")
    return _order_page(OrderForm(), course)


@blueprint.post("/koeb")
@limiter.limit("20 per hour")
def place() -> Response | AnyResponse:
    form = OrderForm()
    buyer = _buyer()
    if buyer:
        form.email.data = buyer.email  # the field is read-only: an order is for who is signed in
    if not form.validate():
        return _order_page(form, course_models.the_course() or abort(404), status_code=422)
    try:
        found, attempt = _order_of(form)
        if attempt:
            return redirect(checkout.open_page(found, attempt), 303)
        if found.state in rules.ACCESS | {"processing"}:
            return redirect(_thanks_url(found), 303)
        return redirect(checkout.pay_page(found), 303)
    except (StripeUnavailable, sync.Contended):
        return show("orders/unavailable.html", status_code=503, form=form)


def _order_page(form: OrderForm, course: Course, status_code: int = 200) -> Response:
    buyer = _buyer()
    known = buyer or models.latest_unpaid(hashed(session.get(KEY, "")))
    if known and not form.is_submitted():
        form.email.data, form.name.data = known.email, known.name
    terms = texts()["handelsbetingelser"]
    return show(
        "orders/order.html",
        status_code=status_code,
        form=form,
        course=course,
        buyer=buyer and {"email": buyer.email},
        terms_version=terms.version,
    )


def _buyer() -> Any:
    return current_user if current_user.is_authenticated and current_user.trusted else None


def _order_of(form: OrderForm) -> tuple[Order, Attempt | None]:
    """The order this browser has open if it is for the same, otherwise a new one, with attempt.

    What was open before is closed first, so that it cannot be paid as well.
    """
    known = KEY in session
    key = session.setdefault(KEY, secrets.token_urlsafe(32))
    previous = models.latest_unpaid(hashed(key)) if known else None
    if previous:
        course = course_models.the_course() or abort(404)
        state = checkout.current_state(previous)
        wanted = (fold(form.email.data), form.name.data, course.price_ore)
        same = (previous.email, previous.name, previous.amount_ore) == wanted
        if not same and state == "awaiting":
            state = checkout.close_pay_page(previous)
        db.session.refresh(previous)
        if same or state in rules.ACCESS | {"processing"}:
            return previous, None
    version = texts()["handelsbetingelser"].version
    with transaction():
        course = course_models.the_course() or abort(404)
        return actions.place(form.email.data, form.name.data, course, version, hashed(key), now())


def _thanks_url(order: Order) -> str:
    last = models.latest_attempt(order.id)
    return url_for("orders.thanks", session_id=last.session_id if last else None)


@blueprint.get("/koeb/tak")
@limiter.limit("400 per 10 minutes")
def thanks() -> Response:
    """Where Stripe sends the buyer. The address proves nothing: the order's own browser does."""
    attempt = models.attempt_by_session(request.args.get("session_id", ""))
    order = db.session.get(Order, attempt.order_id) if attempt else None
    if order is None or attempt is None:
        return _status_page("elsewhere")
    state = checkout.current_state(order)
    if not _is_own(order):
        return _status_page("elsewhere")
    if state in rules.ACCESS:
        _admit(order)
    lessons = course_models.outline(None)
    return _status_page(
        {"partly_refunded": "paid", "charged_back": "disputed"}.get(state, state),
        email=order.email,
        number=order.number,
        pay_url=attempt.url,
        lesson_url=url_for("course.lesson", slug=lessons[0].slug) if lessons else "/kursus",
        poll_url=url_for("orders.thanks", session_id=attempt.session_id),
    )


def _status_page(status: str, **context: Any) -> Response:
    return show("orders/thanks.html", "orders/_status.html", status=status, **context)


def _is_own(order: Order) -> bool:
    bought_here = hashed(session.get(KEY, "")) == order.browser_hash
    buyer = _buyer()
    return bought_here or (buyer is not None and buyer.person_id == order.person_id)


def _admit(order: Order) -> None:
    """Lets the browser that paid into what it paid for, without signing in."""
    user = current_user
    knows_person = user.is_authenticated and user.person_id == order.person_id
    if knows_person and user.order_id in {None, order.id}:
        return
    with transaction():
        token = accounts.open_browser(order.person_id, now(), order.id)
    admit(account_models.visitor(token, hashed(token), now()))


@blueprint.post("/stripe/webhook")
@csrf.exempt
def webhook() -> tuple[str, int]:
    """Stores the event, answers for it, and tries at once to follow it (at most a few seconds)."""
    secret = settings().stripe_webhook_secret
    try:
        event = gateway.verify(
            request.get_data(), request.headers.get("Stripe-Signature", ""), secret
        )
    except gateway.BadEvent as error:
        log.warning("webhook refused", reason=str(error))
        abort(400)
    with transaction():
        concerns_us = actions.receive(event, now())
    if concerns_us:
        sync.process(event.id, patient=False)
    return "", 200
