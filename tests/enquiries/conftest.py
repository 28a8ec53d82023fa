from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from shop.db import db
from shop.enquiries.models import Enquiry
from shop.web import now
from tests.browser import Browser

WORDS = {
    "name": "Kirsten Prøve",
    "email": "kirsten@example.dk",
    "phone": "20 12 34 56",
    "topic": "forloeb",
    "message": "Jeg har haft ondt i lænden i fire år.\nKan du hjælpe mig?",
    "consent": "y",
}
BUTTON = "Send beskeden"


@pytest.fixture
def clock():
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


class Desk:
    """The enquiry form as visitors use it, and what is kept of what they wrote."""

    def __init__(self, app: Flask, clock: Any) -> None:
        self.app, self.clock = app, clock

    def write(self, browser: Browser, seconds: float = 40, **fields: str | None) -> Browser:
        """Opens the form, takes a while, and sends it."""
        browser.get("/kontakt")
        self.clock.shift(timedelta(seconds=seconds))
        return browser.submit(BUTTON, **{**WORDS, **fields})

    def rows(self) -> list[Enquiry]:
        with self.app.app_context():
            return list(db.session.scalars(sa.select(Enquiry).order_by(Enquiry.id)))

    def one(self) -> Enquiry:
        [enquiry] = self.rows()
        return enquiry


@pytest.fixture
def desk(app: Flask, clock: Any) -> Desk:
    return Desk(app, clock)
