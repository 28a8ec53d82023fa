"""What a visitor or the clinician typed reaches the form, the database and the mail; no log line,
no address and no header tells of it."""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask

from sandbox.mailbox import LocalMailbox
from sandbox.stripe import LocalStripe
from shop.accounts import actions
from shop.db import transaction
from shop.enquiries import rules
from shop.logs import init_logs
from shop.web import now
from tests.browser import Browser
from tests.conftest import sign_in
from tests.enquiries.conftest import Desk
from tests.journeys.program import Processes, free_port, run
from tests.journeys.test_production import GUNICORN, PUBLIC_URL, Visitor, settings_for

pytestmark = pytest.mark.endurance

TYPED = {
    "name": "Vandmaerke Navnesen",
    "email": "vandmaerke@example.dk",
    "phone": "20 99 88 77",
    "topic": "forloeb",
    "message": "Vandmaerke om min ryg.\nOg en linje til.",
    "consent": "y",
}
MARKS = ("vandm", "navnesen", "ryg.", "20 99", "2099", "209988", "010190")
CHECKED = ("name", "email", "phone", "message")
HEARD = ("enquiry not kept", "mail not accepted", "Traceback", "IntegrityError", "/kontakt")
CLINICIAN = "behandler@example.dk"


class Listener(Browser):
    """A browser that notes the addresses it asks for and every header it is given."""

    heard: list[str]

    def _open(self, method: str, path: str, **kwargs: Any) -> Browser:
        super()._open(method, path, **kwargs)
        self.heard += [f"{method} {path} {self.status}"]
        self.heard += [f"{name}: {value}" for name, value in self.response.headers]
        cookie = self.client.get_cookie("session")
        if cookie:
            signer = self.client.application.session_interface.get_signing_serializer(
                self.client.application
            )
            self.heard.append(f"cookie: {signer.loads(cookie.value)}")
        return self


@pytest.fixture(params=["production", "development"])
def written(request, caplog, recwarn) -> Iterator[io.StringIO]:
    """Whatever our log writes, in either of its shapes."""
    before, lines = structlog.get_config(), io.StringIO()
    init_logs(request.param == "production")
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(lines))
    caplog.set_level(logging.DEBUG)
    yield lines
    structlog.configure(**before)


def told(written: io.StringIO, caplog: Any, recwarn: Any, listener: Listener) -> str:
    """Everything that left the program other than a page's body, the database and mail."""
    ours = [record for record in caplog.records if record.name != "mail.log"]  # the stand-in's
    lines = [record.getMessage() + str(record.exc_text or "") for record in ours]
    return "\n".join([written.getvalue(), *lines, *map(str, recwarn.list), *listener.heard])


def marks_in(text: str) -> list[str]:
    return [line for line in text.lower().splitlines() if any(mark in line for mark in MARKS)]


def write_in_every_way(desk: Desk, browser: Browser) -> None:
    """Sent, refused for each field, with a CPR number, by a robot, too late, and misspelled."""
    desk.write(browser, **TYPED)
    browser.follow()
    for wrong in (
        {"name": ""},
        {"name": TYPED["name"] * 9},
        {"email": "vandmaerke@"},
        {"email": "vandmaerke@gmial.com"},
        {"phone": "20 99 88"},
        {"message": ""},
        {"message": "Vandmaerke " * 2000},
        {"consent": None},
        *(
            {field: f"{TYPED[field]} 010190-1234"}
            for field in ("name", "email", "phone", "message")
        ),
    ):
        desk.write(browser, **{**TYPED, **wrong})
        assert browser.status == 422, wrong
    desk.write(browser, **TYPED, comment="vandmaerke")
    desk.write(browser, seconds=90_000, **TYPED)
    assert browser.status == 422
    desk.write(browser, **TYPED, seconds=0.1)
    for field in CHECKED:
        for text in (TYPED[field], f"{TYPED[field]} 010190-1234", "vandmaerke@gmial.com"):
            browser.post(f"/kontakt/felt/{field}", {field: text}, HX_Request="true")
            assert browser.status == 200
    browser.post("/kontakt", TYPED)  # no ticket
    browser.post("/kontakt", {**TYPED, "name": "Vandmaerke\0"})
    browser.post("/kontakt", {**TYPED, "message": "vandmaerke" * 30_000})
    assert browser.status == 413


def fail_to_keep(desk: Desk, browser: Browser, patch: pytest.MonkeyPatch) -> None:
    """The database refuses the row, and says in its own words what stood in it."""
    with patch.context() as broken:
        broken.setattr(rules, "purge_at", lambda *_: None)
        desk.write(browser, **TYPED)
    assert browser.status == 503


