"""Migrations make exactly the tables that the models describe, and can be undone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade

from shop import create_app, settings
from shop.accounts.models import Browser, Person
from shop.db import Base, EncryptedJSON, EncryptedText, UTCDateTime, db
from shop.orders.models import Order
from shop.outbox.models import Mail
from shop.outbox.rules import Letter
from shop.pages.readiness import newest
from shop.settings import ROOT
from tests.conftest import DATABASES


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path) -> Flask:
    """The program on a database of its own without a single table."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    if request.param == "postgresql":
        url = _new_database(request.getfixturevalue("postgres_url"), "migrations")
    program = create_app(settings.load({"APP_ENV": "development", "DATABASE_URL": url}))
    with program.app_context():
        yield program
        db.engine.dispose()


def _new_database(server: str, name: str) -> str:
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


def differences() -> list:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, Base.metadata)


def tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names())


def test_migrations_make_what_the_models_say(empty):
    assert differences(), "an empty database lacks every table"
    upgrade()
    assert differences() == []
    assert tables() == {*Base.metadata.tables, "alembic_version"}


def test_migrations_can_be_undone_and_done_again(empty):
    upgrade()
    downgrade(revision="base")
    assert tables() == {"alembic_version"}
    upgrade()
    assert differences() == []


def test_what_people_wrote_survives_every_migration(empty):
    """From the first tables, with a row in them, to today's."""
    upgrade(revision="first")
    day = datetime(2026, 11, 23, tzinfo=UTC)
    tables = Base.metadata.tables
    rows = {
        "person": {"id": 1, "email": "kirsten@example.dk", "name": "Kirsten", "created_at": day},
        "browser": {
            **{"id": 1, "token_hash": "x", "person_id": 1, "is_first": False},
            **{"created_at": day, "expires_at": day},
        },
    }
    mail = sa.table(
        "mail",
        *(sa.column(name, EncryptedText) for name in ("recipient", "subject", "text")),
        sa.column("headers", EncryptedJSON),
        *(sa.column(name, UTCDateTime) for name in ("queued_at", "not_before")),
        *(sa.column(name) for name in ("dedupe_key", "kind", "message_id", "state", "tries")),
    )
    with db.engine.begin() as connection:
        for name, row in rows.items():
            known = sa.inspect(connection).get_columns(name)
            old = sa.table(name, *(tables[name].c[column["name"]]._copy() for column in known))
            connection.execute(old.insert().values(**row))
        words = {"recipient": "kirsten@example.dk", "subject": "Emne", "text": "Ord", "headers": {}}
        times = {"queued_at": day, "not_before": day}
        rest = {"dedupe_key": "1", "kind": "k", "message_id": "m", "state": "queued", "tries": 0}
        connection.execute(mail.insert().values(**words, **times, **rest))
    upgrade()
    assert db.session.scalars(sa.select(Browser.person_id)).all() == [1]
    assert db.session.scalars(sa.select(Person.is_clinician)).all() == [False]
    letter = db.session.scalars(sa.select(Mail)).one().as_letter()
    assert letter == Letter("kirsten@example.dk", "Emne", "Ord")
    db.session.close()


def add(connection, name: str, **values) -> None:
    """A row as its table stands by now; what a column must hold beside `values` means nothing."""
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    for column in table.columns:
        if not (column.nullable or column.server_default or column.primary_key):
            kind = column.type.python_type
            day = datetime(2026, 11, 23)  # noqa: DTZ001 (as it lies in the database)
            nothing = {datetime: day, bytes: b"", object: {}}  # object: JSON
            values.setdefault(column.name, nothing[kind] if kind in nothing else kind())
    connection.execute(table.insert().values(**values))


def test_an_order_from_before_keeps_the_course_as_it_was_sold(empty):
    upgrade(revision="rhythm")
    with db.engine.begin() as connection:
        add(connection, "person", id=1)
        add(connection, "course", id=1, title="Kursus", access_months=24)
        add(connection, "purchase_order", id=1, person_id=1, course_id=1)
    upgrade()
    order = db.session.scalars(sa.select(Order)).one()
    assert (order.course_title, order.access_months, order.keeps_right) == ("Kursus", 24, True)
    db.session.close()


@pytest.mark.parametrize(
    "left",
    [
        {},
        {"enrolment": {"source": "order:17"}},
        {"mail": {"dedupe_key": "gift:17:1795000000", "message_id": "m"}},
        {"mail": {"dedupe_key": "order-alert:17:bought_again"}},
        {"mail": {"dedupe_key": "document:99", "about": "order:17"}},
        {"browser": {"order_id": 17}},
    ],
)
def test_no_number_that_an_order_or_a_gift_ever_had_is_used_again(empty, left):
    """Whatever was left of those that are gone, when numbers began to be kept."""
    upgrade(revision="rhythm")
    with db.engine.begin() as connection:
        add(connection, "person", id=1)
        add(connection, "course", id=1)
        order = {"person_id": 1, "course_id": 1}
        add(connection, "purchase_order", id=5, number="A", current_of="a", **order)
        add(connection, "gift", id=3, order_id=5, course_id=1, redeemed_by=1)
        for name, values in left.items():
            refers = {"enrolment": order, "browser": {"person_id": 1}}.get(name, {})
            add(connection, name, **refers, **values)
    upgrade()
    if db.engine.dialect.name == "postgresql":
        return  # which never gave one out again
    used = 17 if left else 5
    with db.engine.begin() as connection:
        kept = connection.execute(sa.text("SELECT order_id, redeemed_by FROM gift WHERE id = 3"))
        assert kept.one() == (5, 1)
        add(connection, "purchase_order", number="B", **order)
        [first, second] = connection.scalars(sa.text("SELECT id FROM purchase_order ORDER BY id"))
        assert (first, second) == (5, used + 1)
        connection.execute(sa.text("DELETE FROM purchase_order WHERE number = 'B'"))
        add(connection, "purchase_order", number="C", **order)
        newest = connection.scalar(sa.text("SELECT max(id) FROM purchase_order"))
        assert newest == used + 2
        add(connection, "gift", order_id=newest, course_id=1, code_hash="c")
        assert connection.scalar(sa.text("SELECT max(id) FROM gift")) == used + 1


def test_a_table_made_anew_goes_on_counting_where_the_old_one_stood(empty):
    """A batch drops AUTOINCREMENT unless it is told to keep it, which no comparison sees."""
    upgrade()
    if db.engine.dialect.name == "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        if table.dialect_options["sqlite"]["autoincrement"]:
            with db.engine.connect() as connection:
                made = sa.text("SELECT sql FROM sqlite_master WHERE name = :name")
                sql = connection.scalar(made, {"name": table.name})
            assert "AUTOINCREMENT" in sql, table.name


def test_there_is_one_line_of_migrations():
    script = ScriptDirectory(str(ROOT / "migrations"))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    assert newest() == set(script.get_heads()), "as /readyz reads it, without Alembic"
