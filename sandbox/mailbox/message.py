"""One mail as the local mailbox received it, and as `/messages.json` shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from functools import cached_property
from typing import Any

_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Attachment:
    """A part of a mail that is neither its text nor its HTML; `data` is decoded."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True)
class ReceivedMail:
    """What the SMTP server accepted: the envelope, the bytes, and when (UTC)."""

    id: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    received_at: datetime

    @cached_property
    def document(self) -> dict[str, Any]:
        """The mail in the published JSON shape.

        `to` is the envelope's recipients, so that hidden copies show. `from` and `reply_to` are
        bare addresses; the full headers are in `headers`, decoded, repeated ones joined by a line
        break. `text`, `html` and `reply_to` are empty when the mail has none. An attachment's
        `bytes` is its decoded size.
        """
        message = message_from_bytes(self.raw)
        text, html, attachments = _contents(message)
        headers: dict[str, str] = {}
        for name, value in message.raw_items():
            decoded = _decoded(value)
            headers[name] = f"{headers[name]}\n{decoded}" if name in headers else decoded
        return {
            "id": self.id,
            "from": _address(message, "From") or self.sender,
            "to": list(self.recipients),
            "reply_to": _address(message, "Reply-To"),
            "subject": next((v for k, v in headers.items() if k.lower() == "subject"), ""),
            "text": text,
            "html": html,
            "headers": headers,
            "attachments": [
                {"name": a.name, "type": a.media_type, "bytes": len(a.data)} for a in attachments
            ],
            "received_at": self.received_at.isoformat(timespec="milliseconds"),
        }

    def attachments(self) -> list[Attachment]:
        """The attachments with their content, in the mail's order."""
        return _contents(message_from_bytes(self.raw))[2]


def _contents(message: Message) -> tuple[str, str, list[Attachment]]:
    """The first plain text, the first HTML, and every other part as an attachment."""
    texts: dict[str, str] = {}
    attachments: list[Attachment] = []
    for part in _leaves(message):
        media_type = part.get_content_type()
        filename = part.get_filename()
        attached = filename is not None or part.get_content_disposition() == "attachment"
        if media_type in ("text/plain", "text/html") and not attached and media_type not in texts:
            texts[media_type] = _text(part)
            continue
        name = _CONTROL.sub(" ", _decoded(filename or "")) or f"del-{len(attachments) + 1}"
        if not _MEDIA_TYPE.fullmatch(media_type):
            media_type = "application/octet-stream"
        attachments.append(Attachment(name, media_type, _data(part)))
    return texts.get("text/plain", ""), texts.get("text/html", ""), attachments


def _leaves(message: Message) -> Iterator[Message]:
    # Message.walk() would also open a forwarded mail, which is one attachment here.
    payload = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(payload, list):
        for part in payload:
            if isinstance(part, Message):
                yield from _leaves(part)
    else:
        yield message


def _data(part: Message) -> bytes:
    if part.is_multipart():
        forwarded = part.get_payload(0)
        return forwarded.as_bytes() if isinstance(forwarded, Message) else b""
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _text(part: Message) -> str:
    data = _data(part)
    try:
        text = data.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = data.decode("utf-8", "replace")
    # The wire's line ends, and lone surrogates that no JSON writer can encode.
    return text.replace("\r\n", "\n").encode("utf-8", "replace").decode()


def _decoded(value: Any) -> str:
    """A header's text: unfolded, encoded words decoded, never an error."""
    text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    text = text.replace("\r", "").replace("\n", "").strip()
    if "=?" not in text:
        return text
    try:
        decoded = str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text
    return decoded.encode("utf-8", "replace").decode()


def _address(message: Message, header: str) -> str:
    # Taken apart before it is decoded: an encoded name may hold a comma or a bracket.
    value = str(message.get(header, ""))
    return _decoded(parseaddr(value)[1])
