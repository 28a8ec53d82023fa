"""Where limits are counted while there is no Redis."""

from __future__ import annotations

import time
from typing import Any

from limits.storage import MemoryStorage

SWEEP_EVERY = 60.0  # seconds


class Tallies(MemoryStorage):
    """The library's counting in memory, swept once a minute.

    By itself it starts a thread after almost every request to look through all its keys, which
    cost an order more than its two commits. What has run out does not count meanwhile either.
    """

    STORAGE_SCHEME = ["tallies"]  # noqa: RUF012 (the library's own way)

    def __init__(self, *given: Any, **named: Any) -> None:
        self._sweep_at = time.monotonic() + SWEEP_EVERY
        super().__init__(*given, **named)

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 (the library's private name)
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP_EVERY
            super()._MemoryStorage__schedule_expiry()  # type: ignore[misc]
