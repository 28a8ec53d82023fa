"""The database's promises: all or nothing, one winner, and words that stay closed."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, MultiFernet

from shop.accounts.models import Browser, Person
from shop.db import (
    UNREADABLE,
    IllegalMove,
    NestedTransaction,
    db,
    end_reading,
    insert_once,
    move,
    transaction,
)
from shop.outbox import actions
from shop.outbox.models import Mail
from shop.outbox.rules import Letter
from shop.web import now
from tests.stored import everything

LATER = datetime(2026, 11, 23, 10, 30, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def context(app):
    with app.app_context():
        yield app


def person(email: str = "a@example.dk") -> dict:
    return {"email": email, "name": "", "created_at": LATER}


def count() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Person))


def test_what_fails_halfway_has_not_happened(context):
    def fail() -> None:
        with transaction():
            db.session.add(Person(**person()))
            db.session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert count() == 0
    with transaction():
        db.session.add(Person(**person()))
    assert count() == 1, "and the next one works"


def test_a_transaction_in_a_transaction_is_refused_and_undoes_the_outer(context):
    def nest() -> None:
        with transaction():
            db.session.add(Person(**person()))
            with transaction():
                pass

    with pytest.raises(NestedTransaction):
        nest()
    assert count() == 0


def test_reading_does_not_end_in_the_middle_of_writing(context):
    with transaction(), pytest.raises(NestedTransaction):
        end_reading()


def test_what_was_read_before_is_read_again_inside(context, app):
    with transaction():
        db.session.add(Person(**person()))
    row = db.session.scalars(sa.select(Person)).one()
    with db.engine.begin() as other:
        other.execute(sa.text("UPDATE person SET name = 'changed'"))
    with transaction():
        assert row.name == "changed"


def test_rows_stay_readable_after_the_commit(context):
    with transaction():
        row = Person(**person())
        db.session.add(row)
    db.session.close()
    assert row.email == "a@example.dk"


def test_two_writers_wait_for_each_other(app):
    """Read, then write what one read plus one: twenty threads lose no step."""
    from concurrent.futures import ThreadPoolExecutor

    with app.app_context(), transaction():
        db.session.add(Person(**person(), id=1))

    def add_one(_: int) -> None:
        with app.app_context(), transaction():
            row = db.session.get(Person, 1, with_for_update=True)
            row.name = str(int(row.name or 0) + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(20)))
    with app.app_context():
        assert db.session.scalar(sa.select(Person.name)) == "20"


def test_only_what_is_said_to_be_less_durable_does_not_wait_for_the_disk(context):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL waits for every commit")

    def synchronous() -> int:
        return db.session.scalar(sa.text("PRAGMA synchronous"))

    full, normal = 2, 1
    with transaction(durable=False):
        assert synchronous() == normal
    with transaction():
        assert synchronous() == full
    with transaction(durable=False):
        pass
    with db.engine.begin() as other:
        assert other.scalar(sa.text("PRAGMA synchronous")) == full


def test_insert_once_returns_the_key_of_what_it_inserted(context):
    with transaction():
        first = insert_once(Person, **person())
        assert insert_once(Person, **person()) is None
        assert insert_once(Person, **person("b@example.dk")) not in {first, None}
    assert count() == 2
    assert db.session.get(Person, first).email == "a@example.dk"


@pytest.fixture
def mail(context) -> Mail:
    with transaction():
        actions.queue(Letter("a@example.dk", "Emne", "Ord"), "test", "test", LATER)
    return db.session.scalars(sa.select(Mail)).one()


def test_a_move_wins_once(mail):
    with transaction():
        assert move(mail, "sending", tries=1) is True
        assert (mail.state, mail.tries) == ("sending", 1)
    assert db.session.scalar(sa.select(Mail.state)) == "sending"


def test_a_move_from_a_state_that_is_past_loses_and_writes_nothing(mail):
    db.session.expunge(mail)
    with db.engine.begin() as other:
        other.execute(sa.text("UPDATE mail SET state = 'expired'"))
    with transaction():
        assert move(mail, "sending", tries=7) is False
        assert mail.state == "queued", "as it was read"
    assert db.session.execute(sa.select(Mail.state, Mail.tries)).one() == ("expired", 0)


def test_a_move_that_no_table_allows_is_a_mistake(mail):
    with pytest.raises(IllegalMove, match="queued → sent"), transaction():
        move(mail, "sent")
    assert db.session.scalar(sa.select(Mail.state)) == "queued"


def test_time_comes_back_aware_in_utc(context):
    with transaction():
        db.session.add(Person(**person()))
    stored = db.session.scalar(sa.select(Person.created_at))
    assert stored == LATER
    assert stored.tzinfo == UTC
    [raw] = db.session.execute(sa.text("SELECT created_at FROM person")).scalars()
    assert str(raw).startswith("2026-11-23 09:30:00")


def test_times_are_compared_as_moments(context):
    with transaction():
        db.session.add(Person(**person()))
    for earlier, found in ((LATER - timedelta(seconds=1), 1), (LATER, 0)):
        query = sa.select(sa.func.count()).where(Person.created_at > earlier)
        assert db.session.scalar(query) == found


TEXTS = ["", "Æ ø å", "linje\nto", "🚗", "x" * 20_000, "NUL ikke, men \t tab"]


@pytest.mark.parametrize("text", TEXTS)
def test_encrypted_text_comes_back_as_it_was(context, text):
    with transaction():
        letter = Letter("a@example.dk", "Emne", text, headers={"X": text[:50], "Æ": "ø"})
        actions.queue(letter, "test", "test", now())
    found = db.session.scalars(sa.select(Mail)).one()
    assert found.as_letter() == letter
    if text:
        assert text not in everything(context)


def test_keys_are_changed_without_losing_what_was_written(context, mail):
    old, new = Fernet(context.extensions["settings"].data_keys[0]), Fernet(Fernet.generate_key())
    before = context.extensions["data_cipher"]
    try:
        context.extensions["data_cipher"] = MultiFernet([new, old])
        db.session.expire_all()
        assert mail.as_letter().text == "Ord", "the old key still reads"
        with transaction():
            actions.queue(Letter("b@example.dk", "Nyt", "Nye ord"), "test", "new", now())
        context.extensions["data_cipher"] = MultiFernet([new])
        letter = db.session.scalar(sa.select(Mail.letter).where(Mail.dedupe_key == "new"))
        assert letter["text"] == "Nye ord"
        lost = db.session.scalar(sa.select(Mail.letter).where(Mail.dedupe_key == "test"))
        assert lost is UNREADABLE
    finally:
        context.extensions["data_cipher"] = before


def test_an_error_in_the_database_repeats_nothing_a_person_typed(context):
    typed = "hemmelig@example.dk".upper()
    with pytest.raises(sa.exc.SQLAlchemyError) as error, transaction():
        db.session.execute(sa.insert(Person).values(email=typed, name=None))
    assert typed not in "".join(traceback.format_exception(error.value))
    assert "name" in str(error.value), "but it tells what is wrong"


def test_a_row_that_points_nowhere_is_refused(context):
    with pytest.raises(sa.exc.IntegrityError), transaction():
        insert_once(Browser, token_hash="x", person_id=999, created_at=LATER, expires_at=LATER)
