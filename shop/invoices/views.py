"""A buyer's documents as files."""

from __future__ import annotations

from flask import Blueprint, Response, abort
from flask_login import current_user, login_required

from shop.invoices import models, papers, rules
from shop.web import limiter, pdf_file

blueprint = Blueprint("invoices", __name__)


@blueprint.get("/min-side/bilag/<number>.pdf")
@login_required
@limiter.limit("60 per 10 minutes")
def document(number: str) -> Response:
    """One document, for its buyer and the clinician; for everybody else there is none."""
    is_clinician = current_user.clinic == "open"
    if not (current_user.trusted or is_clinician):
        abort(403)
    found = models.by_number(number)
    if found is None or not (is_clinician or _is_readers(found)):
        abort(404)
    return pdf_file(papers.typeset(found), rules.file(found.kind, found.number).name)


def _is_readers(document: models.Document) -> bool:
    is_theirs = models.is_of(document, current_user.person_id)
    return is_theirs and bool(current_user.may_see_order(document.order_id))
