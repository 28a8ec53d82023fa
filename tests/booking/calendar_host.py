"""A calendar's host on loopback, over real HTTP or TLS, that can be as bad as hosts are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from sandbox.mailbox.certificate import self_signed

Answer = Callable[[BaseHTTPRequestHandler], None]


class CalendarHost:
    """Answers each path as it was told; `asked` holds the requests with their headers."""

    def __init__(self, tls: bool = False) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.done = threading.Event()
        self.certificate = ""
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append((self.path, dict(self.headers)))
                host.answers[self.path.partition("?")[0]](self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self.certificate, context = self_signed()
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if tls else "http"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    def url(self, path: str, name: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{name}:{self.port}{path}"

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        """Gives the body there from now on; returns the address."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            if "Content_Length" not in headers:
                request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)

        self.answers[path] = answer
        return self.url(path)

    def lead(self, path: str, location: str, status: int = 302) -> str:
        """Sends on to another address."""
        return self.serve(path, b"", status, Location=location)

    def drip(self, path: str, first: bytes, drop: bytes) -> str:
        """Begins, and then says a little now and then for as long as anybody listens."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.wfile.write(first)
            try:
                while not self.done.wait(0.02):
                    request.wfile.write(drop)
            except OSError:
                pass

        self.answers[path] = answer
        return self.url(path)


def calendar_file(*lines: str) -> bytes:
    """A calendar file with these lines in it."""
    head, end = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN"], ["END:VCALENDAR"]
    return ("\r\n".join([*head, *lines, *end]) + "\r\n").encode()


def event(*lines: str, uid: str = "1@elsewhere.example") -> list[str]:
    """The lines of one event."""
    return ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"]
