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
OTHERS = [table for table in reversed(Base.metadata.sorted_tables) if table not in KEPT]
# Long texts by their length: reading them all would take longer than writing them.
LOOK = [
    sa.select(
        *(sa.func.length(c) if isinstance(c.type, sa.Text) else c for c in table.columns)
    ).order_by(table.c.id)
    for table in KEPT
]


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
            self._delete(OTHERS)
            if self._look() != self.look:
                self._delete(list(reversed(KEPT)))
                for table, rows in self.rows:
                    db.session.execute(table.insert(), rows)

    def _delete(self, tables: list[sa.Table]) -> None:
        connection = db.session.connection()
        statements = [str(sa.delete(table)) for table in tables]
        if connection.dialect.name == "postgresql":
            statements = ["; ".join(statements)]  # one way there and back
        for statement in statements:
            connection.exec_driver_sql(statement)

    def _look(self) -> list[Any]:
        return [list(db.session.execute(query)) for query in LOOK]
