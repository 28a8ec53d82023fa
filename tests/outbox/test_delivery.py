"""Mail through a real SMTP server that is in all kinds of moods."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from shop.db import transaction
from shop.outbox import actions, mailer
from shop.outbox.attachments import add_maker
from shop.outbox.rules import LEASE, Attachment, Failure, Letter
from shop.web import now
from tests.outbox.conftest import WORDS
from tests.stored import everything


@pytest.fixture
def clock():
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


@pytest.fixture
def closed(mailbox):
    """A mail server that is not there; put back afterwards."""
    mailbox.stop()
    yield mailbox
    if mailbox._smtp is None:
        mailbox.start()


def test_a_mail_arrives_as_it_was_written(outbox, mailbox):
    outbox.queue(to="kirsten@example.dk", subject="Æbler på tirsdag", reply_to="rh@example.dk")
    assert outbox.deliver() == 1
    [mail] = mailbox.messages
    assert mail["to"] == ["kirsten@example.dk"]
    assert mail["subject"] == "Æbler på tirsdag"
    assert mail["text"].strip() == WORDS
    assert mail["reply_to"] == "rh@example.dk"
    assert outbox.states() == ["sent"]
    assert outbox.deliver() == 0, "once"
    assert len(mailbox.messages) == 1


def test_a_paragraph_may_be_longer_than_a_line_of_mail(outbox, mailbox):
    long = "Jeg har haft ondt længe, og der er æøå i. " * 100
    outbox.queue(text=long, html=f"<p>{long}</p>")
    assert outbox.deliver() == 1
    [mail] = mailbox.messages
    assert mail["text"].strip() == long.strip()
    assert long in mail["html"]


def test_files_go_along_at_hand_or_made_when_the_mail_is_sent(app, outbox, mailbox):
    made = []
    add_maker(app, "test", lambda key: made.append(key) or f"Lavet af {key}: æøå".encode())
    invitation = Attachment.of("aftale.ics", "text/calendar; method=REQUEST", b"BEGIN:VCALENDAR")
    outbox.queue(
        attachments=(
            invitation,
            Attachment("Kvittering nr. 7 på æbler.pdf", "application/pdf", maker="test", key="7"),
        )
    )
    assert made == []
    assert outbox.deliver() == 1
    at_hand, later = mailbox.received()[-1].attachments()
    assert (at_hand.name, at_hand.data) == ("aftale.ics", b"BEGIN:VCALENDAR")
    assert at_hand.media_type == "text/calendar"
    assert (later.name, later.data) == ("Kvittering nr. 7 på æbler.pdf", "Lavet af 7: æøå".encode())
    assert made == ["7"]


def test_a_file_that_nobody_can_make_is_looked_at_not_lost(outbox, mailbox):
    outbox.queue(attachments=(Attachment("x.pdf", "application/pdf", maker="nobody", key="7"),))
    outbox.deliver()
    assert mailbox.messages == []
    [mail] = outbox.rows()
    assert (mail.state, mail.failure) == ("failed", "technical")


def test_mails_leave_in_the_order_they_were_queued(outbox, mailbox):
    for number in range(5):
        outbox.queue(subject=f"Nr. {number}")
    assert outbox.deliver() == 5
    assert [mail["subject"] for mail in mailbox.messages] == [f"Nr. {n}" for n in range(5)]


def test_a_mail_that_is_queued_twice_leaves_once(app, outbox, mailbox):
    letter = Letter("kirsten@example.dk", "Emne", WORDS)
    with app.app_context(), transaction():
        first = actions.queue(letter, "test", "the-same", now())
        assert (first, actions.queue(letter, "test", "the-same", now())) == (True, False)
    assert outbox.deliver() == 1


def test_a_mail_about_something_undone_does_not_exist(app, outbox):
    def order_and_fail() -> None:
        with transaction():
            actions.queue(Letter("kirsten@example.dk", "Emne", WORDS), "test", "undone", now())
            raise LookupError

    with app.app_context(), pytest.raises(LookupError):
        order_and_fail()
    assert outbox.rows() == []


@pytest.mark.parametrize("how", ["421", "450", "451", "452", "drop"])
def test_a_passing_trouble_delays_a_mail(outbox, mailbox, clock, how):
    outbox.queue()
    mailbox.behave(how, times=1)
    assert outbox.deliver() == 0
    [mail] = outbox.rows()
    assert (mail.state, mail.failure) == ("retry", "temporary")
    assert outbox.deliver() == 0, "not at once"
    clock.shift(timedelta(seconds=31))
    assert outbox.deliver() == 1
    [mail] = outbox.rows()
    assert (mail.state, mail.tries, mail.last_error) == ("sent", 2, None)
    assert len(mailbox.messages) == 1


@pytest.mark.parametrize("how", ["550", "552", "554"])
def test_a_refusal_is_final_and_kept(outbox, mailbox, clock, how):
    outbox.queue()
    mailbox.behave(how, times=1)
    assert outbox.deliver() == 0
    [mail] = outbox.rows()
    assert (mail.state, mail.failure, mail.code) == ("failed", "permanent", int(how))
    assert mail.as_letter().text == WORDS
    assert how in mail.last_error
    assert "@" not in mail.last_error, "the reason names nobody"
    clock.shift(timedelta(days=3))
    assert outbox.deliver() == 0


def test_one_refusal_does_not_stop_the_others(outbox, mailbox, clock):
    outbox.queue(3)
    mailbox.behave("550", times=1)
    assert outbox.deliver() == 2
    assert outbox.states() == ["failed", "sent", "sent"]


def test_a_server_that_does_not_answer_is_given_up_on_for_now(outbox, mailbox, clock, monkeypatch):
    monkeypatch.setattr(mailer, "TIMEOUT_OF_MAIL", 0.2)
    outbox.queue()
    mailbox.behave("hang", times=1)
    assert outbox.deliver() == 0
    assert outbox.states() == ["retry"]
    clock.shift(timedelta(seconds=31))
    assert outbox.deliver() == 1


def test_a_mail_whose_receipt_got_lost_is_sent_again_under_the_same_id(outbox, mailbox, clock):
    outbox.queue()
    mailbox.behave("451", times=1, keeping=True)
    outbox.deliver()
    clock.shift(timedelta(seconds=31))
    outbox.deliver()
    first, second = (mail["headers"]["Message-ID"] for mail in mailbox.messages)
    assert first == second == outbox.rows()[0].message_id


def test_a_server_away_for_a_day_and_a_half_costs_no_mail(outbox, closed, clock):
    outbox.queue()
    start = now()
    while now() - start < timedelta(hours=36):
        assert outbox.deliver() == 0
        clock.move_to(min(mail.not_before for mail in outbox.rows()))
    assert outbox.states() == ["retry"]
    closed.start()
    assert outbox.deliver() == 1
    assert len(closed.messages) == 1


def test_after_two_days_a_mail_is_failed_and_still_there(outbox, closed, clock):
    outbox.queue()
    start = now()
    while {"queued", "retry"} & set(outbox.states()):
        assert outbox.deliver() == 0
        clock.move_to(max(mail.not_before for mail in outbox.rows()) + timedelta(seconds=1))
        assert now() - start < timedelta(days=4)
    assert outbox.states() == ["failed"]
    assert now() - start >= timedelta(hours=48)
    assert [mail.as_letter().text for mail in outbox.rows()] == [WORDS]
    with outbox.app.app_context(), transaction():
        actions.purge(now() + timedelta(days=1000))
    assert outbox.states() == ["failed"], "what nobody got is not tidied away"


def test_what_was_sent_long_ago_is_tidied_away(outbox, mailbox):
    outbox.queue()
    outbox.deliver()
    for later, left in ((timedelta(days=30), 1), (timedelta(days=400), 0)):
        with outbox.app.app_context(), transaction():
            actions.purge(now() + later)
        assert len(outbox.rows()) == left


def test_a_link_that_has_run_out_is_not_sent(app, outbox, mailbox, clock):
    with app.app_context(), transaction():
        letter = Letter("kirsten@example.dk", "Dit link", "…")
        actions.queue(letter, "sign-in", "sign-in:1", now(), now() + timedelta(minutes=20))
    mailbox.behave("451", times=1)
    outbox.deliver()
    clock.shift(timedelta(minutes=21))
    assert outbox.deliver() == 0
    assert outbox.states() == ["expired"]
    assert mailbox.messages == []


def test_a_line_break_in_a_header_sends_nothing_anywhere(outbox, mailbox):
    outbox.queue(subject="Emne\r\nBcc: alle@example.dk")
    outbox.queue()
    assert outbox.deliver() == 1
    assert outbox.states() == ["failed", "sent"]
    assert len(mailbox.messages) == 1


def test_the_mail_of_a_worker_that_died_goes_to_another(app, outbox, mailbox, clock):
    outbox.queue()
    with app.app_context(), transaction():
        assert actions.claim(now()) is not None  # and then the machine loses power
    clock.shift(LEASE - timedelta(seconds=1))
    assert outbox.deliver() == 0, "it may still be at it"
    clock.shift(timedelta(seconds=2))
    assert outbox.deliver() == 1
    assert [(mail.state, mail.tries) for mail in outbox.rows()] == [("sent", 2)]


def test_a_worker_that_was_thought_dead_takes_nothing_back(app, outbox, mailbox, clock):
    outbox.queue()
    with app.app_context():
        with transaction():
            slow = actions.claim(now())
        clock.shift(LEASE + timedelta(seconds=1))
        assert outbox.deliver() == 1
        with transaction():
            actions.mark_failed(slow, Failure("temporary", "too late"), now())
    assert outbox.states() == ["sent"]


def test_a_slow_worker_says_nothing_of_a_mail_that_another_has_in_hand(app, outbox, clock):
    outbox.queue()
    with app.app_context():
        with transaction():
            slow = actions.claim(now())
        clock.shift(LEASE + timedelta(seconds=1))
        with transaction():
            actions.tidy(now())
        with transaction():
            assert actions.claim(now()).lease != slow.lease
        for report in (
            lambda: actions.mark_sent(slow, now()),
            lambda: actions.mark_failed(slow, Failure("permanent", "no", 550, final=True), now()),
        ):
            with transaction():
                report()
            assert outbox.states() == ["sending"]


def test_the_database_shows_neither_words_nor_recipient(app, outbox):
    outbox.queue(reply_to="svar@example.dk", headers={"X-Prøve": "hemmelig"})
    stored = everything(app)
    assert "test:0" in stored, "the dump shows what is there"
    for secret in ("kirsten", "fortroligt", "Emne", "svar@", "hemmelig"):
        assert secret not in stored, secret
    assert outbox.rows()[0].as_letter().text == WORDS


def test_the_worker_sends_mail_when_told_to_run_once(app, outbox, mailbox, stripe):
    outbox.queue(2)
    result = app.test_cli_runner().invoke(args=["worker", "--once"])
    assert result.exit_code == 0, repr(result.exception)
    assert outbox.states() == ["sent", "sent"]
