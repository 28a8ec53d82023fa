"""A database as new before each test: nothing in it but the course.

Importing the course again each time took as long as the tests themselves, so it stays unless a
test, or a program that it started, has touched it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask

from shop.course import actions, files
from shop.course.models import Course, Lesson
from shop.db import Base, db, transaction
from shop.settings import ROOT
from shop.web import now

KEPT: tuple[sa.Table, ...] = (Course.__table__, Lesson.__table__)  # type: ignore[assignment]
# Made into words once: that takes longer than carrying them out.
EMPTY = [str(sa.delete(t)) for t in reversed(Base.metadata.sorted_tables) if t not in KEPT]
EMPTY_KEPT = [str(sa.delete(table)) for table in reversed(KEPT)]


def _looking(length: str) -> list[sa.Select[Any]]:
    """Asks for all rows as they lie: JSON unread, and of long texts what `length` says of them."""

    def shown(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
        if isinstance(column.type, sa.JSON):
            return sa.cast(column, sa.Text)
        return getattr(sa.func, length)(column) if isinstance(column.type, sa.Text) else column

    return [sa.select(*map(shown, table.columns)).order_by(table.c.id) for table in KEPT]


# Reading the texts would take longer than writing them; PostgreSQL must not even unpack them.
LOOK = {"sqlite": _looking("length"), "postgresql": _looking("octet_length")}


class Fresh:
    """One app's database, and the course as rows."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            with transaction():
                course = files.read(ROOT / "content" / "course", ROOT / "content" / "audio")
                actions.import_course(course, now())
            self.rows = [
                (t, [dict(row) for row in db.session.execute(sa.select(t)).mappings()])
                for t in KEPT
            ]
            self.look = self._look()

    def restore(self) -> None:
        """Empties every table but the course's, and puts the course back if it was touched."""
        with self.app.app_context(), transaction():
            self._delete(EMPTY)
            if self._look() != self.look:
                self._delete(EMPTY_KEPT)
                for table, rows in self.rows:
                    db.session.execute(table.insert(), rows)

    def _delete(self, statements: list[str]) -> None:
        connection = db.session.connection()
        if connection.dialect.name == "postgresql":
            statements = ["; ".join(statements)]  # one way there and back
        cursor = connection.connection.cursor()  # the driver's own: these are hundreds of thousands
        for statement in statements:
            cursor.execute(statement)
        cursor.close()

    def _look(self) -> list[Any]:
        return [list(db.session.execute(query)) for query in LOOK[db.engine.dialect.name]]
