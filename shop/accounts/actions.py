"""Writes about people and sign-in. Nothing here commits."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from shop.accounts import emails, models, rules
from shop.accounts.models import Browser, Person, SignIn
from shop.db import Base, db, insert_once
from shop.outbox.actions import forget, queue
from shop.web import hashed, settings


class Invitation(NamedTuple):
    """What opens a sign-in: `token` goes into a link, `code` is typed. Stored only as hashes."""

    sign_in_id: int
    token: str
    code: str


def find_or_add(email: str, name: str, now: datetime) -> tuple[int, bool]:
    """The person's id, and whether they are new; two at once still make one person."""
    added = insert_once(Person, email=rules.fold(email), name=name, created_at=now)
    return (added, True) if added else (models.id_of(email), False)


def remove(person_id: int) -> None:
    """Takes back whom `find_or_add` added in this very transaction, and nothing points to yet."""
    db.session.execute(sa.delete(Person).where(Person.id == person_id))


def set_clinician(email: str, may_enter: bool, now: datetime) -> bool:
    """Opens or closes the back office to an address, at once; False when nothing changed."""
    if may_enter:
        find_or_add(email, "", now)
    changed = db.session.execute(
        sa.update(Person)
        .where(Person.email == rules.fold(email), Person.is_clinician.is_not(may_enter))
        .values(is_clinician=may_enter)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def invite(
    person_id: int | None, next_path: str, now: datetime, digits: int = rules.SHORT_CODE
) -> Invitation:
    """Opens a sign-in of 20 minutes. Without a person it looks the same and opens nothing."""
    token, code = secrets.token_urlsafe(32), f"{secrets.randbelow(10**digits):0{digits}d}"
    sign_in = SignIn(
        person_id=person_id,
        token_hash=hashed(token),
        code_hash=_code_hash(token_hash=hashed(token), code=code),
        next_path=next_path,
        created_at=now,
        expires_at=now + rules.LINK_LIFE,
    )
    db.session.add(sign_in)
    db.session.flush()
    return Invitation(sign_in.id, token, code)


def request_sign_in(
    email: str, next_path: str, now: datetime, is_guessed_at: bool = False
) -> Invitation:
    """Opens a sign-in and, when the address is known, mails it. The caller cannot tell which.

    The code is a long one for a clinician, and for everybody while somebody seems to be guessing.
    """
    person = models.by_email(email)
    is_long = is_guessed_at or (person is not None and person.is_clinician)
    digits = rules.LONG_CODE if is_long else rules.SHORT_CODE
    invitation = invite(person.id if person else None, next_path, now, digits)
    if person:
        letter = emails.sign_in(person.email, invitation.token, invitation.code)
        number = invitation.sign_in_id
        queue(
            letter,
            "sign-in",
            f"sign-in:{number}",
            now,
            expires_at=now + rules.LINK_LIFE,
            about=f"person:{person.id}",
            sequence=number,
        )
    return invitation


def renew(token: str, now: datetime) -> Invitation | None:
    """Mails a new link to the address that an old link, used or expired, was mailed to."""
    old = models.by_token(hashed(token))
    person = db.session.get(Person, old.person_id) if old else None
    if old is None or person is None:
        return None
    return request_sign_in(person.email, old.next_path, now)


def use_link(token: str, now: datetime) -> SignIn | None:
    """Consumes a link; None when it is unknown, expired or already used."""
    return _consume(SignIn.token_hash == hashed(token), now)


def use_code(sign_in_id: int, code: str, now: datetime) -> SignIn | None:
    """Consumes a code; None when it is wrong, expired, used, or guessed at too often."""
    sign_in = db.session.scalar(
        sa.update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.code_tries < rules.CODE_TRIES)
        .values(code_tries=SignIn.code_tries + 1)
        .returning(SignIn)
    )
    if sign_in is None:
        return None
    expected = _code_hash(sign_in.token_hash, "".join(code.split()))
    if not hmac.compare_digest(expected, sign_in.code_hash):
        return None
    return _consume(SignIn.id == sign_in_id, now)


