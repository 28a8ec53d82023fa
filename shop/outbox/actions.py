"""Writes to the outbox: queue, claim, and what became of a claimed mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import make_msgid

import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from shop.db import db, insert_once, move
from shop.outbox import rules
from shop.outbox.models import Mail
from shop.outbox.rules import Letter


def queue(
    letter: Letter, kind: str, dedupe_key: str, now: datetime, expires_at: datetime | None = None
) -> bool:
    """Queues a letter in the caller's transaction; a second one with the same key is dropped.

    The Message-ID is fixed here, so that a mail sent twice is recognised as one (RFC 5322 § 3.6.4).
    """
    queued = insert_once(
        Mail,
        dedupe_key=dedupe_key,
        kind=kind,
        recipient=letter.to,
        subject=letter.subject,
        text=letter.text,
        reply_to=letter.reply_to,
        headers=letter.headers,
        message_id=make_msgid(domain="outbox"),
        state="queued",
        tries=0,
        queued_at=now,
        not_before=now,
        expires_at=expires_at,
    )
    return queued is not None


def claim(now: datetime) -> Mail | None:
    """Takes the next due mail for this worker alone, or one whose worker died with it.

    The mail stays as it was claimed whatever happens to its row, so that a worker which comes back
    too late to report finds the row moved on and changes nothing.
    """
    due = (
        sa.select(Mail.id)
        .where(
            sa.or_(
                sa.and_(Mail.state == "queued", Mail.not_before <= now),
                sa.and_(Mail.state == "sending", Mail.lease_until <= now),
            )
        )
        .order_by(Mail.not_before, Mail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    claimed = (
        sa.update(Mail)
        .where(Mail.id == due)
        .values(state="sending", tries=Mail.tries + 1, lease_until=now + rules.LEASE)
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    )
    mail_id = db.session.scalar(claimed)
    if mail_id is None:
        return None
    try:
        mail = db.session.get_one(Mail, mail_id, populate_existing=True)
    except InvalidToken:
        _give_up(mail_id, "undecipherable: DATA_KEYS lacks the key it was written with")
        return claim(now)
    db.session.expunge(mail)
    return mail


def _give_up(mail_id: int, error: str) -> None:
    db.session.execute(
        sa.update(Mail).where(Mail.id == mail_id).values(state="failed", last_error=error)
    )


def expire(now: datetime) -> None:
    """Lets go of mails that are no use any more, such as a sign-in link that has run out."""
    db.session.execute(
        sa.update(Mail)
        .where(Mail.state == "queued", Mail.expires_at <= now)
        .values(state="expired")
        .execution_options(synchronize_session=False)
    )


def mark_sent(mail: Mail, now: datetime) -> None:
    """The SMTP server has accepted the mail; nobody knows more than that."""
    move(mail, "sent", sent_at=now, last_error=None)


def mark_failed(mail: Mail, error: str, smtp_code: int | None, now: datetime) -> None:
    """Queues the mail for another try, or gives up when trying again is no use."""
    again = (
        None if rules.is_permanent(smtp_code) else rules.next_try(mail.tries, mail.queued_at, now)
    )
    if again is None:
        move(mail, "failed", last_error=error)
    else:
        move(mail, "queued", last_error=error, not_before=again)


def purge(now: datetime, older_than: timedelta = timedelta(days=180)) -> None:
    """Deletes mails that were settled long ago."""
    db.session.execute(
        sa.delete(Mail).where(
            Mail.state.in_(["sent", "expired"]), Mail.queued_at < now - older_than
        )
    )
