"""Several workers share one outbox, and no mail is taken twice."""

from __future__ import annotations

from datetime import timedelta

from shop import clock
from shop.clock import Job
from shop.db import transaction
from shop.outbox import actions
from shop.outbox.delivery import deliver_due
from shop.web import now


def claim_all() -> list[int]:
    taken = []
    while True:
        with transaction():
            mail = actions.claim(now())
        if mail is None:
            return taken
        taken.append(mail.id)


def test_eight_workers_take_each_of_200_mails_once(outbox, together):
    outbox.queue(200)
    shares = together(8, claim_all)
    taken = [mail_id for share in shares for mail_id in share]
    assert sorted(taken) == sorted(mail.id for mail in outbox.rows())
    assert {mail.tries for mail in outbox.rows()} == {1}


def test_four_workers_send_each_mail_once(outbox, together, mailbox):
    outbox.queue(20)
    assert sum(together(4, deliver_due)) == 20
    assert len(mailbox.messages) == 20
    assert len({mail["headers"]["Message-ID"] for mail in mailbox.messages}) == 20


def test_eight_workers_run_a_job_once_each_time_it_is_due(together):
    ran = []
    job = Job("counting", timedelta(hours=1), lambda: ran.append(1))
    together(8, lambda: clock.tick([job]))
    assert len(ran) == 1
    together(2, lambda: clock.tick([job]))
    assert len(ran) == 1


def test_a_job_that_fails_is_not_the_end_of_the_others(app, together):
    def fail() -> None:
        raise ValueError

    ran = []
    jobs = [
        Job("broken", timedelta(hours=1), fail),
        Job("whole", timedelta(hours=1), lambda: ran.append(1)),
    ]
    together(1, lambda: clock.tick(jobs))
    assert ran == [1]
    with app.app_context():
        assert clock.last_seen("whole") is not None
        assert clock.last_seen("broken") is None
        assert clock.last_seen() is not None
