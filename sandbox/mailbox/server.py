"""A mail server for a developer's machine: it takes mail over real SMTP and shows it on a page.

Nothing it accepts leaves the machine. Tests script it to fail the way mail servers do.
Run it with `python -m sandbox.mailbox --http-port 5056`.
"""

from __future__ import annotations

import argparse
import signal
import socket
import ssl
import sys
import threading
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Self

from sandbox.mailbox.certificate import self_signed
from sandbox.mailbox.message import ReceivedMail
from sandbox.mailbox.page import PageThread
from sandbox.mailbox.smtp import Behaviour, SmtpThread

LOOPBACK = "127.0.0.1"
_NORMAL = Behaviour.named("ok", None, False)


class LocalMailbox:
    """An SMTP server on loopback that keeps the newest `keep` mails in memory.

    A port of 0 picks a free one; `http_port=None` serves no page. With `tls`, mail is taken only
    after STARTTLS (TLS 1.2 or newer), and `certificate` is the PEM text that a client may trust.
    With `login` (user, password), only after AUTH. It may be stopped and started again: ports and
    mails stay, so a test can take the server away for a while.
    """

    def __init__(
        self,
        *,
        smtp_port: int = 0,
        http_port: int | None = None,
        keep: int = 2000,
        tls: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.smtp_port = smtp_port
        self.http_port = http_port
        self.login = login
        self.certificate = ""
        self._tls: ssl.SSLContext | None = None
        if tls:
            self.certificate, self._tls = self_signed()
        self._mails: deque[ReceivedMail] = deque(maxlen=keep)
        self._last_id = 0
        self._changed = threading.Condition()
        self._behaviour = _NORMAL
        self._times: int | None = None
        self._smtp: SmtpThread | None = None
        self._page: PageThread | None = None

    def start(self) -> Self:
        """Take mail from now on; raises OSError when a port is taken."""
        if self._smtp is not None:
            raise RuntimeError("the mailbox is already running")
        # Bound here, not in the thread: the caller gets the error, and connecting works at once.
        listener = socket.create_server((LOOPBACK, self.smtp_port), backlog=1024)
        # asyncio leaves it off on a socket it did not make: 40 ms more for every connection.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.http_port is not None:
                self._page = PageThread(self, self.http_port)
                self._page.start()
                self.http_port = self._page.port
        except OSError:
            listener.close()
            raise
        self.smtp_port = listener.getsockname()[1]
        self._smtp = SmtpThread(
            listener, self._next_behaviour, self._store, tls=self._tls, login=self.login
        )
        self._smtp.start()
        return self

    def stop(self) -> None:
        """Close every SMTP connection at once, answered or not. The mails stay."""
        if self._smtp is not None:
            self._smtp.stop()
            self._smtp = None
        if self._page is not None:
            self._page.stop()
            self._page = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def received(self) -> list[ReceivedMail]:
        """The mails kept, oldest first, with their bytes."""
        with self._changed:
            return list(self._mails)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The mails kept, oldest first, as `/messages.json` shows them."""
        return [mail.document for mail in self.received()]

    def find(self, mail_id: int) -> ReceivedMail | None:
        """The mail with this id, while it is kept."""
        return next((mail for mail in self.received() if mail.id == mail_id), None)

    def clear(self) -> None:
        """Forget every mail; ids go on from where they were."""
        with self._changed:
            self._mails.clear()

    def wait_for(self, count: int, timeout: float = 5.0) -> list[dict[str, Any]]:
        """The mails, as soon as there are `count` or more; TimeoutError after `timeout` seconds."""
        step = 0.05
        patience = max(1, round(timeout / step))
        with self._changed:
            # Counted in steps, not read from a clock: tests may hold time still.
            while len(self._mails) < count:
                if patience == 0:
                    raise TimeoutError(f"{len(self._mails)} of {count} mails came in {timeout} s")
                if not self._changed.wait(step):
                    patience -= 1
        return self.messages

    def behave(
        self, how: str, times: int | None = None, *, at: str | None = None, keeping: bool = False
    ) -> None:
        """Treat the next `times` mails (None: all) like this, instead of what was set before.

        `how` is "ok", a reply code from 400 to 599 (421 also hangs up), "hang" (no answer) or
        "drop" (hangs up without one). `at` is the step: "mail", "rcpt" or "data" (the mail's last
        line), by default the usual one for the code. `keeping` stores the mail all the same, as a
        server does whose answer is lost on the way: the sender will send it twice.
        Raises ValueError for anything else.
        """
        behaviour = Behaviour.named(how, at, keeping)
        with self._changed:
            self._behaviour = behaviour
            self._times = times

    def _next_behaviour(self) -> Behaviour:
        with self._changed:
            if self._times == 0:
                return _NORMAL
            if self._times is not None:
                self._times -= 1
            return self._behaviour

    def _store(self, sender: str, recipients: Sequence[str], raw: bytes) -> None:
        with self._changed:
            self._last_id += 1
            now = datetime.now(UTC)
            self._mails.append(ReceivedMail(self._last_id, sender, tuple(recipients), raw, now))
            self._changed.notify_all()


def main() -> int:
    """Run until interrupted or terminated; 1 when a port is taken."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.mailbox", description=__doc__)
    parser.add_argument("--http-port", type=int, required=True, help="the page's port")
    parser.add_argument("--smtp-port", type=int, help="default: the page's port plus 1000")
    ports = parser.parse_args()
    smtp_port = ports.http_port + 1000 if ports.smtp_port is None else ports.smtp_port
    box = LocalMailbox(smtp_port=smtp_port, http_port=ports.http_port)
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    try:
        box.start()
    except OSError as error:
        print(f"The mailbox cannot start: {error}", file=sys.stderr)
        return 1
    print(f"Mailbox: http://{LOOPBACK}:{box.http_port} (SMTP on {box.smtp_port})", flush=True)
    stopping.wait()
    box.stop()
    return 0
