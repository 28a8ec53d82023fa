"""Sends what waits: claim in one transaction, talk SMTP outside any, record in another."""

from __future__ import annotations

from datetime import timedelta

from shop.db import transaction
from shop.outbox import actions, mailer
from shop.web import log, now

TURN = timedelta(seconds=30)  # other work of the worker waits no longer than this, and one mail


def deliver_due(most: int = 100) -> int:
    """Sends up to `most` due mails and returns how many the server accepted.

    A worker that dies midway leaves its mail in "sending"; the lease gives it to another.
    """
    accepted, until = 0, now() + TURN
    with transaction():
        actions.tidy(now())
    with mailer.Line() as line:
        for _ in range(most):
            with transaction():
                mail = actions.claim(now())
            if mail is None:
                break
            try:
                line.send(mail)
            except mailer.NotAccepted as error:
                failure = error.failure
                log.warning("mail not accepted", mail=mail.id, kind=mail.kind, error=failure.reason)
                with transaction():
                    actions.mark_failed(mail, failure, now())
                if failure.is_server:
                    break  # the others would only wait the same wait
            else:
                with transaction():
                    actions.mark_sent(mail, now())
                    if accepted == 0:
                        actions.wake(now())
                accepted += 1
            if now() >= until:
                break
    return accepted
