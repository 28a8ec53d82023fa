"""A thousand enquiries, and a mail server in every bad mood it can have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from sandbox.mailbox import LocalMailbox
from shop import create_app, settings
from shop.db import db
from shop.outbox import mailer
from shop.outbox.delivery import deliver_due
from shop.outbox.models import Mail
from shop.outbox.rules import WAITING
from shop.web import now
from tests.endurance.post import Post

pytestmark = pytest.mark.endurance

# The whole thousand on one database, enough to see a difference on the other.
LEADS = {"sqlite": 1000, "postgresql": 300}
HOPELESS = 10  # their mailboxes are busy for three days
TWENTY_MINUTES, HALF_A_MINUTE = timedelta(minutes=20), timedelta(seconds=30)


class World:
    """The enquiries, the mail server, the worker's turns, and a clock that only turns move."""

    def __init__(self, post: Post, box: LocalMailbox, clock: Any, program: Program) -> None:
        self.post, self.box, self.clock, self.program = post, box, clock, program
        self.refused = self.kept = 0

    def work(
        self, span: timedelta = TWENTY_MINUTES, step: timedelta = HALF_A_MINUTE, **environ: str
    ) -> None:
        """Lets a worker with these settings take its turns for so long, a step apart or more."""
        app, until = self.program(**environ), now() + span
        due = sa.select(sa.func.min(Mail.not_before)).where(Mail.state.in_(WAITING))
        with app.app_context():
            while now() < until:
                deliver_due()
                next_due = db.session.scalar(due) or until
                db.session.rollback()
                self.clock.move_to(min(until, max(now() + step, next_due)))

    def answers(self, how: str, times: int, **more: Any) -> None:
        self.box.behave(how, times, **more)
        self.refused += times if how == "550" else 0
        self.kept += times if more.get("keeping") else 0
        for _ in range(10):  # what would hit every mail alike is tried on one in each turn
            self.work()
            if self.box._times == 0:
                break
        assert self.box._times == 0, "every one of these answers was given"

    def is_off_for_two_days(self) -> None:
        self.box.stop()
        self.work(timedelta(days=2), timedelta(minutes=10))
        self.box.start()

    def refuses_tls(self) -> None:
        before = self.post.received()
        self.work(MAIL_USE_TLS="true")
        assert self.post.received() == before

    def wants_another_password(self) -> None:
        with LocalMailbox(login=("klinik", "nyt")) as server:
            port = str(server.smtp_port)
            self.work(MAIL_PORT=port, MAIL_USERNAME="klinik", MAIL_PASSWORD="gammelt")
            assert server.messages == []


Program = Callable[..., Flask]


@pytest.fixture
def world(post, box, environ, monkeypatch):
    monkeypatch.setattr(mailer, "TIMEOUT_OF_MAIL", 0.5)  # so long is a server's silence here
    with time_machine.travel(now(), tick=False) as clock:
        yield World(post, box, clock, lambda **own: create_app(settings.load({**environ, **own})))


def test_every_enquiry_has_its_mails_sent_or_failed(world, post, rng, tell, engine):
    leads = LEADS[engine]
    moods = [
        world.work,
        partial(world.answers, "421", rng.randint(20, 90)),
        partial(world.answers, "450", rng.randint(20, 90)),
        partial(world.answers, "550", rng.randint(20, 90)),
        partial(world.answers, "hang", rng.randint(4, 8), at="data"),
        partial(world.answers, "hang", rng.randint(4, 8), at="data", keeping=True),
        partial(world.answers, "drop", rng.randint(5, 20), at="rcpt"),
        partial(world.answers, "drop", rng.randint(5, 20), at="data", keeping=True),
        world.refuses_tls,
        world.wants_another_password,
        world.is_off_for_two_days,
    ]
    rng.shuffle(moods)
    for number, mood in enumerate(moods):
        post.enquire((leads - HOPELESS) * (number + 1) // len(moods) - post.queued // 2)
        mood()
    world.box.behave("ok")
    world.work(timedelta(days=1))
    assert post.unsettled() == 0
    post.enquire(HOPELESS)
    world.box.behave("450")
    world.work(timedelta(days=3))

    fates, received = post.fates(), post.received()
    assert len(fates) == post.queued == 2 * leads
    states = Counter((mail.state, mail.failure, mail.code) for mail in fates)
    refused = [mail for mail in fates if mail.failure == "permanent"]
    assert 0 < len(refused) <= world.refused
    assert {mail.kind for mail in refused} == {"receipt"}, "the clinic's own are tried again"
    failed = {
        ("failed", "permanent", 550): len(refused),
        ("failed", "temporary", 450): 2 * HOPELESS,
    }
    sent = 2 * leads - sum(failed.values())
    assert states == {("sent", None, None): sent, **failed}
    # What the server kept although its answer never came may lie there whatever its fate; each such
    # copy is one more than the one for each mail that is "sent", and there are no others.
    assert {mail.message_id for mail in fates if mail.state == "sent"} <= set(received)
    assert received.total() == sent + world.kept
    tell(
        f"{leads} enquiries, {2 * leads} mails in {sum(mail.tries for mail in fates)} tries: "
        f"{sent} sent, {sum(failed.values())} failed, "
        f"{received.total() - len(received)} duplicates, 0 lost"
    )
