"""Every page that somebody without a session can meet, read from the program itself."""

from __future__ import annotations

from typing import NoReturn

from flask import Flask, abort
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from shop import create_app, settings
from shop.web import PAGES_FOR_ERRORS

LESSON = "/kursus/alarm-eller-skade"
# What stands for an address with a part that varies.
EXAMPLES = {
    "course.lesson": [LESSON, "/kursus/advarselslamper-og-medicin"],
    "booking.times": ["/book/indledende"],
    "booking.ask": ["/book/indledende/venteliste"],
    "booking.in_line": ["/book/indledende/venteliste/tak"],
    "accounts.link": ["/log-ind/" + "x" * 43],
}
FILES = {  # for machines, not for reading
    "pages.terms_pdf",
    "pages.manifest",
    "pages.healthz",
    "pages.readyz",
    "pages.robots",
    "pages.sitemap",
    "pages.security",
    "course.audio",
    "course.episode_file",
    "course.feed",
    "coursework.licence_pdf",
    "coursework.licence_picture",
    "coursework.pack",
    "coursework.paper",
    "coursework.plan_pdf",
    "booking.calendar_file",
    "booking.feed",
    "invoices.document",
    "orders.confirmation",
    "gifts.card",
    "privacy.data",
    "withdrawals.form_pdf",
}
# Without a session these only lead elsewhere; the journeys look at them with one.
OWN = {
    "booking.appointment",
    "booking.new_time",
    "booking.hold_left",
    "booking.place_in_line",
    "pages.my_page",
    "accounts.code",
    "course.podcast",
    "coursework.check_page",
    "coursework.consent",
    "coursework.earlier",
    "coursework.licence",
    "coursework.logbook",
    "coursework.plan",
    "coursework.preview",
    "coursework.shared",
    "coursework.tool",
    "coursework.tools",
    "coursework.verify",
    "gifts.gift",
    "privacy.erasure",
    "privacy.call_off",
    "rhythm.mails",
    "withdrawals.receipt",
}
BACK_OFFICE = {"clinic", "dev"}


def program() -> Flask:
    """The program as it is developed; its database is never asked."""
    return create_app(settings.load({"APP_ENV": "development"}))


def public_pages(app: Flask) -> list[str]:
    """The path of every public page. KeyError when a new address needs an example here."""
    return sorted({path for rule in app.url_map.iter_rules() for path in _paths(rule)})


def _paths(rule: Rule) -> list[str]:
    blueprint = rule.endpoint.partition(".")[0]
    if "GET" not in (rule.methods or ()) or blueprint in BACK_OFFICE:
        return []
    if rule.endpoint in FILES | OWN:
        return []
    return EXAMPLES[rule.endpoint] if rule.arguments - set(rule.defaults or {}) else [rule.rule]


def error_pages(app: Flask) -> dict[int, TestResponse]:
    """By status, each answer that tells of a mistake, as the program really gives it."""
    return {status: _failing(app, status) for status in sorted(PAGES_FOR_ERRORS)}


def _failing(app: Flask, status: int) -> TestResponse:
    def fail() -> NoReturn:
        abort(status)

    kept = app.view_functions["pages.healthz"]
    app.view_functions["pages.healthz"] = fail
    try:
        return app.test_client().get("/healthz", buffered=True)
    finally:
        app.view_functions["pages.healthz"] = kept
