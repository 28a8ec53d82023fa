"""Which addresses of calendars may be asked."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

LONGEST_ADDRESS = 2000  # characters
PORTS = {"http": 80, "https": 443}


class BadAddress(ValueError):
    """No http, https or webcal address, or one that holds more than an address should."""


def parsed(address: str, near: bool = False) -> SplitResult:
    """The parts of an address that may be fetched; webcal is https. Raises BadAddress.

    Without a name and password in it, and at the usual ports unless it may lie `near`.
    """
    text = address.strip()
    if text[:9].lower() == "webcal://":
        text = "https://" + text[9:]
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError as error:
        raise BadAddress from error
    good = parts.scheme in PORTS and host and (near or port in {None, *PORTS.values()})
    if not good or "@" in parts.netloc or len(text) > LONGEST_ADDRESS or not text.isprintable():
        raise BadAddress
    return parts


def host(address: str) -> str:
    """Where a calendar lies, without the secret part of its address; "" for a bad one."""
    try:
        return parsed(address, near=True).hostname or ""
    except BadAddress:
        return ""
