"""When a mail is tried again, which states it may pass through, and when somebody must look."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

WAITING = frozenset({"queued", "retry"})  # nobody has it in hand
UNSETTLED = WAITING | {"sending"}
LOST = frozenset({"failed", "bounced"})  # nobody got it; somebody must decide
# "sending" that nobody reports on goes back to "retry" by itself, see actions.tidy.
MOVES = {
    "queued": frozenset({"sending", "superseded", "expired"}),
    "retry": frozenset({"sending", "superseded", "expired"}),
    "sending": frozenset({"sent", "retry", "failed"}),
    "sent": frozenset({"bounced"}),
    "failed": frozenset({"queued"}),
    "bounced": frozenset({"queued"}),
    "superseded": frozenset({"queued"}),
    "expired": frozenset({"queued"}),
}

LEASE = timedelta(minutes=5)  # longer than any SMTP conversation is allowed to take
GIVE_UP_AFTER = timedelta(hours=48)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
KEPT = timedelta(days=180)  # after that nobody asks what became of a mail
MAIL_MAY_WAIT = timedelta(minutes=15)
WORKER_MAY_REST = timedelta(minutes=2)


@dataclass(frozen=True)
class Attachment:
    """A file that goes along. `type` is its MIME type, with parameters if need be.

    Either its `content` is here (base64), or a `maker` makes it of `key` when the mail is sent:
    what takes long to make is not made while the database waits (see attachments.py).
    """

    name: str
    type: str
    content: str = ""
    maker: str = ""
    key: str = ""

    @classmethod
    def of(cls, name: str, media_type: str, data: bytes) -> Attachment:
        """A file whose bytes are at hand."""
        return cls(name, media_type, b64encode(data).decode())

    @property
    def data(self) -> bytes:
        """The bytes of `content`."""
        return b64decode(self.content)


@dataclass(frozen=True)
class Letter:
    """A mail as a value: what is said to whom. Sending is elsewhere.

    A confidential one leaves only through TLS, or to a mail server on this machine.
    """

    to: str
    subject: str
    text: str
    html: str | None = None
    reply_to: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    confidential: bool = False
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Failure:
    """Why a mail was not accepted.

    `kind` is "temporary" (ask again later), "permanent" (the recipient's server says no) or
    "technical" (something of ours: login, certificate, settings, the mail itself). `code` is the
    SMTP reply, None when there was none or it was not about this mail. A final one is not tried
    again.
    """

    kind: str
    reason: str
    code: int | None = None
    final: bool = False

    @property
    def is_server(self) -> bool:
        """Whether any other mail would have met the same: nobody answers, or we may not in."""
        return not self.final and (self.code is None or self.kind == "technical")


def refusal(code: int, reason: str, of_recipient: bool) -> Failure:
    """What an SMTP reply means (RFC 5321 § 4.2.1: 4yz ask again, 5yz do not).

    A 5yz to our login or our sender's address is ours to mend and must not lose mail, so it is
    tried again; only what is said of the recipient or the text is final.
    """
    if code < 500:
        return Failure("temporary", reason, code if of_recipient else None)
    if of_recipient and code not in {530, 534, 535, 538}:
        return Failure("permanent", reason, code, final=True)
    return Failure("technical", reason, code)


def next_try(tries: int, give_up_at: datetime, now: datetime) -> datetime | None:
    """When to try again after `tries` failures: 30 s, 1 min, 2 min … 6 h; None after giving up."""
    if now >= give_up_at:
        return None
    doublings = min(max(tries - 1, 0), 20)
    return now + min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def alarms(
    now: datetime, oldest_waiting: datetime | None, worker_seen: datetime | None
) -> list[str]:
    """What cannot be told by mail: "no_worker", "mail_waits"; an empty list when all is well."""
    found = []
    if worker_seen is None or now - worker_seen > WORKER_MAY_REST:
        found.append("no_worker")
    if oldest_waiting and now - oldest_waiting > MAIL_MAY_WAIT:
        found.append("mail_waits")
    return found
