"""Counting what goes on in any case, and whether it is much."""

from __future__ import annotations

from collections.abc import Callable

from limits import parse as parse_limit

from shop.web import limiter, log


def is_over(limit: str, *who: str) -> bool:
    """Whether as much was counted as a limit like "10 per hour" allows.

    For what must go on in any case: storage that does not answer has counted nothing.
    """
    return not _asked(limiter.limiter.test, limit, *who)


def count(limit: str, *who: str) -> None:
    """Counts one for `is_over`."""
    _asked(limiter.limiter.hit, limit, *who)


def _asked(question: Callable[..., bool], limit: str, *who: str) -> bool:
    try:
        return question(parse_limit(limit), *who)
    except Exception as error:
        log.warning("limit not counted", error=type(error).__name__)
        return True
