"""Columns that only DATA_KEYS open: the first key writes, all of them read.

A value that none of them opens is UNREADABLE: one such row must not hide the others, and what is
sealed in it waits for its key.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import sqlalchemy as sa
import structlog
from cryptography.fernet import InvalidToken, MultiFernet
from flask import current_app


class Unreadable(str):
    """What stands for a value that none of DATA_KEYS opens: shown as it is, and never written."""

    __slots__ = ()


UNREADABLE = Unreadable("(kan ikke læses)")


class EncryptedText(sa.TypeDecorator[str]):
    """Text that is readable only with DATA_KEYS, or UNREADABLE."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> bytes | None:
        return None if value is None else _sealed(value, value)

    def process_result_value(self, value: bytes | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else _opened(value, str)


class EncryptedJSON(sa.TypeDecorator[Any]):
    """A JSON value kept like EncryptedText."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> bytes | None:
        return None if value is None else _sealed(value, json.dumps(value))

    def process_result_value(self, value: bytes | None, dialect: sa.Dialect) -> Any:
        return None if value is None else _opened(value, json.loads)


def _sealed(value: Any, text: str) -> bytes:
    if value is UNREADABLE:
        raise ValueError("what nobody could read would go over what is there")
    return _cipher().encrypt(text.encode())


def _opened(sealed: bytes, read: Callable[[str], Any]) -> Any:
    try:
        return read(_cipher().decrypt(bytes(sealed)).decode())
    except InvalidToken:
        _warn()
        return UNREADABLE


@cache
def _warn() -> None:
    """Once per process: a page may hold hundreds. `flask keys rotate` names them all."""
    structlog.get_logger().warning("undecipherable: DATA_KEYS lacks a key")


def _cipher() -> MultiFernet:
    cipher: MultiFernet = current_app.extensions["data_cipher"]
    return cipher
