"""Whether the clinician's mail may hold the words: only where nobody can listen in."""

from __future__ import annotations

import pytest

from shop import create_app, settings
from shop.db import transaction
from shop.enquiries import actions
from shop.enquiries.actions import Typed
from shop.outbox.delivery import deliver_due
from shop.outbox.models import Mail
from shop.web import now
from tests.enquiries.conftest import WORDS


def given(app, mailbox, **environ: str) -> settings.Settings:
    return settings.load(
        {
            "APP_ENV": "development",
            "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
            "MAIL_PORT": str(mailbox.smtp_port),
            **environ,
        }
    )


def write_to(app) -> None:
    typed = Typed(
        **{name: WORDS[name] for name in ("name", "email", "topic", "message")},
        phone="+4520123456",
        consent_version="1",
        consent_text="Ja",
    )
    with app.app_context(), transaction():
        actions.receive(typed, "key", (), now())


def test_a_notice_holds_the_reference_and_the_way_to_it_alone(app, desk, mailbox):
    other = create_app(given(app, mailbox, LEAD_MAIL="notice"))
    write_to(other)
    with other.app_context():
        assert deliver_due() == 2
    lead = next(mail for mail in mailbox.messages if mail["to"] == ["rh@kirohaderslev.dk"])
    reference = desk.one().reference
    assert f"/klinik/henvendelser/{reference}" in lead["text"]
    assert not lead["reply_to"]
    for hidden in ("Kirsten", "lænden", WORDS["email"], "20 12 34 56"):
        assert hidden not in lead["text"] + lead["html"] + lead["subject"]


def leads(app) -> list[Mail]:
    import sqlalchemy as sa

    from shop.db import db

    with app.app_context():
        return list(db.session.scalars(sa.select(Mail).where(Mail.kind == "lead")))


@pytest.mark.parametrize(
    ("environ", "in_full"),
    [
        ({}, True),  # to a server on this machine
        ({"MAIL_SERVER": "mail.example.dk"}, False),
        ({"MAIL_SERVER": "mail.example.dk", "MAIL_USE_TLS": "true"}, True),
        ({"MAIL_SERVER": "mail.example.dk", "MAIL_USE_SSL": "true"}, True),
        ({"MAIL_SERVER": "mail.example.dk", "MAIL_USE_TLS": "true", "LEAD_MAIL": "notice"}, False),
    ],
)
def test_the_words_are_mailed_only_where_nobody_can_listen_in(app, desk, mailbox, environ, in_full):
    other = create_app(given(app, mailbox, **environ))
    write_to(other)
    [lead] = leads(other)
    letter = lead.as_letter()
    assert ("lænden" in letter.text + (letter.html or "")) is in_full
    assert letter.confidential is in_full, "and it is never handed over without TLS"


def test_a_setting_nobody_knows_stops_the_start(app, mailbox):
    with pytest.raises(settings.SettingsError, match="LEAD_MAIL must be full or notice"):
        given(app, mailbox, LEAD_MAIL="everything")
