"""Every view has a test that asks for it, and every form that changes something is guarded."""

from __future__ import annotations

import ast
from functools import cache
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from shop.settings import ROOT

METHODS = {"get": "GET", "head": "GET", "post": "POST", "open": None}
HERE = ROOT / "tests" / "guards"


@cache
def requested() -> frozenset[tuple[str, str | None]]:
    """(path, method) of everything that tests ask for, as far as it is written in the call.

    A path in a constant, or one that a form is asked for by, counts for every method it has.
    """
    found = set()
    for file in sorted((ROOT / "tests").rglob("*.py")):
        if file.is_relative_to(HERE):
            continue
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        in_calls = set()
        for call in (node for node in nodes if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Attribute) and call.func.attr in METHODS and call.args:
                path = _path(call.args[0])
                in_calls.add(id(call.args[0]))
                if path:
                    found.add((path, METHODS[call.func.attr]))
        for node in nodes:
            path = _path(node) if id(node) not in in_calls else None
            if path:
                found.add((path, None))
    return frozenset(found)


def _path(node: ast.AST) -> str | None:
    """The path a string literal names, whatever an f-string fills in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    elif isinstance(node, ast.JoinedStr):
        text = "".join(
            str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values
        )
    else:
        return None
    return urlsplit(text).path if text.startswith("/") and not text.startswith("//") else None


def test_every_view_is_asked_for_by_a_test(program):
    adapter = program.url_map.bind("localhost")
    seen = set()
    for path, method in requested():
        for each in [method] if method else ["GET", "POST"]:
            try:
                rule, _ = adapter.match(path, each, return_rule=True)
            except (HTTPException, RequestRedirect):
                continue
            seen.add((rule.rule, each))
    wanted = {
        (rule.rule, method)
        for rule in program.url_map.iter_rules()
        for method in rule.methods & {"GET", "POST"}
    }
    assert len(wanted) > 20
    assert wanted - seen == set()


def test_a_view_that_changes_something_takes_no_get(program):
    """Browsers, scanners and search engines follow links; what they follow changes nothing."""
    for rule in program.url_map.iter_rules():
        if any(
            word in rule.rule
            for word in ("log-ud", "gennemfoert", "plads", "nyt-link", "klinik/mails/")
        ):
            assert "GET" not in rule.methods, rule.rule


def test_few_views_go_without_a_csrf_token(program):
    """Stripe signs what it sends. Writing to the clinician uses nobody's rights and needs no
    cookie, so a forged post gains nothing; `from_elsewhere` has its writer look at it first. So
    does withdrawing, which must not be lost with a cookie. A mail program that stops mails has no
    cookie either: it shows the token of the mail."""
    csrf = program.extensions["csrf"]
    assert csrf._exempt_views == {
        "shop.orders.views.webhook",
        "shop.enquiries.views.send",
        "shop.enquiries.views.check",
        "shop.withdrawals.views.look_over",
        "shop.withdrawals.views.confirm",
        "shop.rhythm.views.answer",
    }
    assert not csrf._exempt_blueprints
