"""A gift in the back office: where it stands, and help for a giver who mistyped."""

from __future__ import annotations

from flask import Response, abort, redirect, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse

from shop.clinic import shown
from shop.clinic.room import blueprint, room
from shop.db import transaction
from shop.fields import email_field
from shop.gifts import actions, models
from shop.gifts.models import Gift
from shop.orders.models import by_number
from shop.outbox import models as mails_of
from shop.web import now

STATES = {
    "unpaid": "Ikke betalt",
    "ready": "Venter på at blive åbnet",
    "redeemed": "Åbnet",
    "expired": "For gammel",
    "closed": "Lukket",
}


class RecipientForm(FlaskForm):
    class Meta:
        csrf = False  # CSRFProtect has checked the token of every POST before a view sees it

    email = email_field("Modtagerens rigtige mailadresse")


def _found(number: str) -> Gift:
    order = by_number(number)
    return (order and models.of_order(order.id)) or abort(404)


@blueprint.get("/ordrer/<number>/gave")
def gift(number: str) -> Response:
    """Where the gift of an order stands, and what became of its mails."""
    return _page(number, _found(number), RecipientForm())


def _page(number: str, found: Gift, form: RecipientForm, status_code: int = 200) -> Response:
    state = found.state(now())
    return room(
        "gift",
        "orders",
        status_code=status_code,
        number=number,
        gift=found,
        state=state,
        state_label=STATES[state],
        form=form,
        mails=[shown.fate(mail) for mail in mails_of.fates(found.about)],
        saved="sendt" in request.args,
    )


@blueprint.post("/ordrer/<number>/gave")
def resend_gift(number: str) -> Response | AnyResponse:
    """Sends the gift to the address that was meant; on its day, or now if that is past."""
    found, form = _found(number), RecipientForm()
    if not form.validate():
        return _page(number, found, form, status_code=422)
    with transaction():
        sent = actions.send_to(_found(number), form.email.data, now())
    if not sent:
        return _page(number, _found(number), form, status_code=409)
    return redirect(url_for("clinic.gift", number=number, sendt=1), 303)
