"""What a form carries to say when it was shown: signed, and no cookie is needed for it.

It stands in the form's CSRF field. The form does nothing with the visitor's rights, so nothing is
gained by having somebody else's browser send it; `web.from_elsewhere` refuses that all the same.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from shop.web import settings

LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class Ticket:
    """One showing of the form: a random name, and when it was."""

    name: str
    shown_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether the form was shown less than a day ago."""
        return now - self.shown_at <= LIFE


def issue(shown_at: datetime) -> str:
    """A new ticket, signed."""
    return _signer().dumps([secrets.token_urlsafe(12), shown_at.timestamp()])


def read(given: str | None) -> Ticket | None:
    """The ticket, however old; None when we did not sign it."""
    try:
        name, shown_at = _signer().loads(given or "")
    except BadSignature:
        return None
    return Ticket(name, datetime.fromtimestamp(shown_at, UTC))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="enquiry-ticket")
