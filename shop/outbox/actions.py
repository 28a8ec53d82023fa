"""Writes to the outbox: queue, claim, and what became of a claimed mail."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import aliased, defer

from shop.db import UNREADABLE, UTCDateTime, db, insert_once, move
from shop.outbox import rules
from shop.outbox.models import WAITS, Mail
from shop.outbox.rules import Failure, Letter
from shop.web import settings


def queue(
    letter: Letter,
    kind: str,
    dedupe_key: str,
    now: datetime,
    expires_at: datetime | None = None,
    about: str | None = None,
    sequence: int | None = None,
    not_before: datetime | None = None,
) -> bool:
    """Queues a letter in the caller's transaction; a second one with the same key is dropped.

    With `not_before` it waits in peace until then: nobody is alarmed before it could leave.

    With a `sequence` it takes the place of unsent mails of the same kind about the same thing.
    The Message-ID is fixed here, so that a mail sent twice is recognised as one (RFC 5322 § 3.6.4).
    """
    queued = insert_once(
        Mail,
        dedupe_key=dedupe_key,
        kind=kind,
        about=about,
        sequence=sequence,
        letter=asdict(letter),
        message_id=make_msgid(domain=urlsplit(settings().public_url).hostname),
        state="queued",
        tries=0,
        queued_at=not_before or now,
        not_before=not_before or now,
        expires_at=expires_at,
    )
    if sequence is not None:
        _supersede(Mail.about == about)
    return queued is not None


_newer, _older = aliased(Mail), aliased(Mail)
_THERE_IS_A_NEWER = sa.exists().where(
    _newer.about == Mail.about, _newer.kind == Mail.kind, _newer.sequence > Mail.sequence
)
_AN_OLDER_IS_UNDER_WAY = sa.exists().where(
    _older.about == Mail.about,
    _older.kind == Mail.kind,
    _older.sequence < Mail.sequence,
    _older.state == "sending",
)


def _supersede(*which: sa.ColumnElement[bool]) -> None:
    _update_many(Mail.state.in_(rules.WAITING), _THERE_IS_A_NEWER, *which, state="superseded")


def _update_many(*which: sa.ColumnElement[bool], **values: object) -> None:
    update = sa.update(Mail).where(*which).values(**values)
    db.session.execute(update.execution_options(synchronize_session=False))


# Built once, as every mail needs it. Said with "or", the series is looked up only for mails in one.
_ITS_TURN = sa.or_(Mail.sequence.is_(None), sa.and_(~_AN_OLDER_IS_UNDER_WAY, ~_THERE_IS_A_NEWER))
_DUE = (
    sa.select(Mail.id)
    .where(WAITS, Mail.not_before <= sa.bindparam("moment", type_=UTCDateTime), _ITS_TURN)
    .order_by(Mail.not_before, Mail.id)
    .limit(1)
    .with_for_update(skip_locked=True, of=Mail)
)
_CLAIM = (
    sa.update(Mail)
    .where(Mail.id == _DUE.scalar_subquery())
    .values(
        state="sending",
        tries=Mail.tries + 1,
        lease=sa.bindparam("new_lease"),
        lease_until=sa.bindparam("until", type_=UTCDateTime),
    )
    .returning(Mail.id)
    .execution_options(synchronize_session=False)
)


def claim(now: datetime) -> Mail | None:
    """Takes the next due mail for this worker alone.

    Of a series only the newest, and never while an older one may still be on its way. The mail
    stays as it was claimed whatever happens to its row, so that a worker which comes back too late
    to report finds the row moved on and changes nothing.
    """
    given = {"moment": now, "new_lease": secrets.token_hex(16), "until": now + rules.LEASE}
    while (mail_id := db.session.scalar(_CLAIM, given)) is not None:
        mail = db.session.get_one(Mail, mail_id, populate_existing=True)
        if mail.letter is not UNREADABLE:
            db.session.expunge(mail)
            return mail
        error = "undecipherable: DATA_KEYS lacks the key it was written with"
        why = {"state": "failed", "failure": "technical", "last_error": error}
        _update_many(Mail.id == mail_id, **why)
    return None


def tidy(now: datetime) -> None:
    """Makes room for the next turn.

    Mails whose worker died with them wait again, and those that are no use any more are let go:
    a sign-in link that has run out, the old time of an appointment.
    """
    _update_many(
        Mail.state == "sending", Mail.lease_until <= now, state="retry", lease=None, not_before=now
    )
    _update_many(Mail.state.in_(rules.WAITING), Mail.expires_at <= now, state="expired")
    _supersede()


def mark_sent(mail: Mail, now: datetime) -> None:
    """The SMTP server has accepted the mail; nobody knows more than that."""
    move(mail, "sent", ("lease",), sent_at=now, last_error=None, failure=None, code=None)


def mark_failed(mail: Mail, failure: Failure, now: datetime) -> None:
    """Lets the mail be tried again, or gives up when that is no use."""
    give_up_at = mail.give_up_at or now + rules.GIVE_UP_AFTER
    again = None if failure.final else rules.next_try(mail.tries, give_up_at, now)
    why: dict[str, Any] = {
        "failure": failure.kind,
        "code": failure.code,
        "last_error": failure.reason,
    }
    if again is None:
        move(mail, "failed", ("lease",), **why)
    else:
        move(mail, "retry", ("lease",), not_before=again, give_up_at=give_up_at, **why)


def wake(now: datetime) -> None:
    """The server takes mail again: those that waited for it alone wait no longer."""
    _update_many(
        Mail.state == "retry",
        Mail.not_before > now,
        sa.or_(Mail.code.is_(None), Mail.failure == "technical"),
        not_before=now,
    )


def retry(mail_id: int, now: datetime) -> bool:
    """Sends a lost mail again, or a waiting one now; False when it is neither."""
    mail = db.session.get(Mail, mail_id, options=[defer(Mail.letter)])
    if mail is None or mail.state not in rules.LOST | rules.WAITING:
        return False
    if mail.state in rules.WAITING:
        _update_many(Mail.id == mail_id, Mail.state.in_(rules.WAITING), not_before=now)
        return True
    afresh: dict[str, Any] = {"tries": 0, "give_up_at": None, "seen_at": None, "sent_at": None}
    return move(mail, "queued", queued_at=now, not_before=now, **afresh)


def bounced(mail_id: int) -> bool:
    """Somebody saw the mail come back; False when it was not sent."""
    mail = db.session.get(Mail, mail_id, options=[defer(Mail.letter)])
    if mail is None or mail.state != "sent":
        return False
    return move(mail, "bounced", failure="permanent", last_error="came back", seen_at=None)


def seen(mail_id: int, now: datetime) -> None:
    """Somebody knows that this mail reached nobody; it raises no alarm any more."""
    _update_many(Mail.id == mail_id, Mail.state.in_(rules.LOST), seen_at=now)


def withhold(about: str, now: datetime) -> None:
    """Mails about this do not leave any more, if they have not left yet.

    One that is being sent right now is not tried again when that fails.
    """
    _update_many(Mail.about == about, Mail.state.in_(rules.WAITING), state="superseded")
    _update_many(Mail.about == about, Mail.state == "sending", expires_at=now)


def resume(about: str, now: datetime) -> None:
    """Mails about this that were withheld leave after all; a newer one still takes precedence."""
    again = {"state": "queued", "queued_at": now, "not_before": now, "give_up_at": None}
    withheld = Mail.state.in_(["superseded", "expired"])
    _update_many(Mail.about == about, withheld, expires_at=None, **again)
    _supersede(Mail.about == about)


def forget(about: str) -> None:
    """Deletes every mail about this, whatever became of it."""
    db.session.execute(sa.delete(Mail).where(Mail.about == about))


def forget_settled(kind: str) -> None:
    """Deletes mails of this kind as soon as nothing more is to happen to them."""
    which = Mail.kind == kind, Mail.state.not_in(rules.UNSETTLED)
    db.session.execute(sa.delete(Mail).where(*which))


def purge(now: datetime) -> None:
    """Deletes mails that were settled long ago; what nobody got only after somebody has seen it."""
    settled = sa.or_(
        Mail.state.in_(["sent", "expired", "superseded"]),
        sa.and_(Mail.state.in_(rules.LOST), Mail.seen_at.is_not(None)),
    )
    db.session.execute(sa.delete(Mail).where(settled, Mail.queued_at < now - rules.KEPT))
