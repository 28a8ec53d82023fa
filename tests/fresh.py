"""A database as new before each test, at the price of what the last one wrote.

Emptying every table and importing the course again took as long as the tests themselves.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from flask import Flask

from shop.course import actions, files
from shop.db import Base, db, transaction
from shop.settings import ROOT
from shop.web import now

WRITES = re.compile(r'\b(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')
COURSE = ("course", "lesson")

Rows = dict[sa.Table, list[dict[str, Any]]]


class Fresh:
    """One app's database: which tables were written, and the course as rows."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.written: set[str] = set()
        with app.app_context():
            self.course = self._import_course()
            sa.event.listen(db.engine, "before_cursor_execute", self._note)
        self.distrust()

    def distrust(self) -> None:
        """Another process may have written anything."""
        self.written.update(Base.metadata.tables)

    def restore(self) -> None:
        """Empties what was written, and puts the course back if it was touched."""
        with self.app.app_context(), transaction():
            touched = not self.written.isdisjoint(COURSE)
            wanted = self.written | set(COURSE) if touched else self.written
            for table in reversed(Base.metadata.sorted_tables):
                if table.name in wanted:
                    db.session.execute(sa.delete(table))
            for table, rows in self.course.items() if touched else ():
                db.session.execute(table.insert(), rows)
        self.written.clear()

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.written.update(WRITES.findall(statement))

    def _import_course(self) -> Rows:
        """The course that the files hold, read and rendered once."""
        with transaction():
            actions.import_course(
                files.read(ROOT / "content" / "course", ROOT / "content" / "audio"), now()
            )
        tables = [Base.metadata.tables[name] for name in COURSE]
        rows = {t: [dict(r) for r in db.session.execute(sa.select(t)).mappings()] for t in tables}
        db.session.rollback()
        return rows
