"""What people write in the course: answers and their history, consent, and shared plans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import UNREADABLE, EncryptedJSON, Model, db

CHECK = "sikkerhedstjek"  # the sheet that holds how the safety check ended, and nothing else


class Answer(Model):
    """One version of one answer; the highest version is what counts, the others are its history.

    `sheet` is a lesson's slug, or "plan" and the like. `version` grows with every save; `pen` is
    the open page that wrote it. `clashed` says that it went over what another page had written,
    and that nobody has looked at that yet.
    """

    __tablename__ = "answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    sheet: Mapped[str] = mapped_column(sa.String(80))
    field: Mapped[str] = mapped_column(sa.String(40))
    version: Mapped[int]
    value: Mapped[Any | None] = mapped_column(EncryptedJSON)
    pen: Mapped[str] = mapped_column(sa.String(16))
    clashed: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("person_id", "sheet", "field", "version"),)


class AnswerConsent(Model):
    """A person's yes to keeping what they write about their health, in the words they saw.

    `active_of` is the person while it holds, so that there is one at a time.
    """

    __tablename__ = "answer_consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    active_of: Mapped[int | None] = mapped_column(unique=True)
    version: Mapped[str] = mapped_column(sa.String(40))
    text: Mapped[str] = mapped_column(sa.Text)
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class PlanShare(Model):
    """A plan that its writer let the clinician read: the very words, and the consent to it.

    What was shared goes with the withdrawal; that it was shared and withdrawn stays as the log.
    """

    __tablename__ = "plan_share"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    active_of: Mapped[int | None] = mapped_column(unique=True)
    reference: Mapped[str] = mapped_column(sa.String(8), unique=True)
    content: Mapped[Any | None] = mapped_column(EncryptedJSON)
    consent_version: Mapped[str] = mapped_column(sa.String(40))
    consent_text: Mapped[str] = mapped_column(sa.Text)
    shared_at: Mapped[datetime] = mapped_column(index=True)
    withdrawn_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]


class Stored(NamedTuple):
    """An answer as it stands. `version` 0 is one that nobody has given.

    `lost` is one that none of our keys opens: as if left blank, but never written over.
    """

    value: Any = None
    version: int = 0
    changed_at: datetime | None = None
    clashed: bool = False
    pen: str = ""
    id: int | None = None
    lost: bool = False

    @property
    def shown(self) -> Any:
        """The value as it is shown to its writer."""
        return UNREADABLE if self.lost else self.value


NOTHING = Stored()

# Built once, and on the tables: a lesson and every autosave run them.
_a, _c = Answer.__table__.c, AnswerConsent.__table__.c
_newer = Answer.__table__.alias("newer")
_IS_LATEST = ~sa.exists().where(
    _newer.c.person_id == _a.person_id,
    _newer.c.sheet == _a.sheet,
    _newer.c.field == _a.field,
    _newer.c.version > _a.version,
)
_COLUMNS = (_a.value, _a.version, _a.changed_at, _a.clashed, _a.pen, _a.id)
_OF_CONSENT = _c.active_of == sa.bindparam("person_id")
_SHEETS: Any = (sa.bindparam("sheet"), sa.bindparam("other"))
_SEALED = sa.type_coerce(_a.value, sa.LargeBinary)
_OF_SHEETS = (
    sa.select(_a.sheet, _a.field, _SEALED, *_COLUMNS[1:])
    .join_from(
        AnswerConsent.__table__,
        Answer.__table__,
        sa.and_(_a.person_id == _c.person_id, _a.sheet.in_(_SHEETS), _IS_LATEST),
        isouter=True,
    )
    .where(_OF_CONSENT)
)
_OF_FIELD = (
    sa.select(_a.field, *_COLUMNS)
    .join_from(
        AnswerConsent.__table__,
        Answer.__table__,
        sa.and_(
            _a.person_id == _c.person_id,
            _a.sheet == sa.bindparam("sheet"),
            _a.field == sa.bindparam("field"),
        ),
        isouter=True,
    )
    .where(_OF_CONSENT)
    .order_by(_a.version.desc())
    .limit(1)
    # One save of a person at a time: PostgreSQL lets two read the same version otherwise.
    .with_for_update(of=AnswerConsent.__table__)
)


def answers(person_id: int, *sheets: str) -> dict[str, dict[str, Stored]] | None:
    """What stands on one or two sheets, by sheet and field; None without consent to keep any."""
    given = {"person_id": person_id, "sheet": sheets[0], "other": sheets[-1]}
    rows = db.session.connection().execute(_OF_SHEETS, given).all()
    if not rows:
        return None
    found: dict[str, dict[str, Stored]] = {sheet: {} for sheet in sheets}
    for sheet, field, sealed, *stored in rows:
        if sheet is not None:
            value = None if sealed is None else _opened(bytes(sealed))
            found[sheet][field] = _stored(value, *stored)
    return found


def _stored(value: Any, *rest: Any) -> Stored:
    known = Stored(value, *rest)
    return known._replace(value=None, lost=True) if value is UNREADABLE else known


@lru_cache(400)
def _opened(sealed: bytes) -> Any:
    """What is sealed in a value. A page is looked at again soon, and opening all of it takes as
    long as half of the rest; what is held this way lies beside the keys that open it."""
    return EncryptedJSON().process_result_value(sealed, sqlite.dialect())


def latest(person_id: int, sheet: str, field: str) -> Stored | None:
    """One answer as it stands, and nobody else may change it until the transaction ends.

    None without consent.
    """
    given = {"person_id": person_id, "sheet": sheet, "field": field}
    row = db.session.connection().execute(_OF_FIELD, given).one_or_none()
    if row is None:
        return None
    return NOTHING if row[0] is None else _stored(*row[1:])


def everything(person_id: int) -> dict[str, dict[str, Stored]]:
    """All that stands now, by sheet and field."""
    query = sa.select(_a.sheet, _a.field, *_COLUMNS).where(_a.person_id == person_id, _IS_LATEST)
    found: dict[str, dict[str, Stored]] = {}
    for sheet, field, *stored in db.session.execute(query):
        found.setdefault(sheet, {})[field] = _stored(*stored)
    return found


def history(person_id: int, sheet: str) -> Sequence[Any]:
    """Every version on one sheet, newest first: id, field, value, version, changed_at."""
    query = (
        sa.select(_a.id, _a.field, _a.value, _a.version, _a.changed_at)
        .where(_a.person_id == person_id, _a.sheet == sheet)
        .order_by(_a.field, _a.version.desc())
    )
    return db.session.execute(query).all()


def version_of(person_id: int, answer_id: int) -> Any | None:
    """One version of the person's own: sheet, field, value; None when there is no such."""
    query = sa.select(_a.sheet, _a.field, _a.value).where(
        _a.id == answer_id, _a.person_id == person_id
    )
    return db.session.execute(query).one_or_none()


