"""Worker processes that a test may kill by the dozen."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from flask.cli import ScriptInfo

from shop import create_app, settings
from shop.outbox import delivery, mailer, rules
from tests.endurance.post import Post

PATIENCE = 30  # seconds in which no mail moved: something hangs

# Imports the program once; every worker is forked from there, and kills cost a tenth of a second.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["pytest", __name__])


class Workers:
    """Processes that run `flask worker`, until the `with` block ends; their logs lie in `logs`.

    With `hurry` their leases, first waits and turns last so many seconds at most, and they wait
    half of that for a server's answer: the proportions are as they really are.
    """

    def __init__(self, environ: Mapping[str, str], logs: Path, hurry: float | None = None) -> None:
        self._given = (dict(environ), str(logs), hurry)
        self._logs = logs
        self._running: list[ForkServerProcess] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.join(20)
            if process.is_alive():
                process.kill()
                process.join()

    def start(self, count: int = 1) -> None:
        """Starts so many more."""
        for _ in range(count):
            process = _processes.Process(target=_work, args=self._given)
            process.start()
            self._running.append(process)

    def kill(self, number: int) -> None:
        """Ends one with SIGKILL, as a power cut or the kernel's memory killer would."""
        process = self._running.pop(number)
        assert process.is_alive(), self.said()
        process.kill()
        process.join()

    def settle(self, post: Post, between: Callable[[], object] = lambda: None) -> float:
        """Lets them work until each mail has its fate, and says how many seconds that took."""
        began = moved = time.monotonic()
        before = None
        while left := post.unsettled():
            if left != before:
                before, moved = left, time.monotonic()
            assert time.monotonic() - moved < PATIENCE, f"{left} mails left\n{self.said()}"
            assert all(process.is_alive() for process in self._running), self.said()
            between()
            time.sleep(0.02)
        return time.monotonic() - began

    def said(self) -> str:
        """All that the workers have logged so far."""
        return "".join(path.read_text() for path in sorted(self._logs.glob("worker-*.log")))


def _work(environ: Mapping[str, str], logs: str, hurry: float | None) -> None:
    log = os.open(f"{logs}/worker-{os.getpid()}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if hurry is not None:
        rules.LEASE = rules.FIRST_WAIT = timedelta(seconds=hurry)
        delivery.TURN = timedelta(seconds=hurry)
        mailer.TIMEOUT_OF_MAIL = hurry / 2
    app = create_app(settings.load(environ))
    app.cli.main(["worker"], "flask", obj=ScriptInfo(create_app=lambda: app))
