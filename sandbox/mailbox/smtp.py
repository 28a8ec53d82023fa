"""The SMTP side of the local mailbox: taking mail, and failing the way mail servers do."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

_REPLIES = {
    "421": "421 4.3.2 Service not available, closing transmission channel",
    "450": "450 4.2.1 Mailbox busy, try again later",
    "451": "451 4.3.0 Local error in processing",
    "452": "452 4.3.1 Insufficient system storage",
    "550": "550 5.1.1 No such mailbox",
    "552": "552 5.2.2 Mailbox full",
    "554": "554 5.7.1 Message refused",
}
# Where servers commonly say it; everything else comes after the mail's last line.
_USUALLY_AT = {"421": "mail", "450": "rcpt", "550": "rcpt"}


@dataclass(frozen=True)
class Behaviour:
    """How one mail is treated: `reply` at the step `at`, stored all the same when `keeping`."""

    reply: str
    at: str
    keeping: bool

    @classmethod
    def named(cls, how: str, at: str | None, keeping: bool) -> Self:
        """The behaviour in the words of `LocalMailbox.behave`; ValueError for anything else."""
        at = at or _USUALLY_AT.get(how, "data")
        code = how.isascii() and how.isdigit() and 400 <= int(how) <= 599
        if not (code or how in ("ok", "hang", "drop")) or at not in ("mail", "rcpt", "data"):
            raise ValueError(f"no such behaviour: {how!r} at {at!r}")
        if keeping and at != "data":
            raise ValueError("a mail that is refused before its text came cannot be kept")
        return cls(how, at, keeping)


class SmtpThread(threading.Thread):
    """Takes mail on `listener` in a thread and event loop of its own, until `stop`.

    `behaviour` is asked once per mail, when it begins; `store` gets each accepted mail's envelope
    sender, recipients and bytes. With `tls`, mail is taken only after STARTTLS; with `login`
    (user, password), only after AUTH.
    """

    def __init__(
        self,
        listener: socket.socket,
        behaviour: Callable[[], Behaviour],
        store: Callable[[str, Sequence[str], bytes], None],
        *,
        tls: ssl.SSLContext | None,
        login: tuple[str, str] | None,
    ) -> None:
        super().__init__(name="mailbox-smtp", daemon=True)
        self._listener = listener
        self._handler = _Handler(behaviour, store, login)
        self._tls = tls
        self._connections: weakref.WeakSet[SMTP] = weakref.WeakSet()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()

    def run(self) -> None:
        """The thread's own body; call `start`."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def stop(self) -> None:
        """Close every connection at once, answered or not, and end the thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self.join()

    async def _serve(self) -> None:
        server = await self._loop.create_server(self._connection, sock=self._listener)
        await self._stopping.wait()
        server.close()
        for connection in list(self._connections):
            transport = connection.transport
            # One inside TLS that is closing may have nothing left to abort.
            if isinstance(transport, asyncio.Transport) and not transport.is_closing():
                transport.abort()
        # One turn of the loop, so that the aborted connections are let go.
        await asyncio.sleep(0)

    def _connection(self) -> SMTP:
        connection = SMTP(
            self._handler,
            hostname="localhost",
            ident="Mailbox",
            enable_SMTPUTF8=True,
            tls_context=self._tls,
            require_starttls=self._tls is not None,
            authenticator=self._handler.authenticate,
            # AUTH is offered only where a login is wanted, and only inside TLS where TLS is.
            auth_require_tls=self._tls is not None or self._handler.login is None,
            loop=self._loop,
        )
        self._connections.add(connection)
        return connection


class _Handler:
    """aiosmtpd's hooks: it finds them by name and awaits the reply each returns."""

    def __init__(
        self,
        behaviour: Callable[[], Behaviour],
        store: Callable[[str, Sequence[str], bytes], None],
        login: tuple[str, str] | None,
    ) -> None:
        self.login = login
        self._behaviour = behaviour
        self._store = store

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        wanted = tuple(text.encode() for text in self.login or ())
        return AuthResult(success=tuple(given) == wanted, handled=False)

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.behaviour = self._behaviour()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._reply(server, envelope, "mail")

    async def handle_RCPT(  # noqa: N802
        self, server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        reply = await self._reply(server, envelope, "rcpt")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return reply

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        behaviour = envelope.behaviour
        if behaviour.keeping or behaviour.reply == "ok" or behaviour.at != "data":
            self._store(envelope.mail_from, envelope.rcpt_tos, envelope.content)
        return await self._reply(server, envelope, "data")

    async def _reply(self, server: Any, envelope: Any, step: str) -> str:
        behaviour = envelope.behaviour
        if behaviour.reply == "ok" or behaviour.at != step:
            return "250 OK"
        if behaviour.reply in ("hang", "drop"):
            if behaviour.reply == "drop":
                server.transport.abort()
            # The client's giving up, our abort or our stop cancels this.
            await asyncio.Event().wait()
        if behaviour.reply == "421":
            # Runs after the reply is written: RFC 5321 § 3.8 hangs up behind a 421.
            server.loop.call_soon(server.transport.close)
        fallback = f"{behaviour.reply} {behaviour.reply[0]}.0.0 Refused as scripted"
        return _REPLIES.get(behaviour.reply, fallback)
