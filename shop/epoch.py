"""Moments that the database can count with."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa


class Epoch(sa.TypeDecorator[datetime]):
    """An aware datetime in Python, whole seconds since 1970 in the database, on both engines.

    For times that a CHECK divides or that a query reads by the hundred. Parts of a second are let
    go, so that the present moment may be asked for as it is.
    """

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        """Seconds since 1970."""
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """The moment in UTC."""
        return None if value is None else datetime.fromtimestamp(value, UTC)
