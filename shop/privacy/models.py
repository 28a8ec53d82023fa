"""Everything that is somebody's, found by the map of all tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

import shop.booking.models as booking
from shop.accounts.models import Person
from shop.accounts.rules import fold
from shop.content import data_map
from shop.db import UNREADABLE, Base, EncryptedJSON, Model, db
from shop.orders.models import Attempt, Order
from shop.orders.refund_models import open_requests
from shop.orders.rules import UNSETTLED
from shop.outbox.models import Mail
from shop.privacy.map_rules import LETTER, Entry
from shop.web import hashed

_OPEN = EncryptedJSON()

Rows = dict[str, list[dict[str, Any]]]


class Somebody(NamedTuple):
    """A person whose address is proven."""

    id: int
    email: str


def entries() -> dict[str, Entry]:
    """The map, parents before children."""
    written = data_map()
    return {table.name: Entry.read(written[table.name]) for table in Base.metadata.sorted_tables}


def everything_of(somebody: Somebody) -> Rows:
    """Every row of theirs in every table of the map, with its own columns, oldest first.

    Only the columns that the map shows are opened: of others, not even what is encrypted.
    """
    found: Rows = {}
    for name, entry in entries().items():
        if entry.whose:
            found[name] = _rows(name, entry, somebody, found)
    return found


def addresses() -> set[str]:
    """Every mail address that a row is somebody's by, or that a row names."""
    found = {mail.to for mail in _mails()} | set(db.session.scalars(sa.select(Person.email)))
    for table_name, entry in entries().items():
        table = Base.metadata.tables[table_name]
        for name in {*entry.whose, entry.names} - {LETTER, ""}:
            column = table.c[name]
            if not column.foreign_keys and not column.primary_key:
                found |= set(db.session.scalars(sa.select(column).distinct()))
    return {fold(address) for address in found if address}


def shown_to(somebody: Somebody) -> Rows:
    """What they get to see: their rows, and of others' what names them."""
    found = everything_of(somebody)
    for name, rows in named(somebody).items():
        known = {row["id"] for row in found[name]}
        found[name] = found[name] + [row for row in rows if row["id"] not in known]
    return found


def named(somebody: Somebody) -> Rows:
    """Rows that name their address, whosever they are: its key and that, which opening tells."""
    found: Rows = {}
    for name, entry in entries().items():
        if entry.names:
            table = Base.metadata.tables[name]
            query = sa.select(table.c.id, table.c[entry.names]).order_by(table.c.id)
            rows = db.session.execute(query.where(table.c[entry.names].is_not(None))).mappings()
            theirs = fold(somebody.email)
            found[name] = [dict(row) for row in rows if fold(row[entry.names]) == theirs]
    return found


def _rows(name: str, entry: Entry, somebody: Somebody, found: Rows) -> list[dict[str, Any]]:
    table = Base.metadata.tables[name]
    if LETTER in entry.whose:
        return _letters(table, entry, somebody)
    keys = {column.name for column in table.primary_key} | {*entry.shown, *entry.whose}
    keys |= {key.parent.name for key in table.foreign_keys}
    which = sa.or_(*(_is_theirs(table, column, somebody, found) for column in entry.whose))
    query = sa.select(*(table.c[key] for key in keys)).where(which)
    rows = db.session.execute(query.order_by(*table.primary_key)).mappings()
    return [_without(entry, somebody, dict(row)) for row in rows]


def _without(entry: Entry, somebody: Somebody, row: dict[str, Any]) -> dict[str, Any]:
    """The row without what only somebody else may see of it."""
    hidden = {column for column, leads in entry.only.items() if row[leads] != somebody.id}
    return {column: value for column, value in row.items() if column not in hidden}


def _is_theirs(
    table: sa.Table, column: str, somebody: Somebody, found: Rows
) -> sa.ColumnElement[bool]:
    """Whether the row's column leads to them."""
    if table.name == "person":
        return table.c.id == somebody.id
    keys = list(table.c[column].foreign_keys)
    if not keys:
        return sa.func.lower(table.c[column]) == fold(somebody.email)
    target = keys[0].column
    return table.c[column].in_([row[target.name] for row in found[target.table.name]])


def _letters(table: sa.Table, entry: Entry, somebody: Somebody) -> list[dict[str, Any]]:
    """Mails to their address, which only opening each can tell."""
    shown = [table.c[key] for key in entry.shown if key != LETTER]
    address = fold(somebody.email)
    found = [{"id": row.id, LETTER: row.subject} for row in _mails() if row.to == address]
    by_id = {row["id"]: row for row in found}
    query = sa.select(table.c.id, *shown).where(table.c.id.in_(by_id))
    for whole in db.session.execute(query).mappings():
        by_id[whole["id"]].update(whole)
    return found


class Addressed(NamedTuple):
    """To whom a mail goes, and what stands on its envelope."""

    id: int
    to: str
    subject: str


def _mails() -> Iterator[Addressed]:
    """Every mail that can be deciphered, two hundred at a time."""
    last, sealed = 0, sa.type_coerce(Mail.letter, sa.LargeBinary)
    query = sa.select(Mail.id, sealed).order_by(Mail.id).limit(200)
    while some := db.session.execute(query.where(Mail.id > last)).all():
        for mail_id, bytes_ in some:
            letter = _OPEN.process_result_value(bytes_, db.engine.dialect)
            if letter is not UNREADABLE:
                yield Addressed(mail_id, fold(letter["to"]), letter["subject"])
        last = some[-1][0]


class Erasure(Model):
    """That somebody asked to be erased; afterwards, that it was done, and no word of whom.

    `cancel_hash` is of the token in the mail that lets them change their mind.
    """

    __tablename__ = "erasure"
    moves: ClassVar = {"asked": frozenset({"cancelled", "done"})}

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    state: Mapped[str] = mapped_column(sa.String(20), default="asked")
    cancel_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


def asked_by(person_id: int) -> Erasure | None:
    """The erasure that the person has asked for and not called off."""
    return db.session.scalar(sa.select(Erasure).where(Erasure.person_id == person_id))


def by_token(token: str) -> Erasure | None:
    """The erasure that the mailed link calls off."""
    found = Erasure.cancel_hash == hashed(token), Erasure.state == "asked"
    return db.session.scalar(sa.select(Erasure).where(*found))


def leaving() -> set[int]:
    """Who has asked to be erased and may still call it off, by id."""
    who = sa.select(Erasure.person_id).where(Erasure.state == "asked")
    return {person_id for person_id in db.session.scalars(who) if person_id is not None}


def due(now: datetime) -> Sequence[int]:
    """Erasures whose days to think it over are gone, by id."""
    which = Erasure.state == "asked", Erasure.due_at <= now
    return db.session.scalars(sa.select(Erasure.id).where(*which)).all()


def obstacles(person: Person, now: datetime) -> list[str]:
    """What must come to an end first: "clinician", "appointment", "payment"."""
    found = ["clinician"] if person.is_clinician else []
    if booking.coming(person.email, now):
        found.append("appointment")
    orders = db.session.scalars(sa.select(Order).where(Order.person_id == person.id)).all()
    open_pages = sa.exists().where(
        Attempt.order_id.in_([order.id for order in orders]),
        Attempt.state == "awaiting",
        Attempt.expires_at > now,
    )
    is_open = any(order.state in UNSETTLED or open_requests(order.id) for order in orders)
    if is_open or (orders and db.session.scalar(sa.select(open_pages))):
        found.append("payment")
    return found
