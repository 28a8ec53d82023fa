"""Plans that patients have shared: to be read here, and nowhere else, until they take them back."""

from __future__ import annotations

from flask import Response, abort

from shop.accounts import models as accounts
from shop.clinic.room import blueprint, room
from shop.coursework import actions, models
from shop.coursework.rules import BLANK
from shop.db import transaction
from shop.enquiries.rules import read_reference
from shop.web import now


@blueprint.get("/planer")
def plans() -> Response:
    """Every plan that may be read now, newest first."""
    return room("plans", "plans", shares=models.shared_now())


@blueprint.get("/planer/<plan_reference>")
def plan(plan_reference: str) -> Response:
    """One shared plan, read-only: what its writer chose, and nothing else they wrote."""
    share = models.share(read_reference(plan_reference) or "") or abort(404)
    with transaction():
        actions.see_plan(share, now())
    email = accounts.email_of(share.person_id)
    return room("plan", "plans", share=share, plan=share.content, email=email, blank=BLANK)
