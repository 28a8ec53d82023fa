"""When the enquiry cannot be kept: said with the words in the form, and the next try works."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from shop import create_app, settings
from shop.db import db
from shop.enquiries.models import Enquiry
from shop.outbox.models import Mail
from shop.web import limiter
from tests.browser import Browser
from tests.conftest import DATABASES, MakeApp
from tests.enquiries.conftest import BUTTON, WORDS, Desk

on_sqlite = pytest.mark.parametrize("app", DATABASES[:1], indirect=True)
on_postgresql = pytest.mark.parametrize("app", DATABASES[1:], indirect=True)


@contextmanager
def each_connection(app: Flask, pragma: str) -> Iterator[None]:
    """All connections inside are new ones with this PRAGMA."""

    def obey(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA {pragma}")

    with app.app_context():
        engine = db.engine
    engine.dispose()
    sa.event.listen(engine, "connect", obey)
    try:
        yield
    finally:
        sa.event.remove(engine, "connect", obey)
        engine.dispose()


def kept(app: Flask) -> tuple[int, int]:
    """How many enquiries and mails there are."""
    with app.app_context():
        return tuple(
            db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (Enquiry, Mail)
        )


def excused(browser: Browser) -> bool:
    """Whether the page says that it is not sent, and holds all that was typed."""
    assert browser.status == 503
    assert "Beskeden er ikke sendt endnu" in browser.words()
    assert "Intet er tabt" in browser.words()
    [box] = browser.page.findall(".//{*}textarea[@name='message']")
    assert (box.text or "").strip() == WORDS["message"]
    fields = browser.fields()
    for name in ("name", "email", "phone"):
        assert fields[name].get("value") == WORDS[name]
    chosen = browser.page.findall(".//{*}input[@name='topic'][@checked]")
    assert [choice.get("value") for choice in chosen] == ["forloeb"]
    return "checked" in fields["consent"].attrib


def try_again(app: Flask, browser: Browser) -> None:
    browser.submit(BUTTON, message=WORDS["message"], consent="y", topic="forloeb")
    assert browser.status == 303
    assert kept(app) == (1, 2)
    assert browser.follow().status == 200


@on_sqlite
def test_a_locked_database_loses_nothing(app, desk, browser):
    path = app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")
    with each_connection(app, "busy_timeout=30"):
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        desk.write(browser)
        assert excused(browser)
        other.execute("ROLLBACK")
        other.close()
        assert kept(app) == (0, 0)
        try_again(app, browser)


@on_sqlite
def test_a_lock_that_is_soon_gone_is_waited_for(app, desk, browser):
    path = app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.2, lambda: other.execute("ROLLBACK"))
    timer.start()
    desk.write(browser)
    timer.join()
    other.close()
    assert browser.status == 303
    assert kept(app) == (1, 2)


@on_sqlite
def test_a_full_disk_loses_nothing(app, desk, browser):
    """No page more than there are: SQLite says "database or disk is full"."""
    path = app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")
    with sqlite3.connect(path) as look:
        look.execute("VACUUM")
        [pages] = look.execute("PRAGMA page_count").fetchone()
    look.close()
    long = WORDS["message"] + "\n" + "Jeg har prøvet meget, og intet hjalp længe nok. " * 120
    with each_connection(app, f"max_page_count={pages}"):
        desk.write(browser, message=long)
        assert browser.status == 503
        assert "Beskeden er ikke sendt endnu" in browser.words()
        [box] = browser.page.findall(".//{*}textarea[@name='message']")
        assert " ".join(box.text.split()) == " ".join(long.split())
        assert kept(app) == (0, 0), "neither the enquiry nor one of its mails"
    try_again(app, browser)


@pytest.mark.parametrize("statement", ["INSERT INTO enquiry", "INSERT INTO mail"])
def test_nothing_is_kept_by_halves(app, desk, browser, statement):
    """Whichever write fails, and on whichever database."""

    def fail(_connection: Any, _cursor: Any, said: str, *_: Any) -> None:
        if said.startswith(statement):
            raise sa.exc.OperationalError(said, {}, Exception("the disk is gone"))

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", fail)
    try:
        desk.write(browser)
        assert excused(browser)
    finally:
        sa.event.remove(engine, "before_cursor_execute", fail)
    assert kept(app) == (0, 0)
    try_again(app, browser)


@on_postgresql
def test_a_server_that_hung_up_is_called_again(app, desk, browser):
    """A restarted PostgreSQL leaves dead connections behind; the visitor notices nothing."""
    browser.get("/")
    with app.app_context():
        [url] = [db.engine.url]
    control = sa.create_engine(url)
    with control.connect() as connection:
        ended = connection.scalars(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        ).all()
    control.dispose()
    assert True in ended
    desk.write(browser)
    assert browser.status == 303
    assert kept(app) == (1, 2)


@on_postgresql
def test_a_server_that_hangs_up_midway_loses_nothing(app, desk, browser):
    def hang_up(connection: Any, _cursor: Any, said: str, *_: Any) -> None:
        if said.startswith("INSERT INTO mail"):
            connection.connection.dbapi_connection.close()

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", hang_up)
    try:
        desk.write(browser)
        assert excused(browser)
    finally:
        sa.event.remove(engine, "before_cursor_execute", hang_up)
    assert kept(app) == (0, 0)
    try_again(app, browser)


@pytest.fixture
def away(make_app: MakeApp, tmp_path) -> Iterator[Callable[..., Flask]]:
    """Makes an app with other settings; what all apps share is put back afterwards."""
    shared = dict(vars(limiter))
    yield lambda **environ: make_app(f"sqlite:///{tmp_path / 'other.db'}", **environ)
    vars(limiter).update(shared)


def test_without_redis_enquiries_come_in_all_the_same(away, clock):
    app = away(REDIS_URL="redis://127.0.0.1:9/0")
    desk, browser = Desk(app, clock), Browser(app)
    desk.write(browser)
    assert browser.status == 303
    assert desk.one().state == "new"
    assert kept(app) == (1, 2)


def test_without_a_database_the_form_is_shown_and_the_words_come_back(away, clock):
    gone = "postgresql://nobody@127.0.0.1:9/nothing?connect_timeout=1"
    app = create_app(settings.load({"APP_ENV": "development", "DATABASE_URL": gone}))
    browser = Browser(app)
    Desk(app, clock).write(browser)
    assert excused(browser)
