"""Public pages kept in memory as they were rendered: the cheapest request is one not rendered.

A page is kept when its answer says `Cache-Control: public`: the view thereby promises that
everybody without a session gets the same. A visitor with our session cookie always gets past.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import brotli
from flask import Flask
from werkzeug.http import parse_accept_header, parse_cookie
from werkzeug.wrappers import Response

LIFETIME = 30.0  # seconds until a change of content shows
MOST = 500  # pages kept

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


def init_rendered(app: Flask) -> None:
    """Puts the kept pages in front of Flask."""
    kept = RenderedPages(app.wsgi_app, app.config["SESSION_COOKIE_NAME"])
    app.extensions["pages_in_memory"] = kept
    app.wsgi_app = kept  # type: ignore[method-assign]


@dataclass(frozen=True)
class _Kept:
    headers: list[tuple[str, str]]
    body: bytes
    etag: str
    until: float


class RenderedPages:
    """WSGI middleware in front of Flask; one instance per process."""

    def __init__(self, wsgi: Callable[..., Iterable[bytes]], cookie: str) -> None:
        self._wsgi = wsgi
        self._cookie = cookie
        self._kept: dict[tuple[str, str], _Kept] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self._may_answer(environ):
            return self._wsgi(environ, start_response)
        encoding = _encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        key = (environ.get("PATH_INFO", "/"), encoding)
        kept = self._kept.get(key)
        if kept is None or kept.until < time.monotonic():
            if environ["REQUEST_METHOD"] == "HEAD":
                return self._wsgi(environ, start_response)
            response = Response.from_app(self._wsgi, environ)
            if not _is_public(response):
                return response(environ, start_response)
            kept = self._keep(key, response)
        return _answer(kept, environ, start_response)

    def clear(self) -> None:
        """Forgets every page, as after a change of content in this process."""
        self._kept.clear()

    def _may_answer(self, environ: Environ) -> bool:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or environ.get("QUERY_STRING"):
            return False
        if "HTTP_HX_REQUEST" in environ:
            return False
        cookies = environ.get("HTTP_COOKIE", "")
        return self._cookie not in cookies or self._cookie not in parse_cookie(cookies)

    def _keep(self, key: tuple[str, str], response: Response) -> _Kept:
        encoding = key[1]
        body = _COMPRESS[encoding](response.get_data())
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        response.headers["ETag"] = etag
        response.vary.update(["Accept-Encoding", "Cookie"])
        response.headers["Content-Length"] = str(len(body))
        if encoding != "identity":
            response.headers["Content-Encoding"] = encoding
        kept = _Kept(list(response.headers), body, etag, time.monotonic() + LIFETIME)
        if len(self._kept) >= MOST:
            self.clear()
        self._kept[key] = kept
        return kept


_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=9),
    "gzip": lambda body: gzip.compress(body, mtime=0),
    "identity": lambda body: body,
}


def _encoding(accepted: str) -> str:
    # Every browser sends one of these two; anything else is parsed properly.
    if accepted == "gzip, deflate, br" or accepted.startswith("gzip, deflate, br,"):
        return "br"
    if not accepted:
        return "identity"
    wanted = parse_accept_header(accepted)
    return next((name for name in ("br", "gzip") if wanted[name] > 0), "identity")


def _is_public(response: Response) -> bool:
    return (
        response.status_code == 200
        and bool(response.cache_control.public)
        and "Set-Cookie" not in response.headers
    )


def _answer(kept: _Kept, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    if kept.etag in environ.get("HTTP_IF_NONE_MATCH", ""):
        bodiless = {"Content-Length", "Content-Encoding", "Content-Type"}
        start_response(
            "304 Not Modified", [pair for pair in kept.headers if pair[0] not in bodiless]
        )
        return []
    start_response("200 OK", kept.headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [kept.body]
