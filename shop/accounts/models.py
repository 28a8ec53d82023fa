"""People, the ways they sign in, and the browsers that are signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.accounts import rules
from shop.db import Model, db


class Person(Model):
    """Somebody with an email address; there are no passwords. Clinicians enter the back office."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    created_at: Mapped[datetime]
    is_clinician: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    verified_at: Mapped[datetime | None]
    signed_out_at: Mapped[datetime | None]


class SignIn(Model):
    """One mailed link and its code: hashed, used once. For an unknown address it has no person."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    code_tries: Mapped[int] = mapped_column(default=0)
    next_path: Mapped[str] = mapped_column(sa.String(500))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Browser(Model):
    """A signed-in browser. Revoked by deleting the row.

    `order_id` stands on one that got in by paying; it reaches that order's course alone.
    `is_first` says that we knew nobody by that address before.
    """

    __tablename__ = "browser"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    order_id: Mapped[int | None]
    is_first: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


@dataclass(frozen=True)
class Visitor:
    """Who is signed in here, as Flask-Login's current_user."""

    token: str
    browser_id: int
    person_id: int
    email: str
    name: str
    order_id: int | None
    trusted: bool
    clinic: str

    is_authenticated = is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return self.token

    @property
    def has_proved(self) -> bool:
        """Whether this browser came in by the mail, and not by paying."""
        return rules.has_proved(self.order_id)

    def may_see_order(self, order_id: int) -> bool:
        """Whether this person's order may be seen here: one that paid sees what it paid for."""
        return self.trusted and self.order_id in {None, order_id}


# Built once, and on the tables: it runs for every signed-in request, and both building a
# statement and going through the classes cost more than running it does.
_b, _p = Browser.__table__.c, Person.__table__.c
_VISITOR = (
    sa.select(
        *(_b.id, _b.order_id, _b.is_first, _b.created_at),
        *(_p.id, _p.email, _p.name, _p.verified_at, _p.is_clinician),
    )
    .join_from(Browser.__table__, Person.__table__, _p.id == _b.person_id)
    .where(_b.token_hash == sa.bindparam("token_hash"), _b.expires_at > sa.bindparam("now"))
)


def visitor(token: str, token_hash: str, now: datetime) -> Visitor | None:
    """The person behind a browser's token, in one query of the columns needed."""
    asked = {"token_hash": token_hash, "now": now}
    row = db.session.connection().execute(_VISITOR, asked).one_or_none()
    if row is None:
        return None
    browser_id, order_id, is_first, opened_at, *person = row
    person_id, email, name, verified_at, is_clinician = person
    return Visitor(
        token,
        browser_id,
        person_id,
        email,
        name,
        order_id,
        trusted=rules.is_trusted(order_id, is_first, verified_at),
        clinic=rules.clinic_access(is_clinician, order_id, opened_at, now),
    )


def id_of(email: str) -> int:
    """The id of the person with this address. Raises NoResultFound."""
    query = sa.select(Person.id).where(Person.email == rules.fold(email))
    return db.session.execute(query).scalar_one()


def by_email(email: str) -> Person | None:
    """The person with this address, in whatever case it is written."""
    return db.session.scalar(sa.select(Person).where(Person.email == rules.fold(email)))


def signed_out_at(person_id: int) -> datetime | None:
    """When the person last signed out everywhere."""
    return db.session.scalar(sa.select(Person.signed_out_at).where(Person.id == person_id))


def by_token(token_hash: str) -> SignIn | None:
    """The sign-in behind a link, used and expired ones too."""
    return db.session.scalar(sa.select(SignIn).where(SignIn.token_hash == token_hash))


def browsers_of(person_id: int, now: datetime) -> int:
    """How many browsers the person is signed in on."""
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Browser)
            .where(Browser.person_id == person_id, Browser.expires_at > now)
        )
        or 0
    )


def email_of(person_id: int) -> str:
    """The address of the person with this id, "" when there is none."""
    return db.session.scalar(sa.select(Person.email).where(Person.id == person_id)) or ""
