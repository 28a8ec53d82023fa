"""Enquiries: what a visitor wrote, and how far we are with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import EncryptedText, Model, db
from shop.enquiries import rules
from shop.outbox.models import Mail
from shop.outbox.rules import LOST


class Enquiry(Model):
    """One enquiry. The message and the clinician's note are encrypted: they may tell of health.

    `submit_key` makes the same words sent twice in a day one enquiry. `suspicions` says why it was
    set aside, keys separated by blanks. `version` grows with every change.
    """

    __tablename__ = "enquiry"
    moves = rules.MOVES

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(sa.String(8), unique=True)
    submit_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    state: Mapped[str] = mapped_column(sa.String(20), default="new")
    version: Mapped[int] = mapped_column(default=0)
    topic: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str] = mapped_column(sa.String(254))
    phone: Mapped[str] = mapped_column(sa.String(20))
    message: Mapped[str] = mapped_column(EncryptedText)
    consent_version: Mapped[str] = mapped_column(sa.String(40))
    consent_text: Mapped[str] = mapped_column(sa.Text)
    suspicions: Mapped[str] = mapped_column(sa.String(200))
    note: Mapped[str | None] = mapped_column(EncryptedText)
    search_text: Mapped[str] = mapped_column(sa.Text)
    received_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    purge_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (sa.Index("ix_enquiry_state", "state", "id"),)

    @property
    def about(self) -> str:
        """The name under which the outbox knows this enquiry's mails."""
        return about(self.id)


def about(enquiry_id: int) -> str:
    """The name under which the outbox knows an enquiry's mails."""
    return f"enquiry:{enquiry_id}"


def by_reference(reference: str | None) -> Enquiry | None:
    """The enquiry with this reference, as `rules.read_reference` gives it."""
    return db.session.scalar(sa.select(Enquiry).where(Enquiry.reference == reference))


def received_at(reference: str | None) -> datetime | None:
    """When the enquiry with this reference came, without its words."""
    query = sa.select(Enquiry.received_at).where(Enquiry.reference == reference)
    return db.session.scalar(query)


_t = Enquiry.__table__.c
_mail = Mail.__table__.c
_ABOUT = sa.literal("enquiry:") + sa.cast(_t.id, sa.String)
_MAIL_IS_LOST = sa.exists().where(_mail.about == _ABOUT, _mail.state.in_(LOST)).label("mail_lost")
_LISTED = (_t.id, _t.reference, _t.state, _t.name, _t.topic, _t.received_at)


def page(states: tuple[str, ...], before: int | None, most: int) -> Sequence[Any]:
    """Newest first: id, reference, state, name, topic, time, and whether a mail got lost.

    Up to `most` in these states; `before` is the id that the last page ended with.
    """
    given = {"before": before or sys.maxsize, "most": most}
    return db.session.execute(_page(states), given).all()


@cache
def _page(states: tuple[str, ...]) -> sa.Select[Any]:
    # One walk down the index for each state: asked for together, all rows would be sorted.
    each = [
        sa.select(_t.id)
        .where(_t.state == state, _t.id < sa.bindparam("before", type_=sa.BigInteger))
        .order_by(_t.id.desc())
        .limit(sa.bindparam("most"))
        .subquery()
        for state in states
    ]
    ids = sa.union_all(*(sa.select(one.c.id) for one in each)).subquery()
    newest = sa.select(ids.c.id).order_by(ids.c.id.desc()).limit(sa.bindparam("most"))
    return sa.select(*_LISTED, _MAIL_IS_LOST).where(_t.id.in_(newest)).order_by(_t.id.desc())


def found(query: str, most: int) -> Sequence[Any]:
    """The newest enquiries in any state whose name, mail, phone or reference holds every word.

    As `page` gives them.
    """
    terms = rules.search_terms(query)
    if not terms:
        return []
    where = [_t.search_text.contains(term, autoescape=True) for term in terms]
    statement = sa.select(*_LISTED, _MAIL_IS_LOST).where(*where)
    return db.session.execute(statement.order_by(_t.id.desc()).limit(most)).all()


def counts(states: tuple[str, ...], most: int) -> dict[str, int]:
    """How many there are in each of these states, counted no further than `most`."""
    return dict(db.session.execute(_counts(states), {"most": most}).mappings().one())


@cache
def _counts(states: tuple[str, ...]) -> sa.Select[Any]:
    return sa.select(
        *(
            sa.select(sa.func.count())
            .select_from(
                sa.select(_t.id).where(_t.state == state).limit(sa.bindparam("most")).subquery()
            )
            .scalar_subquery()
            .label(state)
            for state in states
        )
    )


def every(states: Sequence[str]) -> Iterator[Enquiry]:
    """All enquiries in these states, newest first, a few hundred in memory at a time."""
    query = sa.select(Enquiry).where(Enquiry.state.in_(states)).order_by(Enquiry.id.desc())
    yield from db.session.scalars(query.execution_options(yield_per=200))
