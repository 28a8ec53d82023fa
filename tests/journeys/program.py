"""Starts the program the way it runs for real: gunicorn, the worker, and a database of its own."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flask_migrate import upgrade

from sandbox.mailbox import LocalMailbox
from sandbox.stripe import LocalStripe
from shop import create_app, settings
from shop.db import db
from shop.settings import ROOT

BIN = Path(sys.executable).parent
# Nothing of the developer's own settings may reach the program under test.
INHERITED = {"PATH", "HOME", "LANG", "TMPDIR"}


@dataclass
class Site:
    """The running program and the outside world it talks to."""

    url: str
    stripe: LocalStripe
    mailbox: LocalMailbox
    database: Path = Path()

    def a_day_passes(self) -> None:
        """What was bought so far was bought a day earlier."""
        with closing(sqlite3.connect(self.database, timeout=10)) as connection, connection:
            connection.execute(
                "UPDATE purchase_order SET"
                " created_at = strftime('%Y-%m-%d %H:%M:%f000', created_at, '-1 day'),"
                " confirmed_at = strftime('%Y-%m-%d %H:%M:%f000', confirmed_at, '-1 day')"
            )


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a process of the program."""
    inherited = {name: value for name, value in os.environ.items() if name in INHERITED}
    return {**inherited, "PYTHONUNBUFFERED": "1", **given}


def run(environ: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """Runs one of the environment's commands to its end, at most a minute."""
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        env=environment(environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def carry_out(environ: Mapping[str, str], *commands: str) -> None:
    """Makes the database and runs these commands, all in this process.

    Each in one of its own, as test_production.py runs them, takes ten times as long.
    """
    program = create_app(settings.load(environ))
    with program.app_context():
        upgrade()
        db.engine.dispose()
    for command in commands:
        done = program.test_cli_runner().invoke(args=command.split())
        assert done.exit_code == 0, done.output


class Processes:
    """Processes that live as long as the `with` block; what they say goes to files in `logs`."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            process.terminate()
        for process in reversed(self._running):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, environ: Mapping[str, str], *command: str) -> None:
        """Starts one of the environment's commands."""
        with (self.logs / f"{command[0]}-{len(self._running)}.log").open("wb") as log:
            process = subprocess.Popen(
                [str(BIN / command[0]), *command[1:]],
                cwd=ROOT,
                env=environment(environ),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._running.append(process)

    def said(self) -> str:
        """All that the processes have written so far."""
        return "\n".join(path.read_text() for path in sorted(self.logs.glob("*.log")))

    def wait_for(self, url: str, status: int = 200, seconds: float = 20.0) -> None:
        """Waits until the address answers with this status; AssertionError with the logs if not."""
        end = time.monotonic() + seconds
        heard: int | str | None = None
        while time.monotonic() < end:
            heard = _status(url)
            if heard == status:
                return
            if any(process.poll() is not None for process in self._running):
                break
            time.sleep(0.1)
        raise AssertionError(f"{url}: {heard} instead of {status}\n{self.said()}")


def _status(url: str) -> int | str:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        return str(error)