def _consume(which: sa.ColumnElement[bool], now: datetime) -> SignIn | None:
    sign_in = db.session.scalar(
        sa.update(SignIn)
        .where(
            which, SignIn.used_at.is_(None), SignIn.expires_at > now, SignIn.person_id.is_not(None)
        )
        .values(used_at=now)
        .returning(SignIn)
    )
    if sign_in is not None:
        db.session.execute(
            sa.update(Person)
            .where(Person.id == sign_in.person_id, Person.verified_at.is_(None))
            .values(verified_at=now)
        )
    return sign_in


def open_browser(
    person_id: int, now: datetime, order_id: int | None = None, is_first: bool = False
) -> str:
    """Signs a browser in and returns its secret token.

    `order_id` when it got in by paying, `is_first` when that order is how we know the person.
    """
    token = secrets.token_urlsafe(32)
    db.session.add(
        Browser(
            token_hash=hashed(token),
            person_id=person_id,
            order_id=order_id,
            is_first=is_first,
            created_at=now,
            expires_at=now + rules.SESSION_LIFE,
        )
    )
    db.session.flush()
    return token


def close_browser(browser_id: int) -> None:
    """Signs one browser out, at once and for good."""
    db.session.execute(sa.delete(Browser).where(Browser.id == browser_id))


def close_all_browsers(person_id: int, now: datetime) -> None:
    """Signs the person out everywhere; what a browser paid before does not let it in again."""
    db.session.execute(sa.delete(Browser).where(Browser.person_id == person_id))
    db.session.execute(sa.update(Person).where(Person.id == person_id).values(signed_out_at=now))


def take_back_invitations(person_id: int) -> None:
    """No link or code that was mailed to this person opens anything any more."""
    db.session.execute(sa.delete(SignIn).where(SignIn.person_id == person_id))


def readdress(person_id: int, order_id: int, email: str) -> bool:
    """Gives somebody the address that was meant; False when there is more to it.

    Only while nobody has proved to be them, and no browser but the one that paid this order is
    signed in as them: then all there is of them came from there. Never a clinician's, and not to
    an address that we know somebody by.
    """
    if models.by_email(email):
        return False
    other = sa.exists().where(
        Browser.person_id == Person.id, Browser.order_id.is_distinct_from(order_id)
    )
    given = db.session.execute(
        sa.update(Person)
        .where(
            *(Person.id == person_id, Person.is_clinician.is_(False)),
            *(Person.verified_at.is_(None), ~other),
        )
        .values(email=rules.fold(email))
    )
    return bool(given.rowcount)  # type: ignore[attr-defined]


def hand_over_browsers(order_id: int, person_id: int, is_first: bool) -> None:
    """The browsers that got in by paying this order are somebody else's now."""
    db.session.execute(
        sa.update(Browser)
        .where(Browser.order_id == order_id)
        .values(person_id=person_id, is_first=is_first)
    )


def purge(now: datetime) -> None:
    """Deletes sign-ins and browsers that have run out."""
    db.session.execute(sa.delete(SignIn).where(SignIn.expires_at < now - rules.SESSION_LIFE))
    db.session.execute(sa.delete(Browser).where(Browser.expires_at < now))


def purge_people(now: datetime) -> None:
    """Deletes people whom nothing leads to any more: no purchase, no access, no sign-in."""
    long_known = Person.created_at < now - rules.PERSON_KEPT
    pointing = [
        key.parent
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column is Person.__table__.c.id
    ]
    # One query for all that may point, whoever's it is: a new table is asked by itself.
    needed = [~sa.exists().where(column == Person.id) for column in pointing]
    gone = sa.delete(Person).where(long_known, Person.is_clinician.is_(False), *needed)
    for person_id in db.session.scalars(gone.returning(Person.id)):
        forget(f"person:{person_id}")


def _code_hash(token_hash: str, code: str) -> str:
    # A plain hash of six digits is undone by trying a million; the key is not in the database.
    key = settings().secret_key.encode()
    return hmac.new(key, f"{token_hash}:{code}".encode(), sha256).hexdigest()
