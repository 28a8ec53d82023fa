"""The processes that are measured: gunicorn as in production, and what they cost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
CORES = sorted(os.sched_getaffinity(0))
SERVED_ON, LOADED_FROM = {CORES[0]}, {CORES[-1]}
PATIENCE = 30.0  # seconds until a server must answer


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Process:
    """A program of ours on loopback, with its children; stopped when the `with` ends."""

    def __init__(
        self,
        arguments: list[str],
        environ: Mapping[str, str],
        cores: set[int] | None = None,
    ) -> None:
        self.started_at = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env={**os.environ, **environ},
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        if cores:
            os.sched_setaffinity(self._process.pid, cores)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)

    def pids(self) -> list[int]:
        """The process and its children."""
        main = self._process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [main, *map(int, children)]

    def cpu(self) -> float:
        """Seconds of CPU that all of them have used, user and system, to the nanosecond.

        The same clock as utime + stime in /proc/PID/stat, which is cut to hundredths; another
        process's clock has the id below (Linux, CPUCLOCK_SCHED, see clock_getcpuclockid(3)).
        """
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self.pids())

    def memory(self) -> float:
        """Megabytes, shared pages counted in part (PSS)."""
        kilobytes = 0
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
        return kilobytes / 1024

    def wait_for(self, port: int, path: str = "/") -> float:
        """Seconds from the start until the first 200. Raises RuntimeError when none comes."""
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        while time.perf_counter() - self.started_at < PATIENCE:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as asked:
                asked.sendall(request)
                if asked.recv(4096).startswith(b"HTTP/1.1 200"):
                    return time.perf_counter() - self.started_at
            if self._process.poll() is not None:
                raise RuntimeError("the server stopped at once; start it by hand to see why")
            time.sleep(0.005)
        raise RuntimeError(f"no 200 from port {port} in {PATIENCE:.0f} s")


class Gunicorn(Process):
    """A WSGI program under the very settings of production, on one core unless told otherwise."""

    def __init__(
        self, program: str, environ: Mapping[str, str], cores: set[int] | None = SERVED_ON
    ) -> None:
        self.port = free_port()
        arguments = ["gunicorn", "--config", "deploy/gunicorn.conf.py", program]
        super().__init__(arguments, {**environ, "PORT": str(self.port)}, cores)


class Stripe(Process):
    """The local Stripe, beside the load: its CPU is nobody's cost here."""

    def __init__(self) -> None:
        self.port = free_port()
        super().__init__(["sandbox.stripe", "--port", str(self.port)], {}, LOADED_FROM)
