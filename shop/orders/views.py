"""Ordering, coming back from payment, and what Stripe tells us in between."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, session, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

import shop.accounts.actions as accounts
import shop.accounts.models as account_models
import shop.course.models as course_models
import shop.gifts.models as gift_models
from shop import mail_domains
from shop.content import consents, texts
from shop.course.approval_models import is_sold
from shop.course.models import Offer
from shop.course.rules import RESUME
from shop.db import db, transaction
from shop.gifts import rules as gift_rules
from shop.orders import (
    actions,
    checkout,
    gateway,
    inbox_actions,
    models,
    papers,
    rules,
    sync,
)
from shop.orders.forms import OrderForm
from shop.orders.gateway import StripeUnavailable
from shop.orders.models import Attempt, Order
from shop.web import admit, csrf, hashed, limiter, log, now, pdf_file, settings, show

blueprint = Blueprint("orders", __name__)

KEY = "order_key"  # the browser's secret: what shows that an order is its own


@blueprint.get("/koeb")
def order() -> Response | AnyResponse:
    """The order page; somebody who has the course is told so instead of sold to."""
    session.setdefault(KEY, secrets.token_urlsafe(32))
    form = OrderForm()
    if "gave" in request.args:
        form.gift.data = gift_rules.CARD
    return _owned(form) or _not_open() or _order_page(form)


@blueprint.post("/koeb")
@limiter.limit("20 per hour")
def place() -> Response | AnyResponse:
    """Takes the order and sends the buyer to pay it, or back to it if it is paid already."""
    form, buyer = OrderForm(), _buyer()
    if instead := _owned(form) or _not_open():
        return instead
    if buyer:
        form.email.data = buyer.email  # the field is read-only: an order is for who is signed in
    if not form.validate():
        return _order_page(form, status_code=422)
    suggestion = None if buyer else mail_domains.suggestion(form.email.data)
    if suggestion and form.checked_email.data != form.email.data:
        return _order_page(form, 422, suggestion)
    terms = texts()["handelsbetingelser"].version
    key = hashed(session.setdefault(KEY, secrets.token_urlsafe(32)))
    try:
        url = checkout.where_to_pay(key, form.email.data, form.name.data, terms, form.wish())
    except actions.NothingForSale:
        abort(404)
    except (StripeUnavailable, sync.Contended):
        return show("orders/unavailable.html", status_code=503, form=form)
    return redirect(url or _thanks_url(key), 303)


def _offer() -> Offer:
    return course_models.offer() or abort(404)


def _owned(form: OrderForm) -> Response | None:
    """One who has the course needs no other, but may give one away."""
    if form.gift.data:
        return None
    if current_user.is_authenticated and course_models.access(current_user, now()):
        return show("orders/owned.html", course=_offer(), resume_url=RESUME)
    return None


def _not_open() -> AnyResponse | None:
    """Where to be told when the course opens, as long as not every lesson is approved."""
    return None if is_sold(settings().production) else redirect(url_for("course.opening"), 303)


def _order_page(form: OrderForm, status_code: int = 200, suggestion: str | None = None) -> Response:
    buyer = _buyer()
    known = buyer or models.current_order(hashed(session.get(KEY, "")))
    if known and not form.is_submitted():
        form.email.data, form.name.data = known.email, known.name
    return show(
        "orders/order.html",
        status_code=status_code,
        form=form,
        course=_offer(),
        buyer=buyer and {"email": buyer.email},
        terms_version=texts()["handelsbetingelser"].version,
        consent=consents()["order"].html,
        suggestion=suggestion,
    )


def _buyer() -> Any:
    return current_user if current_user.is_authenticated and current_user.trusted else None


def _thanks_url(browser_hash: str) -> str:
    order = models.current_order(browser_hash)
    last = order and models.latest_attempt(order.id)
    return url_for("orders.thanks", session_id=last.session_id if last else None)


@blueprint.get("/koeb/tak")
@limiter.limit("400 per 10 minutes")
def thanks() -> Response:
    """Where Stripe sends the buyer. The address proves nothing: the order's own browser does."""
    attempt = models.attempt_by_session(request.args.get("session_id", ""))
    order = db.session.get(Order, attempt.order_id) if attempt else None
    if order is None or attempt is None:
        return _status_page("elsewhere")
    state = checkout.look(attempt, order)
    state = "withdrawn" if order.withdrawn_at else state
    if not _is_own(order) or (state in rules.ACCESS and not _let_in(order)):
        return _status_page("elsewhere")
    return _status_page(_status(order, state), **_standing(order, attempt))


def _status(order: Order, state: str) -> str:
    if order.is_gift and state in rules.ACCESS:
        return "gift"
    return "paid" if state == "partly_refunded" else state


def _standing(order: Order, attempt: Attempt) -> dict[str, Any]:
    lessons = course_models.outline(None)
    return {
        "gift": gift_models.of_order(order.id) if order.is_gift else None,
        "is_gift": order.is_gift,
        "email": order.email,
        "number": order.number,
        "total_ore": attempt.total_ore,
        "discount_ore": attempt.discount_ore,
        "pay_url": attempt.url,
        "lesson_url": url_for("course.lesson", slug=lessons[0].slug) if lessons else "/kursus",
        "poll_url": url_for("orders.thanks", session_id=attempt.session_id),
    }


def _status_page(status: str, **context: Any) -> Response:
    return show("orders/thanks.html", "orders/_status.html", status=status, **context)


def _is_own(order: Order) -> bool:
    bought_here = hashed(session.get(KEY, "")) == order.browser_hash
    buyer = _buyer()
    return bought_here or (buyer is not None and buyer.person_id == order.person_id)


def _let_in(order: Order) -> bool:
    """Lets the browser that paid into what it paid for, without signing in; not for ever.

    A gift opens nothing for its giver, who sees what becomes of it.
    """
    if order.is_gift:
        return rules.may_let_in(order.confirmed_at, None, now())
    user = current_user
    knows_person = user.is_authenticated and user.person_id == order.person_id
    if knows_person and user.order_id in {None, order.id}:
        return True
    signed_out_at = account_models.signed_out_at(order.person_id)
    if not rules.may_let_in(order.confirmed_at, signed_out_at, now()):
        return False
    with transaction():
        token = accounts.open_browser(order.person_id, now(), order.id, order.is_first)
    admit(account_models.visitor(token, hashed(token), now()))
    return True


@blueprint.get("/min-side/ordre/<number>.pdf")
@login_required
@limiter.limit("60 per 10 minutes")
def confirmation(number: str) -> Response:
    """What was agreed, for its buyer and the clinician; for everybody else there is nothing."""
    is_clinician = current_user.clinic == "open"
    if not (current_user.trusted or is_clinician):
        abort(403)
    found = models.by_number(number)
    if found is None or not (is_clinician or _is_readers(found)):
        abort(404)
    if found.confirmed_at is None:
        abort(404)
    return pdf_file(papers.confirmation(found), rules.paper(number))


def _is_readers(order: Order) -> bool:
    is_theirs = order.person_id == current_user.person_id
    return is_theirs and bool(current_user.may_see_order(order.id))


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
        concerns_us = inbox_actions.receive(event, now())
    if concerns_us:
        sync.process(event.id, patient=False)
    return "", 200
