"""What the outbox says became of the mails, beside what lies in the mailbox."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import sqlalchemy as sa
from flask import Flask

from sandbox.mailbox import LocalMailbox
from shop.db import db, transaction
from shop.enquiries.actions import Typed, receive
from shop.outbox import actions
from shop.outbox.models import Mail
from shop.outbox.rules import UNSETTLED, Letter
from shop.web import now

WORDS = "Jeg har haft ondt i lænden i fire år. Kan du hjælpe mig?"
MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.MULTILINE | re.IGNORECASE)


class Post:
    """Both ends of the road: the table of mails, and the mail server."""

    def __init__(self, app: Flask, box: LocalMailbox) -> None:
        self.app, self.box = app, box
        self.queued = 0

    def enquire(self, count: int) -> None:
        """So many visitors write; each enquiry and its two mails are one transaction."""
        with self.app.app_context():
            for number in range(self.queued, self.queued + 2 * count, 2):
                typed = Typed("Kirsten Prøve", "kirsten@example.dk", "", "andet", WORDS, "1", "Ja")
                with transaction():
                    receive(typed, f"submit:{number}", (), now())
        self.queued += 2 * count

    def queue(self, count: int) -> None:
        """Queues mails in one transaction."""
        with self.app.app_context(), transaction():
            for number in range(self.queued, self.queued + count):
                assert actions.queue(letter(f"Nr. {number}"), "test", f"test:{number}", now())
        self.queued += count

    def queue_next(self, about: str, sequence: int) -> None:
        """Queues one of a series."""
        subject = f"{about} {sequence}"
        with self.app.app_context(), transaction():
            assert actions.queue(
                letter(subject), "test", subject, now(), about=about, sequence=sequence
            )
        self.queued += 1

    def unsettled(self) -> int:
        """How many mails have no fate yet."""
        count = sa.select(sa.func.count()).where(Mail.state.in_(UNSETTLED))
        with self.app.app_context():
            return db.session.scalar(count) or 0

    def fates(self) -> list[Any]:
        """Each mail's row without its letter."""
        columns = (Mail.message_id, Mail.state, Mail.kind, Mail.tries, Mail.failure, Mail.code)
        with self.app.app_context():
            return list(db.session.execute(sa.select(*columns).order_by(Mail.id)))

    def received(self) -> Counter[str]:
        """Message-IDs in the mailbox, with how many times each lies there."""
        return Counter(message_id(mail.raw) for mail in self.box.received())


def message_id(raw: bytes) -> str:
    found = MESSAGE_ID.search(raw)
    assert found, raw
    return found[1].decode()


def letter(subject: str) -> Letter:
    return Letter("kirsten@example.dk", subject, WORDS)
