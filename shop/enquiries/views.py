"""Asking the clinician something."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask_limiter.util import get_remote_address
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from shop import mail_domains
from shop.accounts.rules import fold
from shop.content import Consent, consents
from shop.counting import count, is_over
from shop.db import transaction
from shop.enquiries import actions, models, rules, spam, ticket
from shop.enquiries.actions import Typed
from shop.enquiries.forms import EnquiryForm
from shop.web import (
    csrf,
    from_elsewhere,
    hashed,
    limiter,
    log,
    network,
    now,
    settings,
    show,
    squeezed,
)

blueprint = Blueprint("enquiries", __name__)

CHECKED_FIELDS = {"name", "email", "phone", "message"}
PER_CLIENT, PER_ADDRESS = "10 per hour", "4 per hour"  # more than that is set aside
LONGEST_LINE = 1000  # of what is typed into one line, as far as it is looked at
ONE_MOMENT = timedelta(seconds=spam.FASTEST_SECONDS)


@blueprint.get("/kontakt")
def contact() -> Response:
    form = EnquiryForm(csrf_token=ticket.issue(now(), _consent().version))
    return squeezed(_form_page(form))  # nobody's secret is on it: the ticket only tells the time


def _consent() -> Consent:
    return consents()["enquiry"]


def _form_page(form: EnquiryForm, status_code: int = 200, **context: Any) -> Response:
    return show(
        "enquiries/contact.html",
        "enquiries/_form.html",
        status_code=status_code,
        form=form,
        consent=_consent(),
        **context,
    )


def _not_now(trouble: str, status_code: int) -> Response:
    return _form_page(EnquiryForm(), status_code, trouble=trouble)


@blueprint.post("/kontakt")
@csrf.exempt
@limiter.limit("60 per hour", on_breach=lambda _: _not_now("busy", 429))
def send() -> Response | AnyResponse:
    """Takes an enquiry. Whatever is wrong, the words come back to the visitor or are kept."""
    form = EnquiryForm()
    shown_at = ticket.read(form.csrf_token.data, _consent().version)
    if shown_at is None or not ticket.is_fresh(shown_at, now()) or from_elsewhere():
        # Who left the page open over night presses the button again at once: that is no robot.
        moment = now() - ONE_MOMENT if form.csrf_token.data else now()
        form.csrf_token.data = ticket.issue(moment, _consent().version)
        form.consent.data = False  # it may have been given to other words
        return _form_page(form, 422, trouble="stale")
    if not form.validate():
        return _form_page(form, 422)
    suggestion = mail_domains.suggestion(form.email.data)
    if suggestion and form.checked_email.data != form.email.data:
        return _form_page(form, 422, suggestion=suggestion)
    try:
        reference = _keep(form, shown_at)
    except SQLAlchemyError as error:
        log.error("enquiry not kept", error=type(error).__name__)
        return _not_now("unsaved", 503)
    return redirect(url_for("enquiries.thanks", nr=rules.shown(reference)), 303)


def _keep(form: EnquiryForm, shown_at: datetime) -> str:
    consent = _consent()
    typed = Typed(
        form.name.data,
        form.email.data,
        form.phone.data,
        form.topic.data,
        form.message.data,
        consent.version,
        consent.text,
    )
    suspicions = spam.suspicions(_post(form, shown_at))
    with transaction():
        reference, is_new = actions.receive(typed, _submit_key(typed), suspicions, now())
    if is_new:
        count(PER_CLIENT, *_client())
        count(PER_ADDRESS, *_address(form))
    return reference


def _client() -> tuple[str, str]:
    return "enquiry", hashed(network(get_remote_address()))


def _address(form: EnquiryForm) -> tuple[str, str]:
    return "enquiry", hashed(fold(form.email.data))


def _post(form: EnquiryForm, shown_at: datetime) -> spam.Post:
    raw = request.form
    return spam.Post(
        raw.get("name", "")[:LONGEST_LINE],
        raw.get("email", "")[:LONGEST_LINE],
        raw.get("phone", "")[:LONGEST_LINE],
        form.message.data,
        trap=form.comment.data or "",
        seconds=(now() - shown_at).total_seconds(),
        from_same_client=is_over(PER_CLIENT, *_client()),
        from_same_address=is_over(PER_ADDRESS, *_address(form)),
    )


def _submit_key(typed: Typed) -> str:
    """The same words on the same day are one enquiry, however often they are sent."""
    words = "\0".join((str(now().date()), *vars(typed).values()))
    return hmac.new(settings().secret_key.encode(), words.encode(), sha256).hexdigest()


@blueprint.post("/kontakt/felt/<name>")
@csrf.exempt
@limiter.limit("300 per 10 minutes")
def check(name: str) -> Response:
    """Says at once whether one field is all right; nothing of it is kept."""
    if name not in CHECKED_FIELDS:
        abort(404)
    form = EnquiryForm()
    field = form[name]
    right = field.validate(form)
    suggestion = mail_domains.suggestion(field.data) if right and name == "email" else None
    return show("enquiries/_field.html", field=field, suggestion=suggestion)


@blueprint.get("/kontakt/tak")
def thanks() -> Response:
    reference = rules.read_reference(request.args.get("nr", ""))
    received_at = models.received_at(reference) if reference else None
    shown = rules.shown(reference) if reference and received_at else None
    return show("enquiries/thanks.html", reference=shown, received_at=received_at)
