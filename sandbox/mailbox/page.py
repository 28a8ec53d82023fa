"""The web side of the local mailbox: a list, one mail, its parts, and `/messages.json`."""

from __future__ import annotations

import secrets
import socket
import threading
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.dates import format_datetime, get_timezone
from flask import Flask, Response, abort, g, redirect, render_template, request, send_file
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from sandbox.mailbox import LocalMailbox
    from sandbox.mailbox.message import ReceivedMail

SANDBOX = Path(__file__).parent.parent  # its templates/ serve both stand-ins

LISTED = 200
"""Mails shown on the list; `/messages.json` has all that are kept."""

# A mail's HTML is a stranger's: no script, no form, no request to anywhere. Links open outside.
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_PAGE_POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class PageThread(threading.Thread):
    """Serves the page of `box` on loopback in a thread of its own, until `stop`.

    A port of 0 picks a free one; `port` says which. Raises OSError when the port is taken.
    """

    def __init__(self, box: LocalMailbox, port: int) -> None:
        super().__init__(name="mailbox-page", daemon=True)
        host = "127.0.0.1"
        # Handed over as a bound socket: left to bind, Werkzeug ends the process when it cannot.
        with socket.create_server((host, port)) as listener:
            self._server = make_server(
                host,
                port,
                create_page(box),
                threaded=True,
                request_handler=_QuietRequestHandler,
                fd=listener.fileno(),
            )
        self.port = self._server.port

    def run(self) -> None:
        """The thread's own body; call `start`."""
        self._server.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        """Give the port back and end the thread."""
        self._server.shutdown()
        self.join()


class _QuietRequestHandler(WSGIRequestHandler):
    """Keeps the reading of mails out of the log, where it would bury the shop's own lines."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def create_page(box: LocalMailbox) -> Flask:
    """The WSGI application that shows `box`; answers only to loopback host names."""
    page = Flask("sandbox.mailbox", root_path=str(SANDBOX), static_folder=None)
    # Else any website the developer visits could reach the mails by pointing its name at us.
    page.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1", "[::1]"]
    page.json.sort_keys = False  # type: ignore[attr-defined]
    page.json.ensure_ascii = False  # type: ignore[attr-defined]
    page.before_request(_refuse_other_sites)
    page.after_request(_protect)
    page.add_template_filter(_moment, "moment")
    page.context_processor(lambda: {"nonce": _nonce()})
    page.register_error_handler(404, lambda _: (render_template("mailbox/gone.html"), 404))
    _add_list(page, box)
    _add_mail(page, box)
    return page


def _add_list(page: Flask, box: LocalMailbox) -> None:
    @page.get("/")
    def listing() -> str:
        mails = box.received()
        shown = [mail.document for mail in reversed(mails[-LISTED:])]
        return render_template("mailbox/list.html", mails=shown, total=len(mails))

    @page.get("/messages.json")
    def messages() -> list[dict[str, Any]]:
        return box.messages

    @page.delete("/messages.json")
    def empty() -> tuple[str, int]:
        box.clear()
        return "", 204

    @page.post("/clear")
    def clear() -> Any:
        box.clear()
        return redirect("/", 303)


def _add_mail(page: Flask, box: LocalMailbox) -> None:
    def find(mail_id: int) -> ReceivedMail:
        return box.find(mail_id) or abort(404)

    @page.get("/messages/<int:mail_id>")
    def mail(mail_id: int) -> str:
        return render_template("mailbox/mail.html", mail=find(mail_id).document)

    @page.get("/messages/<int:mail_id>/html")
    def html(mail_id: int) -> Response:
        content = find(mail_id).document["html"] or abort(404)
        # Without it a link would load the shop inside the sandboxed frame.
        answer = Response('<!doctype html><base target="_blank">' + content)
        answer.headers["Content-Security-Policy"] = _MAIL_POLICY
        return answer

    @page.get("/messages/<int:mail_id>/attachments/<int:number>")
    def attachment(mail_id: int, number: int) -> Response:
        found = find(mail_id).attachments()
        if not 1 <= number <= len(found):
            abort(404)
        part = found[number - 1]
        return send_file(
            BytesIO(part.data), part.media_type, as_attachment=True, download_name=part.name
        )

    @page.get("/messages/<int:mail_id>.eml")
    def source(mail_id: int) -> Response:
        name = f"mail-{mail_id}.eml"
        raw = BytesIO(find(mail_id).raw)
        return send_file(raw, "message/rfc822", as_attachment=True, download_name=name)


def _refuse_other_sites() -> None:
    elsewhere = request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")
    if elsewhere and request.method != "GET":
        abort(403)


def _nonce() -> str:
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _protect(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", _PAGE_POLICY.format(nonce=_nonce()))
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _moment(received_at: str) -> str:
    """Danish clinic time for a person to read."""
    return format_datetime(
        datetime.fromisoformat(received_at),
        "d. MMM y 'kl.' HH.mm.ss",
        tzinfo=get_timezone("Europe/Copenhagen"),
        locale="da",
    )
