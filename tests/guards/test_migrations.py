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


def test_an_order_from_before_keeps_the_course_as_it_was_sold(empty):
    upgrade(revision="rhythm")
    day = datetime(2026, 11, 23, tzinfo=UTC)
    rows = {
        "person": {"id": 1, "email": "kirsten@example.dk", "name": "Kirsten", "created_at": day},
        "course": {"id": 1, "slug": "k", "title": "Kursus", "access_months": 24},
        "purchase_order": {"id": 1, "person_id": 1, "course_id": 1, "created_at": day},
    }
    with db.engine.begin() as connection:
        for name, row in rows.items():
            known = sa.inspect(connection).get_columns(name)
            types = Base.metadata.tables[name].c
            old = sa.table(name, *(types[column["name"]]._copy() for column in known))
            must = [each for each in known if not each["nullable"] and each["default"] is None]
            plain = {each["name"]: _anything(types[each["name"]].type) for each in must}
            connection.execute(old.insert().values(**plain | row))
    upgrade()
    order = db.session.scalars(sa.select(Order)).one()
    assert (order.course_title, order.access_months, order.keeps_right) == ("Kursus", 24, True)
    db.session.close()


def _anything(kind: sa.types.TypeEngine) -> object:
    python = {sa.Integer: 1, sa.Boolean: False, sa.JSON: []}
    return next((value for each, value in python.items() if isinstance(kind, each)), "x")


def test_there_is_one_line_of_migrations():
    script = ScriptDirectory(str(ROOT / "migrations"))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    assert newest() == set(script.get_heads()), "as /readyz reads it, without Alembic"
