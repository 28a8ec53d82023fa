"""What deleted rows leave behind in the database's files."""

from __future__ import annotations

from shop.db import db, end_reading


def scrub() -> None:
    """Leaves nothing of deleted rows in SQLite's files: a new file, and an empty log of writes.

    PostgreSQL writes over them by itself, when its autovacuum has come by.
    """
    if db.engine.dialect.name != "sqlite":
        return
    end_reading()
    connection = db.engine.raw_connection()
    try:
        cursor = connection.cursor()  # straight to the driver: VACUUM runs in no transaction
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            cursor.execute(statement)
        cursor.close()
    finally:
        connection.close()
