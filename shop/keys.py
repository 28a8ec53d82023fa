"""Changing the key of what is encrypted: rows written with an old key get the first one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shop.db import Base, EncryptedJSON, EncryptedText, db, transaction

BATCH = 200  # rows a transaction


class Rotated(NamedTuple):
    """What came of one column; `lost` names the rows that no key deciphers."""

    table: str
    column: str
    changed: int
    lost: list[str]


def rotate(keys: tuple[str, ...]) -> Iterator[Rotated]:
    """Writes everything encrypted with the first key, column by column, in small transactions.

    May be stopped and begun again at any time, and others may write meanwhile: what has the first
    key already is passed over, and a value that changed under our hands is left as it is.
    """
    first, every = Fernet(keys[0]), MultiFernet([Fernet(key) for key in keys])
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, EncryptedText | EncryptedJSON):
                yield _rotate(table, column, first, every)


def _rotate(table: sa.Table, column: sa.Column[Any], first: Fernet, every: MultiFernet) -> Rotated:
    [key] = table.primary_key.columns
    raw = sa.type_coerce(column, sa.LargeBinary)
    query = sa.select(key, raw.label("sealed")).where(column.is_not(None)).order_by(key)
    changed, lost, last = 0, list[str](), None
    while True:
        some = query if last is None else query.where(key > last)
        with transaction():
            rows = db.session.execute(some.limit(BATCH)).all()
            for number, sealed in rows:
                try:
                    changed += _reseal(table, column, key == number, bytes(sealed), first, every)
                except InvalidToken:
                    lost.append(str(number))
        if not rows:
            return Rotated(table.name, column.name, changed, lost)
        last = rows[-1][0]


def _reseal(
    table: sa.Table,
    column: sa.Column[Any],
    which: sa.ColumnElement[bool],
    sealed: bytes,
    first: Fernet,
    every: MultiFernet,
) -> int:
    """1 when the value got the first key, 0 when it had it. Raises InvalidToken."""
    try:
        first.decrypt(sealed)
    except InvalidToken:
        unchanged = sa.type_coerce(column, sa.LargeBinary) == sealed
        value = sa.literal(every.rotate(sealed), sa.LargeBinary)
        db.session.execute(sa.update(table).where(which, unchanged).values({column.name: value}))
        return 1
    return 0
