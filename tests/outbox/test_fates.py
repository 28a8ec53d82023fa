"""What may become of a mail besides being sent: replaced, come back, tried by hand, woken up."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address

import pytest
import time_machine
from flask import Flask

from sandbox.mailbox import LocalMailbox
from shop import create_app, settings
from shop.db import transaction
from shop.outbox import actions, mailer, models
from shop.outbox.delivery import deliver_due
from shop.outbox.models import Mail
from shop.outbox.rules import Failure, Letter
from shop.web import now


@pytest.fixture
def clock():
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


def queue(sequence: int, kind: str = "appointment", about: str = "appointment:1") -> None:
    letter = Letter("kirsten@example.dk", f"Nr. {sequence}", "…")
    with transaction():
        actions.queue(
            letter, kind, f"{kind}:{about}:{sequence}", now(), about=about, sequence=sequence
        )


def test_a_newer_mail_takes_the_place_of_an_unsent_one(app, outbox, mailbox):
    with app.app_context():
        queue(1)
        queue(2)
        queue(1, about="appointment:2")
        queue(1, kind="reminder")
    assert outbox.states() == ["superseded", "queued", "queued", "queued"]
    assert outbox.deliver() == 3
    assert sorted(mail["subject"] for mail in mailbox.messages) == ["Nr. 1", "Nr. 1", "Nr. 2"]


def test_an_older_mail_that_is_queued_late_is_not_sent(app, outbox):
    with app.app_context():
        queue(2)
        queue(1)
    assert outbox.states() == ["queued", "superseded"]


def test_a_newer_mail_waits_for_the_one_that_is_being_sent(app, outbox):
    with app.app_context():
        queue(1)
        with transaction():
            first = actions.claim(now())
        queue(2)
        with transaction():
            assert actions.claim(now()) is None, "they could arrive in the wrong order"
        with transaction():
            actions.mark_sent(first, now())
        with transaction():
            assert actions.claim(now()).sequence == 2


def test_a_mail_that_failed_when_a_newer_one_was_there_is_let_go(app, outbox, mailbox, clock):
    with app.app_context():
        queue(1)
        with transaction():
            first = actions.claim(now())
        queue(2)
        with transaction():
            actions.mark_failed(first, Failure("temporary", "busy", 450), now())
    clock.shift(timedelta(minutes=1))
    assert outbox.deliver() == 1
    assert outbox.states() == ["superseded", "sent"]


def test_an_older_mail_woken_in_the_middle_of_a_turn_does_not_leave(
    app, outbox, mailbox, monkeypatch
):
    """One worker has a:1 in hand while another sends; a:2 comes, and the first one's line drops."""
    send = mailer.Line.send
    with app.app_context():
        queue(1, about="a")
        with transaction():
            in_hand = actions.claim(now())
        queue(1, about="b")

        def meanwhile(self: mailer.Line, mail: Mail) -> None:
            send(self, mail)
            if mail.about == "b":
                queue(2, about="a")
                with transaction():
                    actions.mark_failed(in_hand, Failure("temporary", "line dropped"), now())

        monkeypatch.setattr(mailer.Line, "send", meanwhile)
        deliver_due()
    assert [mail["subject"] for mail in mailbox.messages] == ["Nr. 1", "Nr. 2"]
    outbox.deliver()
    assert sorted(outbox.states()) == ["sent", "sent", "superseded"]


def test_a_server_that_is_back_gets_what_waited_for_it_at_once(app, outbox, mailbox, clock):
    outbox.queue(3)
    mailbox.stop()
    try:
        for _ in range(3):
            assert outbox.deliver() == 0
    finally:
        mailbox.start()
    assert outbox.states() == ["retry"] * 3
    outbox.queue()
    assert outbox.deliver() == 4, "nobody waits out a ladder for a server that answers"


def test_a_busy_mailbox_is_not_asked_before_its_time(outbox, mailbox, clock):
    outbox.queue()
    mailbox.behave("450", times=1)
    outbox.deliver()
    outbox.queue()
    assert outbox.deliver() == 1
    assert outbox.states() == ["retry", "sent"]


def test_a_lost_mail_is_sent_again_when_somebody_says_so(app, outbox, mailbox, clock):
    outbox.queue()
    mailbox.behave("550", times=1)
    outbox.deliver()
    [lost] = outbox.rows()
    with app.app_context():
        assert [mail.id for mail in models.lost()] == [lost.id]
        with transaction():
            assert actions.retry(lost.id, now())
    assert outbox.deliver() == 1
    [mail] = outbox.rows()
    assert (mail.state, mail.message_id) == ("sent", lost.message_id)
    with app.app_context(), transaction():
        assert not actions.retry(lost.id, now()), "it was sent"
        assert not actions.retry(10**6, now())


