"""What somebody takes along, and what is left when they have been erased."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from shop import cli
from shop.db import Base, db
from shop.outbox.models import Mail
from shop.privacy import erasure_actions
from shop.privacy.models import Erasure, entries
from shop.privacy.rules import COOLING
from shop.web import now
from tests.browser import Browser, check_html
from tests.conftest import BUYER, FIRST_LESSON, Shop, sign_in
from tests.privacy.test_purge import enquiry
from tests.stored import everything

OTHER = "henning@example.dk"
DATA, ERASE = "/min-side/data.zip", "/min-side/slet"


@pytest.fixture
def clock():
    with time_machine.travel(now(), tick=True) as clock:
        yield clock


@pytest.fixture
def reader(app: Flask, browser: Browser, shop: Shop, send_mail) -> Browser:
    """Kirsten has bought, read a lesson and written to us, and is signed in by a mailed link."""
    shop.buy(browser)
    browser.get(FIRST_LESSON)
    enquiry(app, "new")
    sign_in(browser, send_mail, BUYER)
    return browser


def taken(browser: Browser) -> ZipFile:
    browser.get(DATA)
    assert browser.status == 200, browser.text
    assert browser.response.headers["Cache-Control"] == "private, no-store"
    return ZipFile(io.BytesIO(browser.response.get_data()))


def work(app: Flask, clock, passed: timedelta) -> None:
    clock.shift(passed)
    with app.app_context():
        cli._erase()


def link_to_keep(mails) -> str:
    [mail] = [mail for mail in mails if "/slet/fortryd/" in mail["text"]][-1:]
    return re.search(r"(/min-side/slet/fortryd/[\w-]+)", mail["text"])[1]


def test_everything_is_in_the_file_to_read_and_for_machines_and_nothing_else(
    app, reader, new_browser, shop
):
    shop.buy(new_browser(), OTHER)
    packed = taken(reader)
    nothing_opens_something(app, packed)
    told = json.loads(packed.read("data.json"))
    with app.app_context():
        assert set(told) == {name for name, entry in entries().items() if entry.shown}
    assert told["enquiry"][0]["message"] == "Jeg vil gerne høre mere."
    assert told["person"][0]["email"] == BUYER
    assert told["purchase_order"][0]["amount_ore"] == 49900
    assert {mail["kind"] for mail in told["mail"]} >= {"order-confirmed", "sign-in"}
    [number] = [document["number"] for document in told["document"]]
    assert packed.read(f"bilag/{number}.pdf").startswith(b"%PDF")
    front = packed.read("index.html").decode()
    for name in packed.namelist():
        if name.endswith(".html"):
            check_html(packed.read(name).decode())
            assert name == "index.html" or f'href="{name}"' in front
    assert "Jeg vil gerne høre mere." in packed.read("enquiry.html").decode()
    order = packed.read("purchase_order.html").decode()
    assert "499 kr." in order
    assert '<h2 id="purchase_order-1-agreed-2">' in order, "the terms as they looked, no Markdown"
    assert 'href="http://127.0.0.1:5000/fortryd"' in order, "the file lies somewhere else"
    assert "## " not in order
    assert "](" not in order
    assert "Kørekortet" in packed.read("enrolment.html").decode()


def nothing_opens_something(app: Flask, packed: ZipFile) -> None:
    """No key, and nothing of anybody else."""
    with app.app_context():
        sealed = {
            str(value)
            for name, entry in entries().items()
            for column in entry.secret
            for value in db.session.scalars(sa.select(Base.metadata.tables[name].c[column]))
            if value
        }
    text = "".join(packed.read(n).decode() for n in packed.namelist() if not n.endswith(".pdf"))
    assert len(sealed) > 5
    assert not [value for value in sealed if value in text]
    assert "/log-ind/" not in text
    assert OTHER not in text


def test_who_only_paid_has_not_shown_whose_the_address_is(app, browser, shop):
    shop.buy(browser)
    enquiry(app, "new")
    for path in (DATA, ERASE):
        assert browser.get(path).status == 403
        assert "Vis først" in browser.words()
    csrf = browser.get("/min-side").csrf()
    for path in ("/min-side/slet", "/min-side/slet/fortryd"):
        assert browser.post(path, {"csrf_token": csrf}).status == 403
    with app.app_context():
        assert db.session.scalars(sa.select(Erasure)).all() == []


def test_strangers_are_asked_to_sign_in(browser):
    for path in (DATA, ERASE):
        assert browser.get(path).status == 303
    assert browser.get("/min-side/slet/fortryd/ukendt").status == 404
    csrf = browser.get("/log-ind").csrf()
    assert browser.post("/min-side/slet/fortryd/ukendt", {"csrf_token": csrf}).status == 404


def test_asked_called_off_asked_again_and_carried_out(app, proven, send_mail, clock, mailbox):
    reader = proven
    reader.get(ERASE).submit("Slet mine oplysninger om syv dage")
    reader.follow()
    assert "Vi sletter dine oplysninger den" in reader.words()
    reader.submit("Behold mine oplysninger").follow()
    work(app, clock, COOLING)
    reader.get(ERASE).submit("Slet mine oplysninger om syv dage")
    reader.get(link_to_keep(send_mail())).submit("Behold mine oplysninger")
    assert "Vi sletter ikke noget" in reader.words()
    reader.get(ERASE).submit("Slet mine oplysninger om syv dage")
    work(app, clock, COOLING - timedelta(minutes=1))
    assert reader.get("/min-side").status == 200
    mailbox.clear()
    work(app, clock, timedelta(minutes=2))
    [mail] = send_mail()
    assert (mail["to"], mail["subject"]) == ([BUYER], "Dine oplysninger er slettet")
    assert reader.get("/min-side").status == 303
    work(app, clock, timedelta(0))
    with app.app_context():
        states = list(db.session.scalars(sa.select(Erasure.state).order_by(Erasure.id)))
        assert states == ["cancelled", "cancelled", "done"]
        assert not db.session.scalars(sa.select(Mail)).all()


def test_only_what_the_law_demands_is_left(app, reader, send_mail, clock, new_browser, shop):
    shop.buy(new_browser(), OTHER)
    before = everything(app)
    reader.get(ERASE).submit("Slet mine oplysninger om syv dage")
    work(app, clock, COOLING)
    send_mail()
    work(app, clock, timedelta(0))
    left = everything(app)
    kept = [line for line in left.splitlines() if BUYER in line]
    assert before.count(BUYER) > len(kept) == 2, "the order and its invoice"
    assert left.count(OTHER) == before.count(OTHER), "nobody else's"
    if db_file := sqlite_file(app):
        raw = b"".join(path.read_bytes() for path in db_file.parent.glob(f"{db_file.name}*"))
        assert BUYER.encode() in raw
        assert raw.count(BUYER.encode()) <= 3, "in the order, the invoice, and no old page"


def sqlite_file(app: Flask) -> Path | None:
    with app.app_context():
        name = db.engine.url.database
        return Path(name) if db.engine.dialect.name == "sqlite" else None


def test_who_never_paid_leaves_nothing(app, browser, shop, send_mail, clock):
    shop.order(browser)
    enquiry(app, "answered")
    sign_in(browser, send_mail, BUYER)
    browser.get(ERASE)
    assert "En betaling er ikke afsluttet" in browser.words(), "its pay page is open for a day"
    csrf = browser.get("/min-side").csrf()
    assert browser.post(ERASE, {"csrf_token": csrf}).status == 409
    clock.shift(timedelta(days=1))
    browser.get(ERASE).submit("Slet mine oplysninger om syv dage")
    work(app, clock, COOLING)
    send_mail()
    work(app, clock, timedelta(0))
    left = everything(app)
    assert BUYER not in left
    assert "Kirsten Prøve" not in left
    if file := sqlite_file(app):
        raw = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
        assert BUYER.encode() not in raw
        assert "Kirsten Prøve".encode() not in raw


def test_a_crash_in_the_middle_leaves_everything_and_it_is_done_next_time(
    app, proven, clock, monkeypatch
):
    enquiry(app, "new")
    proven.get(ERASE).submit("Slet mine oplysninger om syv dage")
    before = everything(app)
    with monkeypatch.context() as broken:
        broken.setattr(erasure_actions.emails, "gone", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            work(app, clock, COOLING)
    assert everything(app) == before
    work(app, clock, timedelta(0))
    with app.app_context():
        assert db.session.scalars(sa.select(Erasure.state)).all() == ["done"]
    assert BUYER not in everything(app)
