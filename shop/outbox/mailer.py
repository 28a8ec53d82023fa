"""The only door to SMTP."""

from __future__ import annotations

import ipaddress
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from email import charset
from functools import cache
from typing import Any, Self

from flask import Flask, current_app
from flask_mail import Connection, Mail, Message

from shop.outbox import models
from shop.outbox.attachments import content
from shop.outbox.rules import Failure, Letter, refusal
from shop.pdf import TypesettingFailed
from shop.web import settings

# Seconds for each step of the SMTP conversation. All steps together stay within a lease.
TIMEOUT = 15.0
TIMEOUT_OF_MAIL = 45.0  # a server may look long at what it is given (RFC 5321 § 4.5.3.2)


class _Connection(Connection):
    """Flask-Mail's connection with time limits and checked certificates; it has neither."""

    def configure_host(self) -> smtplib.SMTP:
        given = self.mail
        where, checked = (given.server, given.port), _checked()
        host = (
            smtplib.SMTP_SSL(*where, timeout=TIMEOUT, context=checked)
            if given.use_ssl
            else smtplib.SMTP(*where, timeout=TIMEOUT)
        )
        try:
            if given.use_tls:
                host.starttls(context=checked)
            if given.username and given.password:
                host.login(given.username, given.password)
            _wire(host).settimeout(TIMEOUT_OF_MAIL)
        except BaseException:
            host.close()
            raise
        return host


@cache
def _checked() -> ssl.SSLContext:
    """TLS 1.2 or newer with a certificate somebody vouches for; reading those takes a while."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class NotAccepted(Exception):
    """The mail was not accepted; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def init_mailer(app: Flask, mail_settings: Mapping[str, object]) -> None:
    """Gives Flask-Mail its settings. Mail is always sent for real, in tests too."""
    # Flask-Mail writes text as it is; a paragraph is soon longer than the 998 characters that a
    # line may have (RFC 5322 § 2.1.1), and then a server refuses the mail.
    charset.add_charset("utf-8", charset.SHORTEST, charset.QP, "utf-8")
    app.config.update(mail_settings, MAIL_SUPPRESS_SEND=False)
    Mail(app)


class Line:
    """A line to the SMTP server for one mail after another.

    Opened for the first mail, and again after trouble.
    """

    def __init__(self) -> None:
        self._connection = _Connection(current_app.extensions["mail"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection.host:
            # All mails are accepted by now; a server that hangs up early takes nothing back.
            with suppress(smtplib.SMTPException, OSError):
                _wire(self._connection.host).settimeout(1.0)
                self._connection.host.quit()
        self._hang_up()

    def send(self, mail: models.Mail) -> None:
        """Hands one mail to the SMTP server. Raises NotAccepted."""
        letter = mail.as_letter()
        try:
            host = self._open()
            if letter.confidential:
                _demand_privacy(host)
            self._connection.send(_message(letter, mail.message_id))
        except Exception as error:
            self._hang_up()
            failure = _failure(error)
            if failure.kind == "permanent" and letter.to == settings().clinic_email:
                # Our own mailbox, full or mistyped, is ours to mend: no enquiry is lost for it.
                failure = Failure("temporary", failure.reason, failure.code)
            raise NotAccepted(failure) from error

    def _open(self) -> smtplib.SMTP:
        if self._connection.host is None:
            self._connection.host = self._connection.configure_host()
        return self._connection.host

    def _hang_up(self) -> None:
        if self._connection.host:
            self._connection.host.close()
        self._connection.host = None


def _message(letter: Letter, message_id: str) -> Message:
    message = Message(
        subject=letter.subject,
        recipients=[letter.to],
        body=letter.text,
        html=letter.html,
        reply_to=letter.reply_to,
        extra_headers=letter.headers,
    )
    message.msgId = message_id
    for attachment in letter.attachments:
        message.attach(attachment.name, attachment.type, content(attachment))
    return message


class _NoPrivacy(Exception):
    """The line to the server can be listened in on."""


def _demand_privacy(host: smtplib.SMTP) -> None:
    wire = _wire(host)
    if (
        not isinstance(wire, ssl.SSLSocket)
        and not ipaddress.ip_address(wire.getpeername()[0]).is_loopback
    ):
        raise _NoPrivacy


def _wire(host: smtplib.SMTP) -> Any:
    if host.sock is None:
        raise smtplib.SMTPServerDisconnected
    return host.sock


def _failure(error: Exception) -> Failure:
    name = type(error).__name__
    match error:
        case smtplib.SMTPRecipientsRefused():
            code = next(iter(error.recipients.values()))[0]
            return refusal(code, f"recipient refused ({code})", of_recipient=True)
        case smtplib.SMTPDataError():
            code = error.smtp_code
            return refusal(code, f"mail refused ({code})", of_recipient=True)
        case smtplib.SMTPResponseException():
            code = error.smtp_code
            return refusal(code, f"{name} ({code})", of_recipient=False)
        # A bad certificate is an OSError and a ValueError as well.
        case _NoPrivacy() | smtplib.SMTPNotSupportedError() | ssl.SSLError():
            return Failure("technical", name.lstrip("_"))
        case TypesettingFailed():  # an attachment; like an error of the server's own (RFC 5321)
            return Failure("temporary", name, 451)
        case smtplib.SMTPException() | OSError():
            return Failure("temporary", name)
        case _:  # no server was asked: it cannot be written down as a mail
            return Failure("technical", f"not a mail ({name})", final=True)
