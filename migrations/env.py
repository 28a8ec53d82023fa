"""Runs migrations on the app's own database (flask db upgrade)."""

from contextlib import contextmanager

import sqlalchemy as sa
from alembic import context
from flask import current_app

migrate = current_app.extensions["migrate"]


def render_plain(kind, item, _autogen):
    """Names the column type underneath, so that old migrations do not depend on today's code."""
    plain = kind == "type" and isinstance(item, sa.TypeDecorator)
    return f"sa.{item.impl!r}" if plain else False


@contextmanager
def unguarded(connection):
    """On SQLite a table is altered by making it anew and dropping the old one, which rows that
    point to it forbid. So they are looked at afterwards (sqlite.org/lang_altertable.html § 7)."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    yield
    broken = driver.execute("PRAGMA foreign_key_check").fetchall()
    driver.execute("PRAGMA foreign_keys=ON")
    if broken:
        raise RuntimeError(f"{len(broken)} rows point to nothing")


with migrate.db.engine.connect() as connection, unguarded(connection):
    context.configure(
        connection=connection,
        target_metadata=migrate.db.metadata,
        render_item=render_plain,
        **migrate.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
