from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from shop.db import db, transaction
from shop.outbox import actions
from shop.outbox.delivery import deliver_due
from shop.outbox.models import Mail
from shop.outbox.rules import Letter
from shop.web import now

WORDS = "Kære Kirsten, her står noget fortroligt."


class Outbox:
    """The outbox as a worker and somebody who looks into the table see it."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def queue(self, count: int = 1, **letter: Any) -> None:
        first = self.count()
        given = {"to": "kirsten@example.dk", "subject": "Emne på dansk", "text": WORDS, **letter}
        with self.app.app_context(), transaction():
            for number in range(first, first + count):
                actions.queue(Letter(**given), "test", f"test:{number}", now())

    def deliver(self) -> int:
        with self.app.app_context():
            return deliver_due()

    def rows(self) -> list[Mail]:
        with self.app.app_context():
            return list(db.session.scalars(sa.select(Mail).order_by(Mail.id)))

    def count(self) -> int:
        with self.app.app_context():
            return db.session.scalar(sa.select(sa.func.count()).select_from(Mail)) or 0

    def states(self) -> list[str]:
        return [mail.state for mail in self.rows()]


@pytest.fixture
def outbox(app: Flask) -> Outbox:
    return Outbox(app)


@pytest.fixture
def together(app: Flask) -> Callable[[int, Callable[[], Any]], list[Any]]:
    """Runs a function in so many threads at once, each with an app context of its own."""
    import threading
    from concurrent.futures import ThreadPoolExecutor

    def run(count: int, function: Callable[[], Any]) -> list[Any]:
        barrier = threading.Barrier(count)

        def one() -> Any:
            with app.app_context():
                barrier.wait()
                return function()

        with ThreadPoolExecutor(count) as pool:
            return [done.result() for done in [pool.submit(one) for _ in range(count)]]

    return run
