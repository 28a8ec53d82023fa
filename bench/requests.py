"""One request, sent over a socket to a server or straight into the program."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Flask
from werkzeug.test import TestResponse

BROWSER = {"Host": "localhost", "Accept-Encoding": "gzip, deflate, br"}


@dataclass(frozen=True)
class Request:
    """A request as a browser or Stripe would send it."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def wire(self) -> bytes:
        """As bytes of HTTP/1.1."""
        headers = {**BROWSER, **self.headers}
        if self.method == "POST":
            headers["Content-Length"] = str(len(self.body))
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body

    def within(self, app: Flask) -> TestResponse:
        """The program's answer, without a server; read whole, so that nothing stays open."""
        client = app.test_client(use_cookies=False)
        headers = {**BROWSER, **self.headers}
        return client.open(
            self.path, method=self.method, headers=headers, data=self.body, buffered=True
        )
