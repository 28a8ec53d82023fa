"""The program as in production, reached without the proxy in front."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.mailbox import LocalMailbox
from sandbox.stripe import LocalStripe
from tests.journeys.production import GUNICORN, settings_for
from tests.journeys.program import Processes, free_port, run


@contextmanager
def running(home: Path) -> Iterator[str]:
    """The address of the program on an empty database in `home`, with the course imported."""
    with LocalStripe() as stripe, LocalMailbox() as mailbox:
        environ = settings_for(home, stripe, mailbox)
        for command in (
            "db upgrade",
            f"course import {environ['CONTENT_ROOT']}/course",
            f"booking import {environ['CONTENT_ROOT']}/booking.toml",
        ):
            run(environ, "flask", *command.split()).check_returncode()
        port = free_port()
        with Processes(home) as processes:
            processes.start({**environ, "PORT": str(port)}, *GUNICORN)
            processes.wait_for(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
