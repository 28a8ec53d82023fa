"""Making the address of somebody's podcast, making it anew, and taking it away."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa

from shop.course.podcast_models import PodcastFeed
from shop.db import db
from shop.web import hashed, settings


def token_of(feed: PodcastFeed) -> str | None:
    """The token of the feed's address, to be shown to its person again.

    None when SECRET_KEY has changed since it was made: the old address works, but only its
    person's app knows it.
    """
    token = _token(feed.person_id, feed.salt)
    return token if hashed(token) == feed.token_hash else None


def _token(person_id: int, salt: str) -> str:
    key = settings().secret_key.encode()
    digest = hmac.new(key, f"podcast:{person_id}:{salt}".encode(), sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def renew(person_id: int, now: datetime) -> None:
    """Gives the person an address nobody knows; the one before it stops at once."""
    close(person_id)
    salt = secrets.token_urlsafe(32)
    token_hash = hashed(_token(person_id, salt))
    feed = PodcastFeed(person_id=person_id, salt=salt, token_hash=token_hash, made_at=now)
    db.session.add(feed)
    db.session.flush()


def close(person_id: int) -> None:
    """Takes the person's address away, at once and for good."""
    db.session.execute(sa.delete(PodcastFeed).where(PodcastFeed.person_id == person_id))
