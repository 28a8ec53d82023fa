"""A buyer's documents as files."""

from __future__ import annotations

from flask import Blueprint, Response, abort
from flask_login import current_user, login_required

from shop.invoices import models, papers, rules
from shop.web import limiter

blueprint = Blueprint("invoices", __name__)


@blueprint.get("/min-side/bilag/<number>.pdf")
@login_required
@limiter.limit("60 per 10 minutes")
def document(number: str) -> Response:
    """One document, for its buyer and the clinician; for everybody else there is none."""
    if not (current_user.trusted or current_user.clinic == "open"):
        abort(403)
    found = models.by_number(number)
    if found is None or not (
        found.person_id == current_user.person_id or current_user.clinic == "open"
    ):
        abort(404)
    response = Response(papers.typeset(found), mimetype="application/pdf")
    name = rules.file(found.kind, found.number).name
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    response.headers["Cache-Control"] = "private, no-store"
    return response
