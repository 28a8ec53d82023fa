"""The program started as on the machine that serves it for real."""

from __future__ import annotations

import http.client
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlencode, urlsplit

import pytest

from sandbox.mailbox import LocalMailbox
from sandbox.stripe import LocalStripe
from shop.settings import ROOT
from tests.journeys.production import GUNICORN, PUBLIC_URL, settings_for
from tests.journeys.program import BIN, Processes, environment, free_port, run

pytestmark = pytest.mark.browser  # needs none, but takes as long

NAMES = (
    "SECRET_KEY",
    "PUBLIC_URL",
    "CLINIC_EMAIL",
    "MAIL_SERVER",
    "MAIL_DEFAULT_SENDER",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "DATA_KEYS",
    "MEDIA_ROOT",
)


class Visitor:
    """Comes in as the proxy passes visitors on: plain HTTP inside, TLS outside."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookie = ""

    def ask(
        self, method: str, path: str, **fields: str
    ) -> tuple[int, http.client.HTTPMessage, str]:
        headers = {
            "Host": urlsplit(PUBLIC_URL).netloc,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "203.0.113.7",
            "Referer": f"{PUBLIC_URL}/koeb",
            "Cookie": self.cookie,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, urlencode(fields), headers)
            answer = connection.getresponse()
            body = answer.read().decode()
        finally:
            connection.close()
        given = answer.headers.get("Set-Cookie", "")
        self.cookie = given.partition(";")[0] or self.cookie
        return answer.status, answer.headers, body


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    home = tmp_path_factory.mktemp("production")
    with LocalStripe(redirect_wait=0) as stripe, LocalMailbox() as mailbox:
        yield settings_for(home, stripe, mailbox)


@pytest.fixture(scope="module")
def visitor(environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A visitor of the running program; it was told to be ready only once it was."""
    for command in ("db upgrade", f"course import {environ['CONTENT_ROOT']}/course"):
        done = run(environ, "flask", *command.split())
        assert done.returncode == 0, done.stderr
    port = free_port()
    with Processes(tmp_path_factory.mktemp("logs")) as processes:
        processes.start({**environ, "PORT": str(port)}, *GUNICORN)
        processes.wait_for(f"http://127.0.0.1:{port}/healthz")
        processes.wait_for(f"http://127.0.0.1:{port}/readyz", 503)  # no worker has been seen yet
        processes.start(environ, "flask", "worker")
        processes.wait_for(f"http://127.0.0.1:{port}/readyz", 200)
        yield Visitor(port)
        assert "Traceback" not in processes.said(), processes.said()
        assert "/koeb" not in processes.said(), "a path in a log can be somebody's sign-in link"


def test_the_front_page_comes_with_its_guards(visitor: Visitor) -> None:
    status, headers, body = visitor.ask("GET", "/")
    assert status == 200
    assert "UDFYLD" not in body
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Set-Cookie" not in headers


def approve_every_lesson(environ: dict[str, str]) -> None:
    """As the clinician does it in the back office, which tests/clinic walks through."""
    database = sqlite3.connect(environ["DATABASE_URL"].removeprefix("sqlite:///"))
    with closing(database), database:
        database.execute(
            "INSERT INTO lesson_approval (lesson_id, digest, name, approved_at) "
            "SELECT id, digest, 'Rasmus', '2026-11-25 08:00:00' FROM lesson"
        )


def test_an_order_reaches_the_pay_page_and_its_cookie_is_kept_safe(
    visitor: Visitor, environ: dict[str, str]
) -> None:
    status, headers, _ = visitor.ask("GET", "/koeb")
    assert (status, headers["Location"]) == (303, "/koeb/besked"), "nobody has read the lessons"
    approve_every_lesson(environ)
    status, headers, body = visitor.ask("GET", "/koeb")
    assert status == 200
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(headers["Set-Cookie"].split("; "))
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', body)
    assert token, body
    fields = {"email": "kirsten@example.dk", "name": "Kirsten Prøve", "terms": "y", "consent": "y"}
    status, headers, body = visitor.ask("POST", "/koeb", csrf_token=token[1], **fields)
    assert status == 303, body
    assert headers["Location"].startswith(f"{environ['STRIPE_API_BASE']}/c/pay/")


@pytest.mark.parametrize("command", [GUNICORN, ("flask", "worker"), ("flask", "db", "upgrade")])
def test_a_start_without_settings_names_all_that_is_missing(command: tuple[str, ...]) -> None:
    done = run({"APP_ENV": "production", "PORT": str(free_port())}, *command)
    assert done.returncode != 0
    [message] = [line for line in done.stderr.splitlines() if "missing" in line]
    assert [name for name in NAMES if f"{name} is missing" in message] == list(NAMES)
    assert "Traceback" not in done.stderr


def test_a_start_with_wrong_settings_says_which_and_repeats_no_secret(
    environ: dict[str, str],
) -> None:
    wrong = {
        "SECRET_KEY": "too-short",
        "PUBLIC_URL": "http://smertevejleder.example",
        "STRIPE_SECRET_KEY": "sk_live_made_up",
        "DATA_KEYS": "not-a-fernet-key",
    }
    done = run({**environ, **wrong}, "flask", "worker", "--once")
    assert done.returncode != 0
    [message] = done.stderr.splitlines()
    assert all(
        name in message for name in (*wrong, "STRIPE_API_BASE") if name != "STRIPE_SECRET_KEY"
    )
    assert all(value not in message for value in wrong.values())


def test_a_start_with_placeholders_among_the_clinics_facts_names_them(
    environ: dict[str, str],
) -> None:
    given = {**environ, "CONTENT_ROOT": str(ROOT / "content")}
    done = run(given, "flask", "worker", "--once")
    assert done.returncode != 0
    [message] = done.stderr.splitlines()
    assert "legal_name" in message
    assert "cvr" in message


def test_a_worker_told_to_stop_ends_by_itself(visitor: Visitor, environ: dict[str, str]) -> None:
    worker = subprocess.Popen(
        [str(BIN / "flask"), "worker"],
        cwd=ROOT,
        env=environment(environ),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stderr is not None
    assert "worker started" in worker.stderr.readline()
    worker.terminate()
    assert worker.wait(10) == 0
    worker.stderr.close()
