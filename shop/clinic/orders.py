"""The back office's orders: what was bought, and what can be done about it."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

import shop.withdrawals.models as withdrawals
from shop.clinic import evidence, order_shown
from shop.clinic import order_labels as labels
from shop.clinic.order_forms import AddressForm, RefundForm
from shop.clinic.room import blueprint, room
from shop.clinic.views import LARGEST_ID, MOST_FOUND, PER_PAGE
from shop.db import transaction
from shop.orders import address_actions, list_models, models, refund_actions, refunds
from shop.orders.models import Order
from shop.web import now
from shop.withdrawals.actions import send_receipts_again


@blueprint.get("/ordrer")
def orders() -> Response:
    """The orders of one filter, newest first."""
    state = request.args.get("state", "bought")
    if state not in labels.ORDER_FILTERS:
        abort(404)
    before = request.args.get("before", type=int)
    before = before if before and 0 < before < LARGEST_ID else None
    rows = list_models.page(labels.ORDER_FILTERS[state][1], before, PER_PAGE + 1)
    of_page, more = rows[:PER_PAGE], len(rows) > PER_PAGE
    older = more and url_for("clinic.orders", state=state, before=of_page[-1].id)
    newest = before and url_for("clinic.orders", state=state)
    return _list(of_page, state, older_url=older, newest_url=newest)


@blueprint.post("/ordrer")
def search_orders() -> Response:
    """What fits a search; a POST, so that no name stands in an address."""
    query = request.form.get("query", "").strip()[:200]
    return _list(list_models.found(query, MOST_FOUND), "all", query=query)


def _list(rows: Any, state: str, query: str = "", **context: Any) -> Response:
    return room(
        "orders",
        "orders",
        rows=[order_shown.listed(row) for row in rows],
        filters=[
            (value, label, value == state and not query)
            for value, (label, _) in labels.ORDER_FILTERS.items()
        ],
        query=query,
        statements=withdrawals.waiting(),
        **context,
    )


def _found(number: str) -> Order:
    return models.by_number(number.upper()) or abort(404)


@blueprint.get("/ordrer/<number>")
def order(number: str) -> Response:
    done = request.args.get("gjort", "")
    return room("order", "orders", done=done, **order_shown.order(_found(number)))


@blueprint.route("/ordrer/<number>/betal-tilbage", methods=["GET", "POST"])
def refund(number: str) -> Response:
    """Asks how much and why, and then whether that is meant."""
    found = _found(number)
    form = RefundForm()
    if request.method == "GET":
        form.how_much.data = "all"
        return _refund_page(found, form)
    if "ret" in request.form or not form.validate():
        return _refund_page(found, form, 200 if "ret" in request.form else 422)
    left = order_shown.order(found)["left_ore"]
    if not 0 < (form.amount_ore or left) <= left:
        return _refund_page(found, form, 422, trouble="too_much")
    return _refund_page(found, form, sure=True)


def _refund_page(
    found: Order, form: RefundForm, status_code: int = 200, trouble: str = "", sure: bool = False
) -> Response:
    whole = order_shown.order(found)
    if not form.seen.data:
        form.seen.data = str(whole["seen"])
    given = {"trouble": trouble, "sure": sure, "reasons": labels.REASONS}
    return room("refund", "orders", status_code, form=form, **given, **whole)


@blueprint.post("/ordrer/<number>/betal-tilbage/bekraeft")
def confirm_refund(number: str) -> Response | AnyResponse:
    """Writes the intention, and carries it out at once as far as Stripe answers."""
    found, form = _found(number), RefundForm()
    if not form.validate():
        return _refund_page(found, form, 422)
    why = (form.reason.data, current_user.email, now(), form.note.data or "")
    try:
        with transaction():
            refund_actions.ask(found.id, form.amount_ore, *why, seen=int(form.seen.data))
    except (refund_actions.MoreThanLeft, refund_actions.AskedMeanwhile) as error:
        form.seen.data = None
        too_much = isinstance(error, refund_actions.MoreThanLeft)
        return _refund_page(found, form, 409, trouble="too_much" if too_much else "meanwhile")
    refunds.carry_out(found.id)
    return redirect(url_for("clinic.order", number=found.number, gjort="tilbage"), 303)


@blueprint.route("/ordrer/<number>/mail", methods=["GET", "POST"])
def correct_address(number: str) -> Response | AnyResponse:
    """Helps a buyer who mistyped their address, in one step."""
    found, form = _found(number), AddressForm()
    if found.is_erased:
        abort(404)  # who asked to be forgotten is not looked up again
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        return _address_page(found, form, status)
    try:
        with transaction():
            sent = address_actions.correct(found, form.email.data, current_user.email, now())
            sent = bool(send_receipts_again(found, now())) or sent
    except address_actions.SameAddress:
        form.email.errors = ["Det er den adresse, ordren har i forvejen."]
        return _address_page(found, form, 422)
    done = "mail" if address_actions.is_confirmed_anew(found) else "bilag" if sent else "adresse"
    return redirect(url_for("clinic.order", number=found.number, gjort=done), 303)


def _address_page(found: Order, form: AddressForm, status: int) -> Response:
    confirms = address_actions.is_confirmed_anew(found)
    return room("address", "orders", status, form=form, order=found, confirms=confirms)


@blueprint.get("/ordrer/<number>/bevis.pdf")
def proof(number: str) -> Response:
    """All that tells for us in a dispute, as one file to send to the bank."""
    found = _found(number)
    response = Response(evidence.file(found, now()), mimetype="application/pdf")
    name = f"attachment; filename=bevis-{found.number}.pdf"
    response.headers.update({"Content-Disposition": name, "Cache-Control": "no-store"})
    return response
