from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from shop.accounts import actions as accounts
from shop.content import consents
from shop.db import db, transaction
from shop.enquiries import actions, models
from shop.enquiries.actions import Typed
from shop.enquiries.models import Enquiry
from shop.enquiries.rules import search_text
from shop.outbox.models import Mail
from shop.web import now
from tests.browser import Browser
from tests.conftest import let_in

CLINICIAN = "behandler@example.dk"
MESSAGE = "Jeg har haft ondt i lænden i fire år."
VISITOR = {
    "name": "Kirsten Prøve",
    "email": "kirsten@example.dk",
    "phone": "+4520123456",
    "topic": "forloeb",
    "message": MESSAGE,
}


class Clinic:
    """The back office in the browser of a clinician, and what lies behind it."""

    def __init__(self, app: Flask, browser: Browser, clock: Any) -> None:
        self.app, self.browser, self.clock = app, browser, clock
        self._numbers = itertools.count(1)

    def receive(self, *suspicions: str, **typed: str) -> str:
        """Somebody writes; returns the reference."""
        with self.app.app_context(), transaction():
            consent = consents()["enquiry"]
            given = Typed(
                **{**VISITOR, **typed}, consent_version=consent.version, consent_text=consent.text
            )
            return actions.receive(given, f"key {next(self._numbers)}", suspicions, now())[0]

    def fill(self, count: int, state: str = "new", **values: Any) -> list[str]:
        """So many enquiries at once, without their mails; returns their references."""
        numbers = [next(self._numbers) for _ in range(count)]
        references = [f"{number:08d}" for number in numbers]
        rows = [
            {
                **VISITOR,
                "reference": reference,
                "submit_key": f"key {number}",
                "state": state,
                "version": 0,
                "consent_version": "1",
                "consent_text": "Ja",
                "suspicions": "",
                "search_text": search_text(VISITOR["name"], "", "", reference),
                "received_at": now(),
                "changed_at": now(),
                "purge_at": now() + timedelta(days=30),
                **values,
            }
            for number, reference in zip(numbers, references, strict=True)
        ]
        with self.app.app_context(), transaction():
            db.session.execute(sa.insert(Enquiry), rows)
        return references

    def row(self, reference: str) -> Enquiry | None:
        with self.app.app_context():
            return models.by_reference(reference)

    def all_rows(self) -> list[Enquiry]:
        with self.app.app_context():
            return list(db.session.scalars(sa.select(Enquiry).order_by(Enquiry.id)))

    def open(self, reference: str) -> Browser:
        return self.browser.get(f"/klinik/henvendelser/{reference}")

    def set_state(self, reference: str, state: str) -> None:
        self._update(Enquiry, Enquiry.reference == reference, state=state)

    def set_mail(self, kind: str, **values: Any) -> None:
        """Lets all mails of a kind have met a fate."""
        self._update(Mail, Mail.kind == kind, **values)

    def _update(self, model: type, which: Any, **values: Any) -> None:
        with self.app.app_context(), transaction():
            db.session.execute(sa.update(model).where(which).values(**values))

    def mails(self) -> dict[str, Mail]:
        """The mails about enquiries by their kind."""
        query = sa.select(Mail).where(Mail.about.like("enquiry:%"))
        with self.app.app_context():
            return {mail.kind: mail for mail in db.session.scalars(query)}

    def names(self) -> list[str]:
        """Whose enquiries the list shows."""
        return [
            "".join(link.itertext())
            for link in self.browser.page.findall(".//{*}ul[@class='leads']//{*}h2/{*}a")
        ]

    def references(self) -> list[str]:
        """Which enquiries the list shows."""
        return [
            link.get("href").rpartition("/")[2].replace("-", "")
            for link in self.browser.page.findall(".//{*}ul[@class='leads']//{*}h2/{*}a")
        ]


def choose(browser, state: str):
    """Chooses a state as the page offers it: by a button of its own, or a radio button and Gem."""
    buttons = {"new": "Frigiv: send den videre", "spam": "Det er spam"}
    if "Gem" in browser.buttons():
        return browser.submit("Gem", state=state)
    return browser.submit(buttons[state])


@pytest.fixture
def clock():
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


@pytest.fixture
def clinician(app: Flask) -> str:
    """The address of somebody who may enter."""
    with app.app_context(), transaction():
        accounts.set_clinician(CLINICIAN, True, now())
    return CLINICIAN


@pytest.fixture
def clinic(app, clock, browser, clinician) -> Clinic:
    return Clinic(app, let_in(app, browser, clinician), clock)


@pytest.fixture
def work(app: Flask, mailbox: Any, stripe: Any) -> Callable[[], None]:
    """Lets the worker do what is due."""

    def work() -> None:
        done = app.test_cli_runner().invoke(args=["worker", "--once"])
        assert done.exit_code == 0, done.output

    return work
