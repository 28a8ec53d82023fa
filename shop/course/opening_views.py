"""While the course cannot be bought yet: being told when it can, and being forgotten again."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.content import consents
from shop.course import opening_actions
from shop.course.forms import ForgetForm, OpeningForm
from shop.course.views import blueprint
from shop.db import transaction
from shop.web import limiter, now, show


@blueprint.get("/koeb/besked")
def opening() -> Response:
    """The form, and what became of it."""
    return _page(OpeningForm(), told=request.args.get("nu", ""))


@blueprint.post("/koeb/besked")
@limiter.limit("20 per hour")
def ask_to_be_told() -> Response | AnyResponse:
    form = OpeningForm()
    if not form.validate():
        return _page(form, 422)
    with transaction():
        opening_actions.ask(form.email.data, consents()["opening"].version, now())
    return redirect(url_for("course.opening", nu="husket"), 303)


@blueprint.post("/koeb/besked/slet")
@limiter.limit("20 per hour")
def forget_opening() -> Response | AnyResponse:
    """Deletes an address from the list; the answer is the same whether it was there."""
    form = ForgetForm()
    if not form.validate():
        return _page(OpeningForm(formdata=None), 422, forget=form)
    with transaction():
        opening_actions.forget(form.forget.data)
    return redirect(url_for("course.opening", nu="slettet"), 303)


def _page(
    form: OpeningForm, status_code: int = 200, forget: ForgetForm | None = None, told: str = ""
) -> Response:
    return show(
        "course/opening.html",
        status_code=status_code,
        form=form,
        forget=forget or ForgetForm(formdata=None),
        consent=consents()["opening"],
        told=told,
    )
