"""The mails about signing in."""

from __future__ import annotations

from shop.accounts import rules
from shop.letters import written
from shop.outbox.rules import Letter
from shop.web import public_url


def sign_in(email: str, token: str, code: str) -> Letter:
    """A link and a code; both work once, for 20 minutes."""
    link = public_url("accounts.link", token=token)
    if len(code) == rules.LONG_CODE:
        code = f"{code[:5]} {code[5:]}"  # as it is read off a telephone and typed
    subject = "Dit link til at logge ind"
    text, html = written("accounts/mail/sign_in", subject, link=link, code=code)
    return Letter(email, subject, text, html)
