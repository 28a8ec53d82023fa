"""The mails about signing in."""

from __future__ import annotations

from flask import render_template

from shop.outbox.rules import Letter
from shop.web import public_url


def sign_in(email: str, token: str, code: str) -> Letter:
    """A link and a code; both work once, for 20 minutes."""
    link = public_url("accounts.link", token=token)
    text = render_template("accounts/mail/sign_in.txt", link=link, code=code)
    return Letter(email, "Dit link til at logge ind", text)