def test_a_waiting_mail_is_sent_now_when_somebody_says_so(app, outbox, mailbox, clock):
    outbox.queue()
    mailbox.behave("450", times=1)
    outbox.deliver()
    with app.app_context(), transaction():
        assert actions.retry(outbox.rows()[0].id, now())
    assert outbox.deliver() == 1


def test_a_mail_that_came_back_is_lost_until_somebody_has_seen_it(app, outbox, mailbox):
    outbox.queue()
    mail_id = outbox.rows()[0].id
    with app.app_context():
        with transaction():
            assert not actions.bounced(mail_id), "it has not been sent"
        outbox.deliver()
        with transaction():
            assert actions.bounced(mail_id)
        assert (outbox.states(), models.health(now())[1]) == (["bounced"], 1)
        with transaction():
            actions.seen(mail_id, now())
        assert models.health(now())[1] == 0
        for later, left in ((timedelta(days=170), 1), (timedelta(days=190), 0)):
            with transaction():
                actions.purge(now() + later)
            assert len(outbox.rows()) == left


def test_a_mail_that_is_withheld_while_it_is_sent_is_not_tried_again(app, outbox, mailbox, clock):
    with app.app_context():
        letter = Letter("kirsten@example.dk", "Emne", "…")
        with transaction():
            actions.queue(letter, "lead", "1", now(), about="enquiry:1")
        with transaction():
            in_hand = actions.claim(now())
            actions.withhold("enquiry:1", now())
        with transaction():
            actions.mark_failed(in_hand, Failure("temporary", "busy", 450), now())
        clock.shift(timedelta(minutes=2))
        assert outbox.deliver() == 0
        assert outbox.states() == ["expired"]
        with transaction():
            actions.resume("enquiry:1", now())
    assert outbox.deliver() == 1


def test_a_server_that_sends_everybody_away_for_now_is_believed(outbox, mailbox, clock):
    outbox.queue(5)
    mailbox.behave("421", times=1, at="mail")
    assert outbox.deliver() == 0
    assert outbox.states() == ["retry", *["queued"] * 4], "one is enough to know"
    assert outbox.deliver() == 5, "and when it is well again, nobody waits"


def test_the_days_of_trying_begin_with_the_first_try(outbox, mailbox, clock):
    outbox.queue()
    clock.shift(timedelta(days=5))  # the whole machine was off
    mailbox.behave("450", times=1)
    assert outbox.deliver() == 0
    assert outbox.states() == ["retry"]


@pytest.fixture
def talking_to(app: Flask):
    """The same program and database, with another mail server."""

    def make(mailbox: LocalMailbox, **environ: str) -> Flask:
        given = {
            "APP_ENV": "development",
            "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
            "MAIL_PORT": str(mailbox.smtp_port),
            **environ,
        }
        return create_app(settings.load(given))

    return make


def deliver(app: Flask) -> int:
    with app.app_context():
        return deliver_due()


def test_a_wrong_password_costs_no_mail(outbox, talking_to, clock):
    with LocalMailbox(login=("rasmus", "right")) as server:
        names = {"MAIL_USERNAME": "rasmus"}
        outbox.queue(3)
        assert deliver(talking_to(server, **names, MAIL_PASSWORD="wrong")) == 0
        [tried, *others] = outbox.rows()
        assert (tried.state, tried.failure, tried.code) == ("retry", "technical", 535)
        assert {mail.state for mail in others} == {"queued"}, "one is enough to know"
        assert deliver(talking_to(server, **names, MAIL_PASSWORD="right")) == 3


def test_a_server_without_tls_gets_nothing_when_tls_is_asked_for(outbox, talking_to, mailbox):
    outbox.queue()
    assert deliver(talking_to(mailbox, MAIL_USE_TLS="true")) == 0
    [mail] = outbox.rows()
    assert (mail.state, mail.failure) == ("retry", "technical")
    assert mailbox.messages == []


def test_a_server_with_a_certificate_nobody_vouches_for_gets_nothing(outbox, talking_to):
    with LocalMailbox(tls=True) as server:
        outbox.queue()
        assert deliver(talking_to(server, MAIL_USE_TLS="true")) == 0
        [mail] = outbox.rows()
        assert (mail.state, mail.failure) == ("retry", "technical")
        assert server.messages == []


def test_what_is_confidential_needs_tls_or_a_server_on_this_machine(
    outbox, mailbox, monkeypatch, clock
):
    outbox.queue(confidential=True)
    far = ip_address("192.0.2.1")
    monkeypatch.setattr(mailer.ipaddress, "ip_address", lambda _: far)
    assert outbox.deliver() == 0
    [mail] = outbox.rows()
    assert (mail.state, mail.failure) == ("retry", "technical")
    assert mailbox.messages == []
    monkeypatch.undo()
    clock.shift(timedelta(minutes=1))
    assert outbox.deliver() == 1
