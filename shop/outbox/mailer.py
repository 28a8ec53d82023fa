"""The only door to SMTP."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping

from flask import Flask, current_app
from flask_mail import BadHeaderError, Connection, Mail, Message

from shop.outbox import models

TIMEOUT = 30.0  # seconds for each step of the SMTP conversation


class _Connection(Connection):
    """Flask-Mail's connection with a time limit and checked certificates; it has neither."""

    def configure_host(self) -> smtplib.SMTP:
        settings = self.mail
        where, checked = (settings.server, settings.port), ssl.create_default_context()
        host = (
            smtplib.SMTP_SSL(*where, timeout=TIMEOUT, context=checked)
            if settings.use_ssl
            else smtplib.SMTP(*where, timeout=TIMEOUT)
        )
        if settings.use_tls:
            host.starttls(context=checked)
        if settings.username and settings.password:
            host.login(settings.username, settings.password)
        return host

    def __exit__(self, *_: object) -> None:
        if self.host is not None:
            # The mail is accepted by now; a server that hangs up early takes nothing back.
            self.host.close()


class NotAccepted(Exception):
    """The mail was not accepted: `code` is the SMTP reply, or None when there was none."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


def init_mailer(app: Flask, mail_settings: Mapping[str, object]) -> None:
    """Gives Flask-Mail its settings. Mail is always sent for real, in tests too."""
    app.config.update(mail_settings, MAIL_SUPPRESS_SEND=False)
    Mail(app)


def send(mail: models.Mail) -> None:
    """Hands one mail to the SMTP server. Raises NotAccepted."""
    message = Message(
        subject=mail.subject,
        recipients=[mail.recipient],
        body=mail.text,
        reply_to=mail.reply_to,
        extra_headers=mail.headers,
    )
    message.msgId = mail.message_id
    try:
        with _Connection(current_app.extensions["mail"]) as smtp:
            smtp.send(message)
    except (BadHeaderError, ValueError) as error:
        # No server was asked: this very mail can never be written down.
        raise NotAccepted(f"not a mail ({type(error).__name__})", 554) from error
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise NotAccepted(f"recipient refused ({code})", code) from error
    except smtplib.SMTPResponseException as error:
        raise NotAccepted(f"{type(error).__name__} ({error.smtp_code})", error.smtp_code) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotAccepted(type(error).__name__) from error
