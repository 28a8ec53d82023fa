"""The outbox under bad weather: leads go in at one end, a real SMTP server is at the other."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from sandbox.mailbox import LocalMailbox
from sandbox.stripe import LocalStripe
from tests.endurance.post import Post
from tests.endurance.workers import Workers

SEED = 20261123


@pytest.fixture
def rng() -> random.Random:
    print(f"seed: {SEED}")
    return random.Random(SEED)


@pytest.fixture
def box() -> Iterator[LocalMailbox]:
    """A mail server of the test's own, which keeps all that these tests send."""
    with LocalMailbox(keep=20_000) as server:
        yield server


@pytest.fixture
def engine(app: Flask) -> str:
    """The name of the test's database."""
    return str(app.config["SQLALCHEMY_DATABASE_URI"]).partition(":")[0].partition("+")[0]


@pytest.fixture
def post(app: Flask, box: LocalMailbox) -> Post:
    return Post(app, box)


@pytest.fixture
def environ(app: Flask, box: LocalMailbox, stripe: LocalStripe) -> dict[str, str]:
    """The settings of a program on the test's database that sends to the test's mail server."""
    return {
        "APP_ENV": "development",
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "STRIPE_API_BASE": stripe.base_url,
        "MAIL_PORT": str(box.smtp_port),
    }


@pytest.fixture
def workers(environ: dict[str, str], tmp_path: Path) -> Callable[..., Workers]:
    return lambda hurry=None: Workers(environ, tmp_path, hurry)


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Shows a line of what was counted below the test run, whatever its outcome."""
    return lambda line: record_property("endurance", line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [
        (report.nodeid, report.duration, line)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, line in getattr(report, "user_properties", ())
        if name == "endurance" and report.when == "call"
    ]
    for nodeid, seconds, line in told:
        terminalreporter.write_line(f"{nodeid.rpartition('::')[2]}: {line} ({seconds:.0f} s)")
