"""Writing where two may wait for each other: the one that PostgreSQL ends tries again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import OperationalError

from shop.db import transaction

DEADLOCK = "40P01"  # https://www.postgresql.org/docs/current/errcodes-appendix.html
TRIES = 5  # one of two who wait for each other always goes on, so more are seldom needed
T = TypeVar("T")


def settled(work: Callable[[], T]) -> T:
    """Does the work in a transaction of its own, and again when it met a deadlock.

    Nothing of a try is left: a deadlock rolls all of it back. Raises what `work` raises, and
    OperationalError when a dozen at once keep it from every one of its tries.
    """
    for _ in range(TRIES - 1):
        try:
            with transaction():
                return work()
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != DEADLOCK:
                raise
    with transaction():
        return work()