def use_the_back_office(desk: Desk, browser: Browser, patch: pytest.MonkeyPatch) -> None:
    path = f"/klinik/henvendelser/{desk.rows()[0].reference}"
    for query in (TYPED["name"], TYPED["email"], TYPED["phone"], "vandmaerke"):
        browser.get("/klinik/henvendelser").submit("Søg", query=query)
        assert "Navnesen" in browser.words()
    browser.get(path).submit("Gem", state="in_progress", note="Vandmaerke i noten")
    browser.follow()
    browser.get(path).submit("Gem", state="in_progress", note="Vandmaerke i noten", version="0")
    assert browser.status == 409
    with patch.context() as broken:
        broken.setattr(rules, "purge_at", lambda *_: None)
        browser.get(path).submit("Gem", state="closed", note="Vandmaerke i noten")
        assert browser.status == 500
    assert "Vandmaerke" in browser.get("/klinik/henvendelser.csv?state=all").text
    browser.get(f"{path}/slet").submit("Slet henvendelsen")
    browser.follow()


def test_nothing_that_was_typed_is_told(
    app: Flask, desk, mailbox, send_mail, written, caplog, recwarn, monkeypatch
):
    browser = Listener(app)
    browser.heard = []
    with app.app_context(), transaction():
        actions.set_clinician(CLINICIAN, True, now())
    write_in_every_way(desk, browser)
    fail_to_keep(desk, browser, monkeypatch)
    for behaviour in ("550", "451"):
        mailbox.behave(behaviour)
        send_mail()
    mailbox.behave("ok")
    sign_in(browser, send_mail, CLINICIAN)
    use_the_back_office(desk, browser, monkeypatch)
    text = told(written, caplog, recwarn, browser)
    for heard in HEARD:
        assert heard in text, "otherwise nobody listened"
    assert marks_in(text) == []


def test_a_mark_would_be_heard(written, caplog, recwarn, app):
    browser = Listener(app)
    browser.heard = []
    browser.get("/kontakt/tak?nr=vandmaerke")
    logging.getLogger("werkzeug").info("vandmaerke")
    structlog.get_logger("shop").warning("hørt", ord="vandmaerke")
    assert len(marks_in(told(written, caplog, recwarn, browser))) >= 3


def test_the_running_program_tells_nothing(tmp_path: Path):
    """gunicorn with an access log, which ours has not, and the worker, as in production."""
    with LocalStripe(redirect_wait=0) as stripe, LocalMailbox() as mailbox:
        environ = settings_for(tmp_path, stripe, mailbox)
        for command in ("db upgrade", f"clinician add {CLINICIAN}"):
            assert run(environ, "flask", *command.split()).returncode == 0
        port = free_port()
        with Processes(tmp_path) as processes:
            log = ("--access-logfile", "-", "--log-level", "debug")
            processes.start({**environ, "PORT": str(port)}, GUNICORN[0], *log, *GUNICORN[1:])
            processes.start(environ, "flask", "worker")
            processes.wait_for(f"http://127.0.0.1:{port}/readyz")
            visitor = Visitor(port)
            ticket = _token(visitor.ask("GET", "/kontakt")[2])
            leads = _visit(visitor, ticket, mailbox)
            assert any("Vandmaerke om min ryg" in mail["text"] for mail in leads)
            mailbox.behave("550")
            assert _write(visitor, ticket, topic="andet") == 303
            end = time.monotonic() + 10
            while "mail not accepted" not in processes.said() and time.monotonic() < end:
                time.sleep(0.1)
            said = processes.said()
    assert "mail not accepted" in said
    assert said.count("POST /kontakt") >= 3
    assert "POST /klinik/henvendelser" in said
    assert marks_in(said) == []


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert found, page
    return found[1]


def _write(visitor: Visitor, ticket: str, **other: str) -> int:
    status, _, _ = visitor.ask("POST", "/kontakt", **{**TYPED, **other, "csrf_token": ticket})
    return status


def _visit(visitor: Visitor, ticket: str, mailbox: LocalMailbox) -> list[dict[str, Any]]:
    """An error, an enquiry, and the clinician who looks for it; returns what was mailed."""
    wrong = {"email": "vandmaerke@", "message": "Vandmaerke 010190-1234"}
    assert _write(visitor, ticket, **wrong) == 422
    time.sleep(3.1)  # who is faster is taken for a robot
    assert _write(visitor, ticket) == 303
    visitor.ask("POST", "/kontakt/felt/message", message=TYPED["message"])
    _, _, page = visitor.ask("GET", "/log-ind?next=/klinik/henvendelser")
    visitor.ask("POST", "/log-ind", email=CLINICIAN, csrf_token=_token(page))
    [mail] = [mail for mail in mailbox.wait_for(3) if mail["to"] == [CLINICIAN]]
    link = mail["text"].partition(PUBLIC_URL)[2].split()[0]
    _, _, page = visitor.ask("GET", link)
    visitor.ask("POST", link, csrf_token=_token(page))
    _, _, page = visitor.ask("GET", "/klinik/henvendelser")
    status, _, page = visitor.ask(
        "POST", "/klinik/henvendelser", query="vandmaerke navnesen", csrf_token=_token(page)
    )
    assert status == 200
    assert "Navnesen" in page
    return mailbox.messages
