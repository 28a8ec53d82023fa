"""A mistyped address is mended on the person only while all there is of them is one purchase."""

from __future__ import annotations

import sqlalchemy as sa

from shop.accounts import actions
from shop.accounts.models import Browser, Person
from shop.db import db, transaction
from shop.web import now

WRONG, RIGHT, KNOWN = "kirsten@exmaple.dk", "kirsten@example.dk", "jens@example.dk"
ORDER, OTHER = 7, 8


def given(email: str, **changes: object) -> bool:
    """Whether the person gets the address when all there is of them is this."""
    with transaction():
        db.session.execute(sa.delete(Browser))
        db.session.execute(sa.delete(Person))
        actions.find_or_add(KNOWN, "", now())
        person_id, _ = actions.find_or_add(WRONG, "Kirsten", now())
        orders = changes.pop("browsers", [ORDER])
        for order_id in orders:
            actions.open_browser(person_id, now(), order_id, True)
        if changes:
            db.session.execute(sa.update(Person).where(Person.id == person_id).values(changes))
    with transaction():
        done = actions.readdress(person_id, ORDER, email)
    email_now = db.session.scalar(sa.select(Person.email).where(Person.id == person_id))
    assert email_now == (RIGHT if done else WRONG)
    return done


def test_only_who_is_one_purchase_and_nothing_else_gets_another_address(app):
    with app.app_context():
        assert given(RIGHT.upper())
        assert given(RIGHT, browsers=[])
        assert not given(KNOWN), "that is somebody else"
        assert not given(RIGHT, verified_at=now()), "somebody has proved to be them"
        assert not given(RIGHT, browsers=[ORDER, None]), "somebody is signed in as them"
        assert not given(RIGHT, browsers=[ORDER, OTHER]), "they have bought something else"
        assert not given(RIGHT, is_clinician=True)
