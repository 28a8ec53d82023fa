"""The kørekort: a certificate as a page, a PDF and a picture, and where it proves genuine."""

from __future__ import annotations

import io

import segno
from flask import Response, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from shop import pdf
from shop.course import models as course_models
from shop.coursework import actions, licence_models
from shop.coursework.door import blueprint, me, owners
from shop.coursework.forms import NameForm
from shop.coursework.licence_models import Licence
from shop.danish import day
from shop.db import transaction
from shop.enquiries.rules import read_reference, shown
from shop.web import limiter, now, public_url, settings, show


def _licence() -> Licence | None:
    """The person's certificate, issued when the last lesson has been gone through; else None."""
    found = licence_models.of_person(me())
    if found is None and all(step.done for step in course_models.outline(me())):
        with transaction():
            actions.issue_licence(me(), current_user.name or "", now())
        found = licence_models.of_person(me())
    return found


@blueprint.route("/kursus/koerekort", methods=["GET", "POST"])
@owners
def licence() -> Response | AnyResponse:
    """The certificate with its two files, or how far there is to go."""
    found = _licence()
    if found is None:
        left = [step for step in course_models.outline(me()) if not step.done]
        return show("coursework/no_licence.html", left=left)
    form = NameForm(name=found.name)
    if form.validate_on_submit():
        with transaction():
            actions.rename_licence(me(), form.name.data)
        return redirect(url_for("coursework.licence"), 303)
    status = 422 if form.errors else 200
    return show("coursework/licence.html", status_code=status, card=card(found), form=form)


def card(licence: Licence) -> dict[str, str]:
    """What stands on the card."""
    number = shown(licence.number)
    address = public_url("coursework.verify", number=number)
    qr = io.BytesIO()
    segno.make(address, error="m").save(qr, "svg", border=0, dark="#1e2a2b", xmldecl=False)
    return {
        "name": licence.name,
        "number": number,
        "date": day(licence.issued_at),
        "address": address,
        "qr": qr.getvalue().decode(),
        "author": settings().clinic["trade_name"],
        "person": settings().clinic["person"],
    }


@blueprint.get("/kursus/koerekort.pdf")
@limiter.limit("30 per minute")
@owners
def licence_pdf() -> Response | AnyResponse:
    return _file("pdf", "application/pdf")


@blueprint.get("/kursus/koerekort.png")
@limiter.limit("30 per minute")
@owners
def licence_picture() -> Response | AnyResponse:
    return _file("png", "image/png")


def _file(kind: str, mimetype: str) -> Response | AnyResponse:
    found = _licence()
    if found is None:
        return redirect(url_for("coursework.licence"), 303)
    data = {**card(found), "title": "Kørekort til kroniske smerter", "card_only": kind == "png"}
    response = Response(pdf.typeset("licence", data, kind), mimetype=mimetype)
    response.headers["Content-Disposition"] = f"inline; filename=koerekort.{kind}"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/koerekort/<number>")
@limiter.limit("60 per hour")
def verify(number: str) -> Response:
    """Says whether a certificate is genuine and when it was issued: not whose, and nothing else."""
    issued_at = licence_models.issued_at(read_reference(number) or "")
    return show(
        "coursework/verify.html", status_code=200 if issued_at else 404, issued_at=issued_at
    )
