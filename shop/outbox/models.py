"""Mail that waits, is being sent, was sent, or was not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, defer, mapped_column

from shop import clock
from shop.db import UNREADABLE, EncryptedJSON, Model, UTCDateTime, db
from shop.outbox import rules
from shop.outbox.rules import MOVES, Attachment, Letter

# Spelled out, not bound: only then do the databases see that `ix_mail_waiting` holds the answer.
WAITS = sa.text("mail.state IN ('queued', 'retry')")
_WAITS_IN_INDEX = sa.text("state IN ('queued', 'retry')")


class Mail(Model):
    """One mail to one person. The letter is encrypted: it holds sign-in links and health data.

    `about` names what it tells of ("enquiry:7"). Of the same kind about the same, an unsent mail
    gives way to one with a higher `sequence`. `lease` is the secret of who is sending it now.
    """

    __tablename__ = "mail"
    moves = MOVES

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(50))
    about: Mapped[str | None] = mapped_column(sa.String(80))
    sequence: Mapped[int | None]
    letter: Mapped[Any] = mapped_column(EncryptedJSON)
    message_id: Mapped[str] = mapped_column(sa.String(200))
    state: Mapped[str] = mapped_column(sa.String(20), default="queued")
    tries: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime]
    not_before: Mapped[datetime]
    give_up_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(sa.String(32))
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(sa.String(20))
    code: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(sa.String(200))
    seen_at: Mapped[datetime | None]

    __table_args__ = (
        sa.Index("ix_mail_due", "state", "not_before"),
        sa.Index(
            "ix_mail_waiting",
            *("not_before", "id"),
            sqlite_where=_WAITS_IN_INDEX,
            postgresql_where=_WAITS_IN_INDEX,
        ),
        sa.Index("ix_mail_about", "about", "kind", "sequence"),
    )

    @property
    def recipient(self) -> str | None:
        """To whom it goes; None when DATA_KEYS lacks the key it was written with."""
        return None if self.letter is UNREADABLE else self.as_letter().to

    def as_letter(self) -> Letter:
        """What is to be sent."""
        attachments = tuple(Attachment(**each) for each in self.letter.get("attachments", ()))
        return Letter(**{**self.letter, "attachments": attachments})


# Built once: it stands above every page of the back office.
_WAITED_FOR = sa.and_(
    Mail.state.in_(rules.UNSETTLED),
    sa.or_(Mail.expires_at.is_(None), Mail.expires_at > sa.bindparam("now", type_=UTCDateTime)),
)
_UNREAD = defer(Mail.letter)  # lists need only its recipient, and open it for that
_UNSEEN = sa.and_(Mail.state.in_(rules.LOST), Mail.seen_at.is_(None))
_HEALTH = sa.select(
    sa.select(sa.func.min(Mail.queued_at)).where(_WAITED_FOR).scalar_subquery(),
    sa.select(sa.func.count()).select_from(Mail).where(_UNSEEN).scalar_subquery(),
    clock.SEEN.scalar_subquery(),
)


def health(now: datetime) -> tuple[list[str], int]:
    """What is wrong with the mail by `rules.alarms`, and how many lost mails nobody has seen."""
    oldest_waiting, lost, worker_seen = db.session.execute(_HEALTH, {"now": now}).one()
    return rules.alarms(now, oldest_waiting, worker_seen), lost


def lost() -> Sequence[Mail]:
    """Mails that nobody got and nobody has looked at yet, newest first, at most 200."""
    query = sa.select(Mail).options(_UNREAD).where(_UNSEEN).order_by(Mail.id.desc()).limit(200)
    return db.session.scalars(query).all()


def has_lost(kinds: Sequence[str]) -> bool:
    """Whether a mail of one of these kinds reached nobody, and nobody has looked at it yet."""
    query = sa.select(Mail.id).where(_UNSEEN, Mail.kind.in_(kinds)).limit(1)
    return db.session.scalar(query) is not None


def waiting() -> Sequence[Mail]:
    """Mails on their way, the longest waiting first, at most 200."""
    waits = Mail.state.in_(rules.UNSETTLED)
    query = sa.select(Mail).options(_UNREAD).where(waits).order_by(Mail.id).limit(200)
    return db.session.scalars(query).all()


def sent_since(moment: datetime) -> int:
    """How many mails the server has accepted since then."""
    query = sa.select(sa.func.count()).where(Mail.state == "sent", Mail.sent_at >= moment)
    return db.session.scalar(query) or 0


_FATE = (Mail.id, Mail.kind, Mail.state, Mail.tries, Mail.queued_at, Mail.not_before, Mail.sent_at)


def fates(about: str) -> Sequence[Any]:
    """What became of each mail about this: id, kind, state, tries, times, failure, code."""
    query = sa.select(*_FATE, Mail.failure, Mail.code).where(Mail.about == about).order_by(Mail.id)
    return db.session.execute(query).all()


def queued_at(dedupe_key: str) -> datetime | None:
    """Since when the mail with this key could leave, whatever became of it; None without one."""
    query = sa.select(Mail.queued_at).where(Mail.dedupe_key == dedupe_key)
    return db.session.scalar(query)
