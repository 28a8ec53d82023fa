"""What every view uses: showing pages and fragments, the time, limits, headers, error pages."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import brotli
import structlog
from flask import (
    Flask,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    session,
)
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_user
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from shop.danish import appointed, clock, date, day, kroner, moment, period, weekday
from shop.reports import report
from shop.settings import Settings
from shop.tallies import Tallies

log = structlog.get_logger("shop")
csrf = CSRFProtect()
limiter = Limiter(key_func=lambda: network(get_remote_address()))

PAGES_FOR_ERRORS = frozenset({400, 403, 404, 405, 413, 429, 500, 503})
LONGEST_PATH = 500  # characters of an address to come back to
LARGEST_REQUEST = 256 * 1024  # bytes


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def settings() -> Settings:
    """The running app's settings."""
    found: Settings = current_app.extensions["settings"]
    return found


def show(
    page: str, fragment: str | None = None, status_code: int = 200, **context: Any
) -> Response:
    """Renders the page, or only the fragment when htmx asks for a part.

    The only reader of htmx's headers. A boosted or restored page is a whole page to htmx too.
    """
    if fragment is None:
        return make_response(render_template(page, **context), status_code)
    partial = request.headers.get("HX-Request") == "true"
    response = make_response(render_template(fragment if partial else page, **context), status_code)
    response.vary.add("HX-Request")
    return response


def show_public(page: str, **context: Any) -> Response:
    """Renders a page that is the same for everybody without a session, so it may be kept.

    CDNs may keep it for a minute; browsers ask each time and mostly hear 304.
    """
    site = settings().public_url
    canonical = site + request.path
    response = make_response(render_template(page, canonical=canonical, public_url=site, **context))
    if not current_user.is_authenticated:  # somebody's own way to their plan may stand on it
        response.headers["Cache-Control"] = "public, max-age=0, s-maxage=60"
    response.vary.add("Cookie")
    return response


def squeezed(response: Response, quality: int = 4) -> Response:
    """The page compressed. Only for one without a secret beside what was asked for (BREACH).

    Quality 1 takes a tenth of a millisecond for 35 kB, 4 four times that.
    """
    if request.accept_encodings["br"] and response.status_code == 200:
        response.set_data(brotli.compress(response.get_data(), quality=quality))
        response.headers["Content-Encoding"] = "br"
    response.vary.add("Accept-Encoding")
    return response


def after_post(location: str, fragment: str, **context: Any) -> Response:
    """Answers a form that changed one thing: the fragment for htmx, otherwise 303 to the page."""
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template(fragment, **context))
    return make_response(redirect(location, 303))


def pdf_file(file: bytes, name: str) -> Response:
    """A PDF for one person: to be saved, and kept by nobody on the way."""
    response = Response(file, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def public_url(endpoint: str, **values: Any) -> str:
    """An address for mails and Stripe: on PUBLIC_URL, never on what the Host header claims."""
    path = current_app.url_map.bind("localhost").build(endpoint, values)
    return settings().public_url + path


def own_path(target: str | None) -> str | None:
    """The target when it is a path on this site, otherwise None (open redirects, CWE-601)."""
    if not target or len(target) > LONGEST_PATH or not target.startswith("/"):
        return None
    if "\\" in target or not target.isprintable():
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc or target.startswith("//") else target


def came_from() -> str | None:
    """The page on this site whose link or button was pressed, as far as the browser tells."""
    return own_path((request.referrer or "").removeprefix(request.host_url.rstrip("/")))


def admit(visitor: Any) -> None:
    """Signs this browser in: its cookie carries the visitor's token for half a year."""
    session.permanent = True
    login_user(visitor)


def clinicians_only() -> Any:
    """Before any request of the back office: 303 to sign in, 403 for everybody else."""
    if not current_user.is_authenticated or current_user.clinic == "sign_in":
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
    if current_user.clinic != "open":
        abort(403)
    return None


def network(address: str) -> str:
    """Who counts as one client: an IPv4 address, or the /64 that one IPv6 household has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"  # whatever a proxy wrote there is no address
    return address if parsed.version == 4 else str(ip_network((parsed, 64), strict=False))


def hashed(value: str) -> str:
    """A key for limits and look-ups that does not hold the value itself."""
    return hashlib.sha256(value.encode()).hexdigest()


def from_elsewhere() -> bool:
    """Whether another site had the browser send this (Fetch Metadata, or Origin in older ones)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin not in {None, request.host_url.rstrip("/"), settings().public_url}


def init_web(app: Flask, settings: Settings) -> None:
    """Sessions, CSRF, limits, headers, filters and error pages."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.production,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,  # a form left open over night still works
        RATELIMIT_STORAGE_URI=settings.redis_url or f"{Tallies.STORAGE_SCHEME[0]}://",
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,  # a Redis that is away closes no shop
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    csrf.init_app(app)
    limiter.init_app(app)
    # Our limits stand on views, whose decorators check them; this check is for limits of the
    # whole site, and there are none.
    app.before_request_funcs[None].remove(limiter._check_request_limit)
    app.jinja_env.filters.update(kroner=kroner, date=date, day=day, moment=moment)
    app.jinja_env.filters.update(appointed=appointed, clock=clock, period=period, weekday=weekday)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_error_handler(Exception, _error_page)
    headers = list(_security_headers(settings).items())

    @app.before_request
    def refuse_nul() -> None:
        """PostgreSQL stores no NUL in text, and nobody types one."""
        typed = request.form.values() if request.method == "POST" else ()
        if any("\0" in text for text in (request.path, *request.args.values(), *typed)):
            abort(400)

    @app.after_request
    def guard(response: Response) -> Response:
        if request.path.startswith(("/klinik", "/min-side")):  # others may use the same screen
            response.headers.setdefault("Cache-Control", "private, no-store")
        said = {name.lower() for name, _ in response.headers}
        response.headers.extend([pair for pair in headers if pair[0].lower() not in said])
        return response


def _security_headers(settings: Settings) -> dict[str, str]:
    headers = {
        # Chromium holds form-action against the redirect to the pay page as well.
        "Content-Security-Policy": (
            "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {settings.pay_page_origin}"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        "Cache-Control": "private, no-cache",
    }
    if settings.production:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


def _error_page(error: Exception) -> Response:
    """Kind pages for the visitor; for our own mistakes an id that stands in the log too."""
    if isinstance(error, HTTPException) and error.response is not None:
        return error.get_response()  # type: ignore[return-value]
    status = error.code or 500 if isinstance(error, HTTPException) else 500
    error_id = secrets.token_hex(4)
    if status >= 500 and not isinstance(error, HTTPException):
        rule = request.url_rule.rule if request.url_rule else "-"
        log.error("failed", error_id=error_id, rule=rule, method=request.method, exc_info=error)
        report(error, error_id=error_id, rule=rule, method=request.method)
    page = status if status in PAGES_FOR_ERRORS else 400 if status < 500 else 500
    response = make_response(render_template(f"errors/{page}.html", error_id=error_id), status)
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name not in {"Content-Type", "Content-Length"}:
                response.headers[name] = value
    return response
