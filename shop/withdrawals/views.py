"""Withdrawing from a purchase: for everybody, without signing in, without a reason."""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, redirect, render_template_string, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

import shop.course.models as course_models
import shop.orders.models as order_models
from shop import pdf
from shop.content import texts
from shop.counting import count, is_over
from shop.danish import COPENHAGEN
from shop.db import db, transaction
from shop.orders import refunds
from shop.web import csrf, from_elsewhere, hashed, limiter, now, settings, show
from shop.withdrawals import actions
from shop.withdrawals.actions import Statement
from shop.withdrawals.forms import WithdrawalForm
from shop.withdrawals.models import Withdrawal

blueprint = Blueprint("withdrawals", __name__)

KEPT = "withdrawal"  # which statement this browser has just made
PER_ADDRESS = "6 per day"  # receipts that one address may be sent


@blueprint.get("/fortryd")
def withdraw() -> Response:
    form, buyer = WithdrawalForm(), _buyer()
    if buyer:
        form.name.data, form.email.data = buyer.name, buyer.email
        form.order.data = order_models.latest_number(buyer.person_id)
    return _form_page(form)


def _buyer() -> Any:
    return current_user if current_user.is_authenticated and current_user.trusted else None


def _form_page(form: WithdrawalForm, status_code: int = 200, trouble: str = "") -> Response:
    found = texts()["fortryd"]
    words = found.html(course=course_models.offer())
    return show(
        "withdrawals/withdraw.html",
        status_code=status_code,
        form=form,
        trouble=trouble,
        description=found.description,
        html=words,
    )


@blueprint.post("/fortryd")
@csrf.exempt
def look_over() -> Response:
    """Shows what is about to be said, or lets it be corrected."""
    form = WithdrawalForm()
    if "ret" in request.form:
        return _form_page(form)
    if not form.validate():
        return _form_page(form, 422)
    form.key.data = secrets.token_urlsafe(32)
    return show("withdrawals/summary.html", form=form)


@blueprint.post("/fortryd/bekraeft")
@csrf.exempt
@limiter.limit("20 per hour", on_breach=lambda _: _form_page(WithdrawalForm(), 429, "busy"))
def confirm() -> Response | AnyResponse:
    """Takes the statement; whatever it fits, the answer on the screen is the same."""
    form = WithdrawalForm()
    if from_elsewhere():
        return _form_page(form, 422, "stale")
    if not form.validate():
        return _form_page(form, 422)
    address, said = ("withdrawal", hashed(form.email.data.lower())), _statement(form)
    # Others may use an address up; what ends a purchase in time is taken all the same.
    if is_over(PER_ADDRESS, *address) and not actions.ends_a_purchase(said, _owner()):
        return _form_page(form, 429, "busy")
    kept = _keep(said, form.key.data)
    count(PER_ADDRESS, *address)
    if kept.order_id and kept.verdict == "in_time":
        refunds.carry_out(kept.order_id)
    session[KEPT] = kept.id
    return redirect(url_for("withdrawals.receipt"), 303)


def _statement(form: WithdrawalForm) -> Statement:
    sent_on = now().astimezone(COPENHAGEN).date()
    return Statement(form.name.data, form.email.data, form.order.data, sent_on)


def _owner() -> int | None:
    buyer = _buyer()
    return buyer.person_id if buyer else None


def _keep(said: Statement, form_key: str | None) -> Withdrawal:
    key = hashed((form_key or secrets.token_urlsafe(32)) + "\0".join(said.words))
    with transaction():
        return actions.receive(said, key, _owner(), "buyer", now())


@blueprint.get("/fortryd/kvittering")
def receipt() -> Response | AnyResponse:
    """What was said and when. What it came to is told only to who is signed in, and by mail."""
    kept = db.session.get(Withdrawal, session.get(KEPT, 0))
    buyer = _buyer()
    order = db.session.get(order_models.Order, kept.order_id) if kept and kept.order_id else None
    is_own = buyer is not None and order is not None and order.person_id == buyer.person_id
    verdict = kept.verdict if kept and is_own else None
    is_gift = bool(order and order.is_gift)
    return show("withdrawals/receipt.html", said=kept, verdict=verdict, is_gift=is_gift)


_typeset = lru_cache(maxsize=2)(pdf.from_markdown)  # the words seldom change


@blueprint.get("/fortryd/formular.pdf")
def form_pdf() -> Response:
    """The standard form of forbrugeraftaleloven, bilag 3, to print or fill in."""
    found = texts()["fortryd"]
    words = render_template_string(found.body, course=course_models.offer())
    form = words.partition("\n## Formularen fra loven\n")[2]
    author, site = settings().clinic["trade_name"], settings().public_url
    file = _typeset(
        form, title="Fortrydelsesformular", version=found.version, author=author, site=site
    )
    response = Response(file, mimetype="application/pdf")
    response.headers["Content-Disposition"] = "inline; filename=fortrydelsesformular.pdf"
    return response
