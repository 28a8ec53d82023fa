"""Asking to be erased, changing one's mind, and being erased. Nothing here commits."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

import shop.gifts.actions as gifts
import shop.outbox.actions as outbox
from shop.accounts.models import Person, by_email
from shop.db import Base, db, insert_once, move
from shop.orders.models import Order
from shop.orders.timeline_actions import alert
from shop.privacy import emails, erased, models, rules
from shop.privacy.map_rules import Entry
from shop.privacy.models import Erasure, Somebody
from shop.web import hashed

# How the outbox names what a mail is about: such mails go too, whoever they went to.
ABOUT = {
    "person": "person",
    "purchase_order": "order",
    "gift": "gift",
    "enquiry": "enquiry",
    "appointment": "appointment",
    "waiting_list": "waiting",
    "plan_share": "plan",
    "rhythm": "rhythm",
}


def ask(person: Person, now: datetime) -> bool:
    """Remembers that the person wants to be erased, and mails them; False when they had asked."""
    token, due_at = secrets.token_urlsafe(32), now + rules.COOLING
    asked = insert_once(
        Erasure,
        person_id=person.id,
        state="asked",
        cancel_hash=hashed(token),
        asked_at=now,
        due_at=due_at,
    )
    if asked is None:
        return False
    letter = emails.asked(person.email, due_at, token)
    outbox.queue(letter, "data-asked", f"data-asked:{asked}", now, about=f"person:{person.id}")
    return True


def cancel(erasure: Erasure, now: datetime) -> bool:
    """Calls the erasure off; False when it was carried out meanwhile."""
    return move(erasure, "cancelled", settled_at=now, person_id=None, cancel_hash=None)


def carry_out(erasure_id: int, now: datetime) -> bool:
    """Erases whoever asked, with a last mail to them; False when it has to wait or is done.

    All in the caller's transaction: after a crash, nothing or everything is gone.
    """
    erasure = db.session.get_one(Erasure, erasure_id, with_for_update=True, populate_existing=True)
    person = db.session.get(Person, erasure.person_id) if erasure.person_id else None
    if erasure.state != "asked" or person is None or models.obstacles(person, now):
        return False
    somebody, added_at = Somebody(person.id, person.email), person.created_at
    if not move(erasure, "done", settled_at=now):
        return False
    _erase(somebody, now)
    letter = emails.gone(somebody.email)
    outbox.queue(letter, "data-gone", f"data-gone:{erasure_id}", now)
    mail = erased.fingerprint(somebody.email)
    erased.add(erased.Line(now, somebody.id, added_at, mail))  # last: nothing fails after it
    return True


def carry_out_again(line: erased.Line, address: str | None, now: datetime) -> bool:
    """Erases whom a backup has brought back, without a mail; False when it holds nothing of them.

    `address` is theirs, where the database knows it. One that was erased before the backup was
    taken is left alone: whoever stands there by that address has come back themselves.
    """
    is_done = sa.select(Erasure.id).where(Erasure.state == "done", Erasure.settled_at == line.at)
    if db.session.scalar(is_done):
        return False
    person = db.session.get(Person, line.person_id)
    if person is None or person.created_at != line.added_at:  # or somebody else's number by now
        person = by_email(address) if address else None
        if person and person.created_at > line.at:
            return False
    found = {one for one in (address, person.email if person else None) if one}
    if not found:
        return False
    asked = models.asked_by(person.id) if person else None
    if asked:
        move(asked, "done", settled_at=line.at)
    else:
        when = {"asked_at": line.at, "due_at": line.at, "settled_at": line.at}
        insert_once(Erasure, state="done", **when)
    for email in sorted(found):
        _erase(Somebody(person.id if person else 0, email), now)
    return True


def purge(now: datetime) -> None:
    """Deletes what is known of erasures that were settled three years ago."""
    old = Erasure.settled_at < now - rules.LOG_KEPT
    db.session.execute(sa.delete(Erasure).where(old))


def _erase(somebody: Somebody, now: datetime) -> None:
    """Deletes and empties by the map, children before parents."""
    _let_go_of_gifts(somebody, now)
    entries, rows = models.entries(), models.everything_of(somebody)
    stays = rules.staying(entries, rows, _keys())
    for name, prefix in ABOUT.items():
        for row in rows[name]:
            outbox.forget(f"{prefix}:{row['id']}")
    # First what stays lets go of what does not.
    for table in reversed(Base.metadata.sorted_tables):
        for kept in stays.get(table.name, []):
            _empty(table, entries[table.name], kept)
    for table in reversed(Base.metadata.sorted_tables):
        for row in rows.get(table.name, []):
            if row not in stays.get(table.name, []):
                db.session.execute(sa.delete(table).where(_is(table, row)))


def _let_go_of_gifts(somebody: Somebody, now: datetime) -> None:
    """Empties their address in gifts; the clinician hears once of one that cannot be sent now."""
    for row in models.named(somebody)["gift"]:
        order_id = gifts.lose_recipient(row["id"], now)
        if gifts.is_homeless(order_id, now):
            alert(db.session.get_one(Order, order_id), "gift_homeless", now)


def _keys() -> dict[str, dict[str, str]]:
    return {
        table.name: {key.parent.name: key.column.table.name for key in table.foreign_keys}
        for table in Base.metadata.sorted_tables
    }


def _empty(table: sa.Table, entry: Entry, row: Mapping[str, Any]) -> None:
    """Empties the columns that need not stay; a column that must be told apart gets a number."""
    if not entry.emptied:
        return
    unique = {
        column.name
        for constraint in table.constraints
        if isinstance(constraint, sa.UniqueConstraint)
        for column in constraint.columns
    }
    values = {
        name: _nothing(table.c[name], f"slettet:{row['id']}" if name in unique else "")
        for name in entry.emptied
    }
    db.session.execute(sa.update(table).where(_is(table, row)).values(values))


def _nothing(column: sa.Column[Any], word: str) -> Any:
    """What stands in an emptied column: `word` where it must hold one."""
    if column.nullable:
        return None
    return {} if isinstance(column.type, sa.JSON) else word


def _is(table: sa.Table, row: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == row[column.name] for column in table.primary_key))
