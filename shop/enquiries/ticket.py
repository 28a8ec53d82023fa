"""What a form carries to say when it was shown and with which consent: signed, without a cookie.

It stands in the form's CSRF field. The form does nothing with the visitor's rights, so nothing is
gained by having somebody else's browser send it; `web.from_elsewhere` refuses that all the same.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from shop.web import settings

LIFE = timedelta(hours=24)


def issue(shown_at: datetime, consent_version: str) -> str:
    """The moment the form was shown and the consent that stood on it, signed."""
    return str(_signer().dumps([shown_at.timestamp(), consent_version]))


def read(given: str | None, consent_version: str) -> datetime | None:
    """When the form was shown, however long ago.

    None when we did not sign it, or when it showed another consent than today's: a yes to words
    that were never seen is none (GDPR article 7(1)).
    """
    try:
        timestamp, shown_version = _signer().loads(given or "")
    except (BadSignature, ValueError, TypeError):
        return None
    return datetime.fromtimestamp(timestamp, UTC) if shown_version == consent_version else None


def is_fresh(shown_at: datetime, now: datetime) -> bool:
    """Whether a form shown then may still be sent."""
    return now - shown_at <= LIFE


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="enquiry-ticket")