def consent(person_id: int) -> AnswerConsent | None:
    """The consent that holds now."""
    return db.session.scalar(sa.select(AnswerConsent).where(AnswerConsent.active_of == person_id))


def consents(person_id: int) -> Sequence[AnswerConsent]:
    """Every consent the person has given, newest first."""
    query = sa.select(AnswerConsent).where(AnswerConsent.person_id == person_id)
    return db.session.scalars(query.order_by(AnswerConsent.id.desc())).all()


def shares(person_id: int) -> Sequence[PlanShare]:
    """Every time the person shared a plan, newest first."""
    query = sa.select(PlanShare).where(PlanShare.person_id == person_id)
    return db.session.scalars(query.order_by(PlanShare.id.desc())).all()


def share(reference: str) -> PlanShare | None:
    """The plan shared under this reference, unless it has been withdrawn."""
    return db.session.scalar(
        sa.select(PlanShare).where(
            PlanShare.reference == reference, PlanShare.active_of.is_not(None)
        )
    )


def shared_now() -> Sequence[Any]:
    """All plans that the clinician may read, newest first: without what stands in them."""
    columns = (PlanShare.reference, PlanShare.person_id, PlanShare.shared_at, PlanShare.seen_at)
    query = sa.select(*columns).where(PlanShare.active_of.is_not(None))
    return db.session.execute(query.order_by(PlanShare.id.desc()).limit(200)).all()
