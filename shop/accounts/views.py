"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, redirect, request, session, url_for
from flask_login import LoginManager, current_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from shop.accounts import actions, models, rules
from shop.accounts.forms import CodeForm, SignInForm
from shop.accounts.models import SignIn, Visitor
from shop.counting import count, is_over
from shop.db import transaction
from shop.web import admit, came_from, hashed, limiter, network, now, own_path, show

blueprint = Blueprint("accounts", __name__)
login_manager = LoginManager()
login_manager.session_protection = None  # phones change address all day; the row can be revoked

HOME = "/min-side"
ASKED = "sign_in"  # which sign-in this browser asked for, so that a code needs no address
FROM_HERE = "5 per 15 minutes; 20 per day"  # mails to one address that one client may ask for
MAILS = "10 per 15 minutes"  # to one address, whoever asks; links live longer than that
SHORT_CODES = "20 per day"  # to one address, whoever asks; after them codes are long


def init_sign_in(app: Flask) -> None:
    """Flask-Login with cookies that last as long as the rows behind them."""
    app.config["PERMANENT_SESSION_LIFETIME"] = rules.SESSION_LIFE
    login_manager.init_app(app)


@login_manager.user_loader
def load_visitor(token: str) -> Visitor | None:
    """Flask-Login's way from the cookie's token to who is signed in; None when revoked."""
    return models.visitor(token, hashed(token), now())


@login_manager.unauthorized_handler
def ask_to_sign_in() -> AnyResponse:
    """Sends a visitor to sign in, and afterwards back to the page they asked for."""
    target = request.full_path.rstrip("?") if request.method == "GET" else came_from() or HOME
    return redirect(url_for("accounts.sign_in", next=target), 303)


def _address_from_here() -> str:
    address = hashed(rules.fold(request.form.get("email", "")))
    return f"sign-in:{address}:{network(request.remote_addr or '')}"


def _to_be_proved() -> str | None:
    """The address of who got in by paying; who is in by the mail comes here to be somebody else."""
    is_in = current_user.is_authenticated
    return current_user.email if is_in and not current_user.has_proved else None


def _enough(_breached: object = None) -> Response:
    """What was mailed before goes on working, and so does the code that this browser asked for."""
    return show("accounts/sign_in.html", status_code=429, form=SignInForm(), enough=True)


@blueprint.route("/log-ind", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
@limiter.limit(FROM_HERE, methods=["POST"], key_func=_address_from_here, on_breach=_enough)
def sign_in() -> Response | AnyResponse:
    """Mails a link and a code; an address that nobody has gets the same answers.

    A stranger keeps nobody out: one client has 5 mails in 15 minutes and 20 a day for an address,
    all together 10 in 15 minutes, and whoever must wait then has a link that lives 20 minutes.
    Nor do they guess their way in: 5 guesses at each of 20 codes of six digits are 100 a day in a
    million, and what is asked for beyond that, or for a clinician, has ten digits.
    """
    target = own_path(request.values.get("next")) or HOME
    form = SignInForm(next=target, email=_to_be_proved())
    if not form.validate_on_submit():
        return show("accounts/sign_in.html", status_code=422 if form.errors else 200, form=form)
    address = "sign-in", hashed(rules.fold(form.email.data))
    if is_over(MAILS, *address):
        return _enough()
    is_guessed_at = is_over(SHORT_CODES, *address)
    for limit in (MAILS, SHORT_CODES):
        count(limit, *address)
    with transaction():
        invitation = actions.request_sign_in(form.email.data, target, now(), is_guessed_at)
    session[ASKED] = invitation.sign_in_id
    return redirect(url_for("accounts.code"), 303)


@blueprint.route("/log-ind/kode", methods=["GET", "POST"])
@limiter.limit("20 per 15 minutes", methods=["POST"])
def code() -> Response | AnyResponse:
    if ASKED not in session:
        return redirect(url_for("accounts.sign_in"), 303)
    form, minutes = CodeForm(), int(rules.LINK_LIFE.total_seconds()) // 60
    if form.validate_on_submit():
        with transaction():
            used = actions.use_code(session[ASKED], form.code.data, now())
        if used:
            return _signed_in(used)
        form.code.errors = [
            "Koden passer ikke, eller den er udløbet. Tjek den, eller bed om en ny."
        ]
    return show(
        "accounts/code.html", status_code=422 if form.errors else 200, form=form, minutes=minutes
    )


@blueprint.get("/log-ind/<token>")
def link(token: str) -> Response:
    """Shows a button. Mail scanners open links, so opening one must not use it up."""
    found = models.by_token(hashed(token))
    if found and rules.is_open(found.used_at, found.expires_at, now()):
        return show("accounts/link.html", token=token)
    return show("accounts/link_expired.html", status_code=410, token=token if found else None)


@blueprint.post("/log-ind/<token>")
@limiter.limit("30 per 15 minutes")
def use_link(token: str) -> Response | AnyResponse:
    with transaction():
        used = actions.use_link(token, now())
    if used:
        return _signed_in(used)
    known = models.by_token(hashed(token))
    return show("accounts/link_expired.html", status_code=410, token=token if known else None)


def _signed_in(used: SignIn) -> AnyResponse:
    """A new browser row at each sign-in: an old cookie never gains rights (session fixation)."""
    with transaction():
        if current_user.is_authenticated:
            actions.close_browser(current_user.browser_id)
        token = actions.open_browser(used.person_id or 0, now())
    session.pop(ASKED, None)
    admit(load_visitor(token))
    return redirect(used.next_path, 303)


@blueprint.post("/log-ind/<token>/nyt-link")
@limiter.limit("5 per 15 minutes")
def resend(token: str) -> AnyResponse:
    with transaction():
        invitation = actions.renew(token, now())
    if invitation is None:
        return redirect(url_for("accounts.sign_in"), 303)
    session[ASKED] = invitation.sign_in_id
    return redirect(url_for("accounts.code"), 303)


@blueprint.post("/log-ud")
def sign_out() -> AnyResponse:
    if current_user.is_authenticated:
        with transaction():
            if request.form.get("everywhere") and current_user.trusted:
                actions.close_all_browsers(current_user.person_id, now())
            actions.close_browser(current_user.browser_id)
    logout_user()
    session.clear()  # also the order's key, which would let this browser in again
    return redirect("/", 303)
