"""The database: one handle, one way to write, and columns that keep their promises.

Reads need nothing special. Every write happens inside `transaction()`, which on SQLite is
BEGIN IMMEDIATE: a deferred transaction that turns to writing fails with "database is locked"
whatever the busy timeout (https://www.sqlite.org/lang_transaction.html).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, MultiFernet
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.orm.attributes import set_committed_value
from werkzeug.local import LocalProxy

from shop.sealed import UNREADABLE as UNREADABLE
from shop.sealed import EncryptedJSON as EncryptedJSON
from shop.sealed import EncryptedText as EncryptedText
from shop.settings import ROOT, Settings


class UTCDateTime(sa.TypeDecorator[datetime]):
    """An aware datetime in Python, naive UTC in the database, the same on both engines."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value and value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """All tables; constraints get names, so that migrations can name them on both engines."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    # On the registry, because Flask-SQLAlchemy makes a class of its own between Base and Model.
    registry = registry(type_annotation_map={datetime: UTCDateTime})


# Rows stay readable after a commit: a view commits, then shows what it wrote without asking again.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

_one_writer = threading.Lock()


def init_db(app: Flask, settings: Settings) -> None:
    """Connects the app to DATABASE_URL, its migrations and its encryption keys."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.extensions["data_cipher"] = MultiFernet([Fernet(key) for key in settings.data_keys])
    sqlite = settings.database_url.startswith("sqlite:")
    # An error's message must not carry what a person typed into the log.
    engine: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": not sqlite}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine
    if sqlite:
        engine["connect_args"] = {"isolation_level": None}  # the driver's own BEGIN is too late
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(
            parents=True, exist_ok=True
        )
    db.init_app(app)
    app.extensions["migrate"] = LocalProxy(_migrations)
    with app.app_context():
        sa.event.listen(db.engine, "handle_error", _hide_row)
        if sqlite:
            sa.event.listen(db.engine, "connect", _prepare_sqlite)
            sa.event.listen(db.engine, "begin", _begin_sqlite)


def _migrations() -> Any:
    # Alembic is large, and no web process ever migrates: it comes when `flask db` asks for it.
    from flask_migrate import Migrate

    Migrate(directory=str(ROOT / "migrations"), compare_type=True, render_as_batch=True).init_app(
        current_app, db
    )
    return current_app.extensions["migrate"]


def _hide_row(context: sa.engine.ExceptionContext) -> None:
    """Cuts off the DETAIL below PostgreSQL's message: it repeats the row, mail address and all."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = tuple(str(part).partition("\n")[0] for part in error.args[:1])


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=5000",
        "secure_delete=ON",  # what is deleted is overwritten, not only let go of
    ):
        connection.execute(f"PRAGMA {pragma}")
    # SQLite's own knows a to z alone, and would not find Åse by what PostgreSQL finds her by.
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    # Straight to the driver: this is part of every request, and going through SQLAlchemy costs
    # more than the statement. Each transaction says how safe it is; a connection remembers.
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA synchronous={'FULL' if options.get('durable', True) else 'NORMAL'}")
    if options.get("writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # may be locked out, which callers catch
    else:
        driver.execute("BEGIN")


class NestedTransaction(RuntimeError):
    """A transaction() inside another: the inner commit would end the outer one half done."""


@contextmanager
def transaction(durable: bool = True) -> Iterator[None]:
    """All writes inside are committed together, or none of them.

    Ends any read transaction first, so what is read inside is fresh. Raises NestedTransaction
    when called inside itself. Network calls do not belong inside: they would hold the lock.
    `durable=False` is for what can be found out again: SQLite does not wait for the disk, so a
    power cut may undo it, until the next durable commit (https://www.sqlite.org/pragma.html
    #pragma_synchronous). Everybody sees it at once all the same, and a crash of ours loses nothing.
    """
    session = db.session()
    if session.info.get("writes"):
        raise NestedTransaction
    if session.in_transaction():
        session.commit()
    session.expire_all()  # a row read before may have changed since
    # Threads of one process queue here in order; SQLite's own busy wait polls and starves some.
    with _one_writer if db.engine.dialect.name == "sqlite" else nullcontext():
        session.info["writes"] = True
        try:
            session.connection(execution_options={"writes": True, "durable": durable})
            yield
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info["writes"] = False


def end_reading() -> None:
    """Ends the read transaction before a network call; rows read so far stay readable.

    Left open it would pin a connection, and on SQLite an old snapshot, for as long as others take.
    Raises NestedTransaction inside transaction(), where it would commit half the work.
    """
    if db.session.info.get("writes"):
        raise NestedTransaction
    db.session.commit()


class IllegalMove(RuntimeError):
    """The table of allowed moves has no such move: a mistake in the program, not in the data."""


def move(row: Any, to: str, unchanged: tuple[str, ...] = (), **changes: Any) -> bool:
    """Moves a row from the state it was read in to another, and says whether we won.

    The row's class names its allowed moves in `moves` (state → set of states). One conditional
    UPDATE decides: False means that somebody else moved the row first, or changed one of the
    `unchanged` columns, and nothing was written.
    Raises IllegalMove when the table has no such move.
    """
    model = type(row)
    moves: Mapping[str, frozenset[str]] = model.moves
    if to not in moves[row.state]:
        raise IllegalMove(f"{model.__name__}: {row.state} → {to}")
    changes["state"] = to
    result = db.session.execute(
        sa.update(model)
        .where(
            model.id == row.id,
            model.state == row.state,
            *(getattr(model, name) == getattr(row, name) for name in unchanged),
        )
        .values(**changes)
        .execution_options(synchronize_session=False)
    )
    won: bool = result.rowcount == 1  # type: ignore[attr-defined]
    if won:
        for name, value in changes.items():
            set_committed_value(row, name, value)
    return won


def insert_once(model: type[Base], **values: Any) -> Any:
    """Inserts a row unless one with the same unique key stands there.

    Returns the new row's primary key, or None when nothing was inserted.
    """
    connection = db.session.connection()  # plain values need nothing that the session adds
    return connection.scalar(_insert_once(model, connection.dialect.name), values)


@cache
def _insert_once(model: type[Base], dialect: str) -> Any:
    insert: Any
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    # The table, not the class: an insert of plain values needs nothing that the ORM adds.
    table: Any = model.__table__
    return insert(table).on_conflict_do_nothing().returning(*table.primary_key.columns)
