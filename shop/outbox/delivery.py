"""Sends what waits: claim in one transaction, talk SMTP outside any, record in another."""

from __future__ import annotations

from shop.db import transaction
from shop.outbox import actions, mailer
from shop.web import log, now


def deliver_due(most: int = 100) -> int:
    """Sends up to `most` due mails and returns how many the server accepted.

    A worker that dies midway leaves its mail in "sending"; the lease gives it to another.
    """
    accepted = 0
    with transaction():
        actions.expire(now())
    for _ in range(most):
        with transaction():
            mail = actions.claim(now())
        if mail is None:
            break
        try:
            mailer.send(mail)
        except mailer.NotAccepted as error:
            log.warning("mail not accepted", mail=mail.id, kind=mail.kind, error=str(error))
            with transaction():
                actions.mark_failed(mail, str(error), error.code, now())
            if error.code is None:
                break  # nobody answers: waiting out every mail would keep other work from its turn
        else:
            with transaction():
                actions.mark_sent(mail, now())
            accepted += 1
    return accepted
