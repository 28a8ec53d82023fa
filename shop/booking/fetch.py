"""The only door to calendars elsewhere: what the worker fetches over HTTP, and from whom.

The address comes from a person, so it may name anything. Nothing on this machine or its network is
asked (CWE-918), the connection goes to the very address that was checked, and no answer is larger
or slower than we bear. An address is a secret: it stands in no log and no error.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from urllib.parse import SplitResult, quote, urljoin

from shop.booking.calendar_rules import PORTS, BadAddress, parsed

LARGEST = 2 * 1024 * 1024  # bytes
SECONDS = 25.0  # for all of it, from the first packet to the last
SILENCE = 8.0  # seconds without a word
MOST_REDIRECTS = 3
MOST_ADDRESSES = 4  # tried of one name
SAFE = "/?%:@!$&'()*+,;=~-._"  # what stands as it is in a path or query (RFC 3986 § 3.3, 3.4)
HEADERS = {
    "User-Agent": "SmerteVejleder-kalender/1",
    "Accept": "text/calendar, */*;q=0.1",
    "Accept-Encoding": "identity",
}
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in disguise
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotFetched(Exception):
    """Nothing came. `reason` is a key of the clinic's words, perhaps with a status code after it.

    It never holds the address.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def get(address: str, near: bool = False) -> bytes:
    """What lies at an http, https or webcal address. Raises NotFetched.

    Only with `near` may it lie on this machine or in a private network, at any port.
    """
    until = time.monotonic() + SECONDS
    for _ in range(MOST_REDIRECTS + 1):
        try:
            parts = parsed(address, near)
        except BadAddress as error:
            raise NotFetched("address") from error
        body, location = _ask(parts, _checked(parts, near), until)
        if location is None:
            return body
        address = _onward(parts, location)
    raise NotFetched("redirects")


def _onward(parts: SplitResult, location: str) -> str:
    address = urljoin(parts.geturl(), location)
    if parts.scheme == "https" and not address.lower().startswith("https:"):
        raise NotFetched("redirects")  # what was asked for in private is not told in the open
    return address


def _checked(parts: SplitResult, near: bool) -> list[str]:
    """The addresses to connect to, asked for once: a name may mean others a moment later."""
    try:
        found = socket.getaddrinfo(parts.hostname, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFetched("unknown_host") from error
    addresses = [str(each[4][0]).partition("%")[0] for each in found]
    if not near and not all(is_public(ipaddress.ip_address(each)) for each in addresses):
        raise NotFetched("private")
    return addresses


def is_public(ip: Address) -> bool:
    """Whether this is a machine somewhere on the internet (RFC 6890), in whatever disguise."""
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(inner)
        if ip not in ipaddress.ip_network("2000::/3"):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _ask(parts: SplitResult, addresses: list[str], until: float) -> tuple[bytes, str | None]:
    """The body, or where to ask instead."""
    late = threading.Event()
    try:
        with _line(parts, addresses, until) as line:
            hurry = threading.Timer(_left(until), _hang_up, (line.sock, late))
            hurry.daemon = True
            hurry.start()
            try:
                answer = _converse(parts, line)
            finally:
                hurry.cancel()
    except ssl.SSLCertVerificationError as error:
        raise NotFetched("certificate") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotFetched("too_slow" if late.is_set() else "no_answer") from error
    if late.is_set():  # what there is of it may look whole
        raise NotFetched("too_slow")
    return answer


@contextmanager
def _line(
    parts: SplitResult, addresses: list[str], until: float
) -> Iterator[http.client.HTTPConnection]:
    host = str(parts.hostname).encode("idna").decode()
    sock = _connected(addresses, parts.port or PORTS[parts.scheme], until)
    if parts.scheme == "https":
        # Shaking hands takes several messages: it waits until somebody looks at the time.
        sock = _tls().wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    line = http.client.HTTPConnection(host, parts.port)
    line.sock = sock
    try:
        yield line
    finally:
        line.close()
        sock.close()


def _left(until: float) -> float:
    """Seconds until then; never none at all, which would mean for ever."""
    return max(until - time.monotonic(), 0.05)


def _connected(addresses: list[str], port: int, until: float) -> socket.socket:
    """A line to the first address that answers: not every machine reaches them all by IPv6."""
    for number, address in enumerate(addresses[:MOST_ADDRESSES], 1):
        try:
            return socket.create_connection((address, port), min(SILENCE, _left(until)))
        except OSError:
            if number == len(addresses[:MOST_ADDRESSES]):
                raise
    raise OSError("no address")


def _hang_up(sock: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)  # whoever waits for the next byte gets none


def _converse(parts: SplitResult, line: http.client.HTTPConnection) -> tuple[bytes, str | None]:
    if isinstance(line.sock, ssl.SSLSocket):
        line.sock.do_handshake()
    target = quote(parts.path or "/", SAFE) + (
        f"?{quote(parts.query, SAFE)}" if parts.query else ""
    )
    line.request("GET", target, headers=HEADERS)
    answer = line.getresponse()
    if answer.status in {301, 302, 303, 307, 308}:
        return b"", answer.getheader("Location") or ""
    if answer.status != 200:
        raise NotFetched(f"status {answer.status}")
    if answer.getheader("Content-Encoding", "identity") != "identity":
        raise NotFetched("no_calendar")
    body = answer.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise NotFetched("too_big")
    if answer.length:
        raise http.client.IncompleteRead(body, answer.length)
    return body, None


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
