"""What a form carries to say when it was shown: signed, and no cookie is needed for it.

It stands in the form's CSRF field. The form does nothing with the visitor's rights, so nothing is
gained by having somebody else's browser send it; `web.from_elsewhere` refuses that all the same.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from shop.web import settings

LIFE = timedelta(hours=24)


def issue(shown_at: datetime) -> str:
    """The moment the form was shown, signed."""
    return str(_signer().dumps(shown_at.timestamp()))


def read(given: str | None) -> datetime | None:
    """When the form was shown, however long ago; None when we did not sign it."""
    try:
        return datetime.fromtimestamp(_signer().loads(given or ""), UTC)
    except BadSignature:
        return None


def is_fresh(shown_at: datetime, now: datetime) -> bool:
    """Whether a form shown then may still be sent."""
    return now - shown_at <= LIFE


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="enquiry-ticket")
