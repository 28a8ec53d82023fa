"""What people write in the course stands readable to them, and nowhere else: not in the database,
the log, an address, a cookie or a mail. And it can still be read when the keys have changed."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from cryptography.fernet import Fernet, MultiFernet
from flask import Flask

from shop.coursework import actions
from shop.db import Base, db
from shop.logs import init_logs
from tests.browser import Browser
from tests.conftest import sign_in
from tests.course.conftest import OWNER
from tests.coursework.conftest import CHECKED, FIRST, GATED, Writer

MARK = "vandmaerke"


class Listener(Browser):
    """A browser that notes the addresses it asks for and every header it is given."""

    heard: list[str]

    def _open(self, method: str, path: str, **kwargs: Any) -> Browser:
        super()._open(method, path, **kwargs)
        self.heard += [f"{method} {path} {self.status}", str(self.response.headers)]
        cookie = self.client.get_cookie("session")
        if cookie:
            app = self.client.application
            self.heard.append(
                str(app.session_interface.get_signing_serializer(app).loads(cookie.value))
            )
        return self


@pytest.fixture
def log(caplog):
    before, lines = structlog.get_config(), io.StringIO()
    init_logs(True)
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(lines))
    caplog.set_level(logging.DEBUG)
    yield lines
    structlog.configure(**before)


def everything_stored(app: Flask) -> str:
    """Every value of every table as the database holds it, and on SQLite the very file."""
    found = []
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            for row in db.session.execute(sa.text(f"SELECT * FROM {table.name}")):  # noqa: S608
                found += [bytes(v) if isinstance(v, memoryview) else v for v in row]
        if db.engine.dialect.name == "sqlite":
            file = db.engine.url.database
            for end in ("", "-wal"):
                with open(f"{file}{end}", "rb") as held:  # noqa: PTH123
                    found.append(held.read())
    parts = [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in found]
    return "\n".join(parts).lower()


def write_everywhere(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = writer.browser
    writer.send(FIRST, haab=f"{MARK} i hjemmeopgaven")
    writer.send(FIRST, pen="b", haab=f"{MARK} igen")
    writer.send(FIRST, haab=f"{MARK} 010190-1234")
    assert browser.status == 422
    writer.send(GATED, **{"saetninger.0.saetning": f"{MARK} i en række"})
    writer.send("plan", egne_maal=f"{MARK} i planen")
    browser.get(f"/kursus/{FIRST}").submit("Gem", haab=f"{MARK} 010190-1234")
    browser.get("/kursus/plan/del").submit(
        "Del det, jeg har valgt", part=["maal", "appendix"], consent="y"
    )
    assert browser.status == 303
    for path in ("plan", "plan.pdf", f"svar/{FIRST}/tidligere", "redskaber", f"{FIRST}/ark.pdf"):
        assert browser.get(f"/kursus/{path}").status == 200
    no = dict.fromkeys(("tjek_skridt", "tjek_kraft", "tjek_feber", "tjek_fald"), "Nej")
    browser.get(f"/kursus/{CHECKED}").submit("Se, hvad du skal gøre", tjek_vandladning="Ja", **no)
    with monkeypatch.context() as broken:
        broken.setattr(actions.rules, "keeps_old", lambda *_: 1 / 0)
        writer.send(FIRST, 2, haab=f"{MARK} som ikke kan gemmes")
        assert browser.status == 500


def test_it_stands_nowhere_else(app, writer, send_mail, log, caplog, monkeypatch, another_screen):
    listener = Listener(app)
    listener.heard = []
    sign_in(listener, send_mail, OWNER)
    writer.browser = listener
    write_everywhere(writer, monkeypatch)
    mails = send_mail()
    assert any("kørselsplan" in mail["subject"] for mail in mails)
    told = [log.getvalue(), *listener.heard, str(mails), everything_stored(app)]
    told += [record.getMessage() + str(record.exc_text or "") for record in caplog.records]
    assert "ZeroDivisionError" in "\n".join(told), "otherwise nobody listened"
    for text in told:
        assert MARK not in text.lower()
    assert "010190" not in everything_stored(app)
    assert MARK in listener.get("/kursus/plan").text, "and is still there for its writer"


def test_answers_outlive_their_keys(app, writer):
    writer.send(FIRST, haab="Skrevet med den gamle nøgle")
    before, key = app.extensions["data_cipher"], Fernet(Fernet.generate_key())
    old = [Fernet(each) for each in app.extensions["settings"].data_keys]
    try:
        app.extensions["data_cipher"] = MultiFernet([key, *old])
        assert writer.stored(FIRST)["haab"].value == "Skrevet med den gamle nøgle"
        writer.send(FIRST, 1, haab="Skrevet med den nye")
        app.extensions["data_cipher"] = MultiFernet([key])
        with app.app_context():
            raw = db.session.scalar(sa.text("SELECT value FROM answer ORDER BY id DESC"))
        assert b"Skrevet med den nye" in key.decrypt(bytes(raw))
    finally:
        app.extensions["data_cipher"] = before
