"""The public pages and texts, the person's own page, and what machines ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, render_template_string
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

import shop.accounts.models as account_models
import shop.booking.hours as booking_hours
import shop.booking.models as booking_models
import shop.course.models as course_models
import shop.invoices.models as invoice_models
import shop.orders.models as order_models
from shop import jsonld, pdf
from shop.content import prices, texts
from shop.course.rules import RESUME
from shop.danish import COPENHAGEN, day
from shop.db import UNREADABLE
from shop.markdown import headings
from shop.pages import readiness, rules
from shop.web import now, public_url, settings, show, show_public

blueprint = Blueprint("pages", __name__)

# Every text has an address of its own; most look alike.
TEXTS = {
    "kroniske-smerter": "pages/questions.html",
    "forloeb": "pages/programme.html",
    "for-paaroerende": "pages/text.html",
    "tilgaengelighed": "pages/text.html",
    "handelsbetingelser": "pages/text.html",
    "privatlivspolitik": "pages/text.html",
    "virksomheden": "pages/text.html",
    "akut-hjaelp": "pages/text.html",
}


@blueprint.get("/")
def home() -> Response:
    course = course_models.the_course()
    return show_public("pages/home.html", course=course, jsonld=[jsonld.clinic()])


def text(slug: str) -> Response:
    """One of the texts, with the clinic's facts and the course's terms in it."""
    found = texts()[slug]
    course = course_models.the_course()
    if course is None and "course." in found.body:
        abort(404)  # the terms speak of a course that is not imported yet
    html = found.html(course=course)
    questions = found.questions() if slug == "kroniske-smerter" else []
    return show_public(
        TEXTS[slug],
        slug=slug,
        title=found.title,
        description=found.description,
        html=html,
        contents=headings(html),
        course=course,
        jsonld=[jsonld.answers(questions)] if questions else [],
    )


for _slug in TEXTS:
    blueprint.add_url_rule(f"/{_slug}", "text", text, defaults={"slug": _slug})


_typeset = lru_cache(maxsize=2)(pdf.from_markdown)  # the words seldom change


@blueprint.get("/handelsbetingelser.pdf")
def terms_pdf() -> Response:
    """The terms as a file to keep."""
    found, course = texts()["handelsbetingelser"], course_models.the_course()
    if course is None:
        abort(404)
    words = render_template_string(found.body, course=course)
    author, site = settings().clinic["trade_name"], settings().public_url
    file = _typeset(words, title=found.title, version=found.version, author=author, site=site)
    response = Response(file, mimetype="application/pdf")
    response.headers["Content-Disposition"] = "inline; filename=handelsbetingelser.pdf"
    response.headers["Cache-Control"] = "public, max-age=0, s-maxage=60"
    response.vary.add("Cookie")
    return response


@blueprint.get("/priser")
def price_list() -> Response:
    """What consultations cost today, as far as it is known, and the e-course."""
    today = now().astimezone(COPENHAGEN).date()
    rows = rules.current(prices(), today)
    return show_public("pages/prices.html", rows=rows, course=course_models.offer())


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """What a phone needs to put the site on its home screen."""
    asset: Any = current_app.jinja_env.globals["asset"]
    icons = [
        {"src": asset(f"icons/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    name = settings().clinic.get("trade_name")
    response = jsonify(
        name=name,
        short_name=name,
        lang="da",
        start_url="/",
        display="browser",
        background_color="#FBF8F2",
        theme_color="#FBF8F2",
        icons=icons,
    )
    response.mimetype = "application/manifest+json"
    return response


@blueprint.get("/min-side")
@login_required
def my_page() -> Response | AnyResponse:
    if not current_user.trusted:
        return show("pages/my_page_closed.html", status_code=403)
    moment = now()
    course, until = course_models.the_course(), course_models.access(current_user, moment)
    courses = (
        [{"title": course.title, "resume_url": RESUME, "access_until": day(until)}]
        if course and until
        else []
    )
    person = {"email": current_user.email, "name": current_user.name}
    return show(
        "pages/my_page.html",
        person=person,
        courses=courses,
        appointments=_appointments(moment),
        purchases=_purchases(current_user.person_id),
        sessions=account_models.browsers_of(current_user.person_id, moment),
        unreadable=UNREADABLE,
    )


def _appointments(moment: datetime) -> Sequence[Any]:
    """What is coming under this address, for who has proved that it is theirs."""
    return booking_models.coming(current_user.email, moment) if current_user.has_proved else []


def _purchases(person_id: int) -> list[dict[str, Any]]:
    """The person's orders with their documents, those that may be seen here."""
    documents = invoice_models.of_person(person_id)
    return [
        {"order": order, "documents": [each for each in documents if each.order_id == order.id]}
        for order in order_models.of_person(person_id)
        if current_user.may_see_order(order.id)
    ]


@blueprint.get("/healthz")
def healthz() -> Response:
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    reasons = readiness.reasons(now())
    return jsonify(
        status="not ready" if reasons else "ok", reasons=reasons
    ), 503 if reasons else 200


@blueprint.get("/robots.txt")
def robots() -> Response:
    closed = ("min-side", "log-ind", "koeb/tak", "klinik", "aftale", "podcast", "kursus/mails")
    lines = ["User-agent: *", *(f"Disallow: /{path}" for path in closed)]
    lines.append(f"Sitemap: {settings().public_url}/sitemap.xml")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    lessons = [step.slug for step in course_models.outline(None) if step.preview]
    addresses = [
        public_url("pages.home"),
        public_url("course.sales"),
        public_url("pages.price_list"),
        public_url("enquiries.contact"),
        public_url("booking.choose"),
        *(public_url("booking.times", service=one.slug) for one in booking_hours.services()),
        public_url("withdrawals.withdraw"),
        *(public_url("pages.text", slug=slug) for slug in TEXTS),
        *(public_url("course.lesson", slug=slug) for slug in lessons),
    ]
    urls = "".join(f"<url><loc>{address}</loc></url>" for address in addresses)
    xml = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}\n', mimetype="application/xml")


@blueprint.get("/.well-known/security.txt")
def security() -> Response:
    clinic = settings().clinic_email
    expires = now().replace(microsecond=0, year=now().year + 1, day=1).isoformat()
    return Response(
        f"Contact: mailto:{clinic}\nExpires: {expires}\nPreferred-Languages: da, en\n",
        mimetype="text/plain",
    )
