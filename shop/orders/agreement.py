"""What a buyer says yes to: the terms and the consent, word for word as they stood that day."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from flask import current_app, render_template_string

from shop.content import consents, texts
from shop.course.models import Offer


class Agreement(NamedTuple):
    """Both texts in Markdown with every fact filled in; `digest` is of all of it."""

    digest: str
    version: str
    terms: str
    consent_version: str
    consent: str


def of(offer: Offer) -> Agreement:
    """What a buyer of this offer says yes to today. Filled in once for each offer and process."""
    known: dict[Offer, Agreement] = current_app.extensions.setdefault("agreements", {})
    if offer not in known:
        known[offer] = _filled_in(offer)
    return known[offer]


def _filled_in(offer: Offer) -> Agreement:
    terms, consent = texts()["handelsbetingelser"], consents()["order"]
    words = render_template_string(terms.body, course=offer)
    parts = (terms.version, words, consent.version, consent.text)
    return Agreement(sha256("\0".join(parts).encode()).hexdigest(), *parts)
