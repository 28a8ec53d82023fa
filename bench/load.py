"""A small load generator: raw sockets that are kept alive, one thread, as many bytes as asked."""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CONNECTIONS = 8
TIMEOUT = 30.0  # seconds without a single answer


class UnexpectedAnswer(Exception):
    """The server answered something else than what is measured."""


@dataclass
class Outcome:
    """What came of one run of load; seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return len(self.latencies)

    def percentile(self, percent: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


class _Connection:
    """One keep-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._received = bytearray()
        self._wanted: int | None = None  # bytes of head and body, once the head is there

    def ask(self, request: bytes) -> None:
        self._received.clear()
        self._wanted = None
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> bytes | None:
        """The status line once the whole answer is there, otherwise None."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise UnexpectedAnswer("the server hung up")
        self._received += piece
        if self._wanted is None:
            head = self._received.find(b"\r\n\r\n")
            if head < 0:
                return None
            self._wanted = head + 4 + self._body_length(head)
        if len(self._received) < self._wanted:
            return None
        return bytes(self._received[: self._received.index(b"\r\n")])

    def _body_length(self, head: int) -> int:
        found = LENGTH.search(self._received, 0, head)
        if found:
            return int(found[1])
        if self._received[9:12] in (b"204", b"304"):
            return 0
        raise UnexpectedAnswer("an answer without Content-Length")


def run(
    port: int,
    requests: Iterator[bytes],
    status: int,
    seconds: float,
    connections: int = CONNECTIONS,
) -> Outcome:
    """Keeps every connection busy with the next request until the time is up, then drains them.

    Raises UnexpectedAnswer when one answer has another status.
    """
    outcome, expected = Outcome(), f"HTTP/1.1 {status} ".encode()
    selector = selectors.DefaultSelector()
    open_connections = [_Connection(port) for _ in range(connections)]
    started = time.perf_counter()
    for connection in open_connections:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.ask(next(requests))
    busy = connections
    while busy:
        ready = selector.select(TIMEOUT)
        if not ready:
            raise UnexpectedAnswer(f"no answer in {TIMEOUT:.0f} s")
        for key, _ in ready:
            answer = key.data.read()
            if answer is None:
                continue
            now = time.perf_counter()
            if not answer.startswith(expected):
                raise UnexpectedAnswer(f"{answer.decode('latin-1')}, expected {status}")
            outcome.latencies.append(now - key.data.sent_at)
            if now - started < seconds:
                key.data.ask(next(requests))
            else:
                busy -= 1
    outcome.seconds = time.perf_counter() - started
    for connection in open_connections:
        connection.socket.close()
    return outcome
