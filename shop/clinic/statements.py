"""The back office's withdrawals: those to look at, and those that came by letter."""

from __future__ import annotations

import secrets

from flask import Response, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from shop.clinic import order_labels as labels
from shop.clinic.order_forms import LetterForm
from shop.clinic.room import blueprint, room
from shop.danish import COPENHAGEN
from shop.db import transaction
from shop.orders import refunds
from shop.web import hashed, now
from shop.withdrawals import actions, models
from shop.withdrawals.actions import Statement

MOST_SHOWN = 100


@blueprint.get("/fortrydelser")
def withdrawals() -> Response:
    """Statements, those that wait for a look first."""
    form = LetterForm()
    form.order.data = request.args.get("ordre", "")[:60]
    form.sent_on.data = now().astimezone(COPENHAGEN).date()
    form.channel.data = "letter"
    return _page(form)


def _page(form: LetterForm, status_code: int = 200) -> Response:
    rows = [
        {
            "said": said,
            "number": number,
            "waits": waits,
            "verdict": labels.VERDICTS[said.verdict],
            "channel": labels.CHANNELS[said.channel],
        }
        for said, number, waits in models.latest(MOST_SHOWN)
    ]
    saved = request.args.get("gemt", "")
    key = request.form.get("key") or secrets.token_urlsafe(16)
    return room("withdrawals", "orders", status_code, form=form, rows=rows, saved=saved, key=key)


@blueprint.post("/fortrydelser")
def register_withdrawal() -> Response | AnyResponse:
    """Keeps what came by letter or mail as if it had been said on the site (§ 20, bilag 3)."""
    form = LetterForm()
    if not form.validate():
        return _page(form, 422)
    words = (form.name.data, form.email.data, form.order.data)
    said = Statement(*words, form.sent_on.data, form.channel.data)
    key = hashed("\0".join((request.form.get("key", "")[:64], *words, str(form.sent_on.data))))
    with transaction():
        kept = actions.receive(said, key, None, current_user.email, now())
    if kept.order_id and kept.verdict == "in_time":
        refunds.carry_out(kept.order_id)
    return redirect(url_for("clinic.withdrawals", gemt=kept.verdict), 303)


@blueprint.post("/fortrydelser/<int(max=2147483647):id>/set")
def withdrawal_seen(id: int) -> AnyResponse:
    with transaction():
        actions.look(id, current_user.email, now())
    return redirect(url_for("clinic.withdrawals"), 303)
