"""Runs migrations on the app's own database (flask db upgrade)."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

migrate = current_app.extensions["migrate"]


def render_plain(kind, item, _autogen):
    """Names the column type underneath, so that old migrations do not depend on today's code."""
    plain = kind == "type" and isinstance(item, sa.TypeDecorator)
    return f"sa.{item.impl!r}" if plain else False


with migrate.db.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=migrate.db.metadata,
        render_item=render_plain,
        **migrate.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
