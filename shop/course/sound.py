"""A sound, or the range of it that a player asks for, handed to the server's sendfile."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flask import Response, request
from werkzeug.wsgi import wrap_file

BLOCK = 64 * 1024  # bytes read at a time where the server has no sendfile


def send(path: Path) -> Response:
    """The answer with the file at `path`: 200, 206 for a range, 304, or 416 (RFC 9110).

    Paid sound: no cache but the listener's own may keep it, and that one asks each time.
    Flask's own send_file cuts a range into 8 kB pieces in Python. Raises FileNotFoundError.
    """
    stat = path.stat()
    response = Response(mimetype="audio/mpeg", direct_passthrough=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.last_modified = datetime.fromtimestamp(int(stat.st_mtime), UTC)
    response.set_etag(f"{stat.st_mtime_ns:x}-{stat.st_size:x}")
    response.content_length = stat.st_size
    response.make_conditional(request, accept_ranges=True, complete_length=stat.st_size)
    if response.status_code in {200, 206}:
        wanted = response.content_range
        part = _Part(path, wanted.start or 0 if wanted else 0, response.content_length or 0)
        response.response = wrap_file(request.environ, part, BLOCK)  # type: ignore[arg-type]
    return response


class _Part:
    """A stretch of a file as a file: read here, or by the server's sendfile through fileno()."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        self._file = path.open("rb")
        self._file.seek(start)
        self._left = length
        self.fileno, self.close = self._file.fileno, self._file.close

    def read(self, size: int) -> bytes:
        piece = self._file.read(min(size, self._left))
        self._left -= len(piece)
        return piece
