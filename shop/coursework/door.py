"""Who may come in, and what a form is filled in with for them."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable, Mapping
from functools import wraps
from hashlib import sha256
from typing import Any, cast

from flask import Blueprint, Response, current_app, g, request
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import SQLAlchemyError

from shop.accounts.models import Visitor
from shop.course import models as course_models
from shop.coursework.sheet import Given
from shop.web import now, settings, show

blueprint = Blueprint("coursework", __name__)


@blueprint.after_request
def keep_nowhere(response: Response) -> Response:
    """What people write about their health lies in no browser's cache, on a screen others use."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def owns_course() -> bool:
    """Whether this browser may read the course, and what its owner has written."""
    try:
        visitor = current_user._get_current_object()
        if not visitor.is_authenticated or not visitor.trusted:
            return False
        if "access_until" not in g:
            g.access_until = course_models.access(visitor, now())
    except SQLAlchemyError:  # an error page must come through when the database does not
        return False
    return g.access_until is not None


def owners(view: Callable[..., Any]) -> Callable[..., Any]:
    """Lets those in who may read the course and have shown whose browser it is."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not current_user.is_authenticated:
            return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
        if not owns_course():
            return closed()
        return view(*args, **kwargs)

    return guarded


def writers(view: Callable[..., Any]) -> Callable[..., Any]:
    """Lets everybody in to what they wrote and agreed to, also when their access has run out."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not current_user.is_authenticated:
            return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
        return view(*args, **kwargs) if current_user.trusted else closed()

    return guarded


def closed() -> Response:
    """Says why somebody who is signed in cannot come in here."""
    return show("coursework/closed.html", status_code=403, trusted=current_user.trusted)


def me() -> int:
    """The person whose answers these are; only behind `owners`."""
    return cast(Visitor, current_user).person_id


def given_for(stored: Mapping[str, Any], back: str, **more: Any) -> Given:
    """What fills a form in on this page."""
    return Given(
        stored,
        more=request.args.get("mere", ""),
        csrf=generate_csrf(),
        pen=secrets.token_hex(6),
        key=draft_key(),
        back=back,
    )._replace(**more)


def draft_key() -> str:
    """What the page's script locks unsaved words up with, on a screen that others may use.

    The same for a person at every visit, and nowhere on the machine once they are signed out.
    """
    secret = settings().secret_key.encode()
    digest = hmac.new(secret, f"drafts:{me()}".encode(), sha256).digest()
    return base64.b64encode(digest).decode()
