"""What somebody tells us, from end to end: no one else reads it, they get it back, and it goes."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, MultiFernet
from flask import Flask

import shop.accounts.actions as accounts
from shop import cli
from shop.db import Base, db, transaction
from shop.orders import refund_actions, refunds
from shop.orders.models import Order
from shop.outbox.models import Mail
from shop.privacy import models
from shop.privacy.models import Somebody
from shop.privacy.rules import COOLING
from shop.web import now
from tests.booking.conftest import MONDAY, NOW, at, opened  # noqa: F401 (fixtures)
from tests.conftest import BUYER, Shop, sign_in
from tests.coursework.conftest import CHECKED, FIRST, Writer
from tests.coursework.test_words_stay_here import Listener, everything_stored, log  # noqa: F401

NAME = "Kirsten Prøve"
CLINICIAN = "behandler@example.dk"
LONG = "stenfrugt " + "og så gik jeg en tur mere, " * 60 + "stenfrugt til sidst"
WORDS = {
    "enquiry": "blomkaal i beskeden",
    "note": "purloeg i klinikkens note",
    "booking": "rabarber før besøget",
    "intake": "pastinak som svar",
    "answer": LONG,
    "plan": "havtorn i planen",
    "refund": "kvaede om pengene",
}
MARKS = {words.partition(" ")[0] for words in WORDS.values()}
NO = dict.fromkeys(("tjek_vandladning", "tjek_skridt", "tjek_feber", "tjek_fald"), "Nej")
SAFETY = {**NO, "tjek_kraft": "Ja", "tjek_andet": "Nej"}


class Story:
    """What Kirsten and the clinician do, and all that is heard of it outside of a page."""

    def __init__(self, app: Flask, shop: Shop, send_mail: Callable[[], Any], clock: Any) -> None:
        self.app, self.shop, self.send_mail, self.clock = app, shop, send_mail, clock
        self.heard: list[str] = []
        self.kirsten, self.clinician = self._listener(), self._listener()

    def _listener(self) -> Listener:
        browser = Listener(self.app)
        browser.heard = self.heard
        return browser

    def told(self) -> None:
        """Kirsten buys, asks, books, writes and shares; the clinician reads and answers."""
        self.shop.buy(self.kirsten)
        self.shop.deliver_all()
        sign_in(self.kirsten, self.send_mail, BUYER)
        self._asked()
        self._booked()
        self._written()
        self._read()
        self._paid_back()

    def _asked(self) -> None:
        self.kirsten.get("/kontakt")
        self.clock(now() + timedelta(seconds=40))
        who = {"name": NAME, "email": BUYER, "topic": "forloeb", "consent": "y"}
        self.kirsten.submit("Send beskeden", **who, message=WORDS["enquiry"])
        assert self.kirsten.status == 303, self.kirsten.words()
        self.kirsten.follow()

    def _booked(self) -> None:
        page = self.kirsten.get(f"/book/indledende?uge={MONDAY}")
        self.kirsten.get(next(link for link in page.links_to() if "?starts_at=" in link))
        fields = {"name": NAME, "email": BUYER, "note": WORDS["booking"], "q_maal": WORDS["intake"]}
        self.kirsten.submit("Book tiden", **fields)
        assert self.kirsten.status == 303, self.kirsten.words()
        self.kirsten.follow()

    def _written(self) -> None:
        writer = Writer(self.app, self.kirsten).agree()
        for version, end in enumerate((400, 900, len(LONG))):
            writer.send(FIRST, min(version, 1), haab=LONG[:end])
            assert self.kirsten.status == 200, self.kirsten.text
        writer.send("plan", egne_maal=WORDS["plan"])
        self.kirsten.get("/kursus/plan/del")
        self.kirsten.submit("Del det, jeg har valgt", part=["maal", "appendix"], consent="y")
        assert self.kirsten.status == 303
        self.kirsten.get(f"/kursus/{CHECKED}").submit("Se, hvad du skal gøre", **SAFETY)
        assert self.kirsten.status == 200

    def _read(self) -> None:
        with self.app.app_context(), transaction():
            accounts.set_clinician(CLINICIAN, True, now())
        sign_in(self.clinician, self.send_mail, CLINICIAN)
        [shared] = _linked(self.clinician.get("/klinik/planer"), "/klinik/planer/")
        assert WORDS["plan"] in self.clinician.get(shared).words()
        [asked] = _linked(self.clinician.get("/klinik/henvendelser"), "/klinik/henvendelser/")
        self.clinician.get(asked).submit("Gem", state="in_progress", note=WORDS["note"])
        assert WORDS["note"] in self.clinician.get(asked).text

    def _paid_back(self) -> None:
        with self.app.app_context():
            with transaction():
                order_id = db.session.scalars(sa.select(Order.id)).one()
                by = ("goodwill", CLINICIAN, now())
                refund_actions.ask(order_id, 10000, *by, words=WORDS["refund"])
            refunds.carry_out(order_id)
        self.shop.deliver_all()

    def taken(self) -> dict[str, Any]:
        """What the file holds that Kirsten takes along."""
        self.kirsten.get("/min-side/data.zip")
        assert self.kirsten.status == 200, self.kirsten.text
        packed = ZipFile(io.BytesIO(self.kirsten.response.get_data()))
        read: dict[str, Any] = json.loads(packed.read("data.json"))
        return read

    def erased(self) -> None:
        """Kirsten asks for it once her appointment is over, and a week later it is done."""
        self.clock(NOW + timedelta(days=6))
        self.kirsten.get("/min-side/slet").submit("Slet mine oplysninger om syv dage")
        assert self.kirsten.status == 303
        self.clock(now() + COOLING + timedelta(minutes=1))
        for _ in range(2):
            with self.app.app_context():
                cli._erase()
            self.send_mail()


def _linked(page: Any, prefix: str) -> set[str]:
    return {link for link in page.links_to() if re.fullmatch(prefix + "[0-9A-Z-]{8,9}", link)}


@pytest.fixture
def story(opened, shop, send_mail, at) -> Story:  # noqa: F811
    at(NOW)
    return Story(opened, shop, send_mail, at)


@pytest.fixture
def new_key(app: Flask) -> Iterator[Callable[[], None]]:
    """Does what the README says of changing keys: a new one in front, rotate, the old ones out."""
    known, cipher = app.extensions["settings"], app.extensions["data_cipher"]
    new = Fernet.generate_key().decode()

    def use(*keys: str) -> None:
        app.extensions["settings"] = replace(known, data_keys=keys)
        app.extensions["data_cipher"] = MultiFernet([Fernet(key) for key in keys])

    def change() -> None:
        use(new, *known.data_keys)
        done = app.test_cli_runner().invoke(args=["keys", "rotate"])
        assert done.exit_code == 0, done.output
        use(new)

    yield change
    app.extensions.update(settings=known, data_cipher=cipher)


def marks_in(text: str) -> set[str]:
    return {mark for mark in MARKS if mark in text.lower()}


def outside(log: io.StringIO, caplog: Any, heard: list[str]) -> str:  # noqa: F811
    """Everything that left the program other than a page, a mail and what it keeps."""
    ours = [record for record in caplog.records if record.name != "mail.log"]  # the stand-in's
    lines = [record.getMessage() + str(record.exc_text or "") for record in ours]
    # Stripe's library writes whole answers at DEBUG, which no server of ours listens to.
    said = [record.getMessage() for record in ours if record.levelno >= logging.INFO]
    assert "erased" in log.getvalue(), "otherwise nobody listened"
    assert BUYER not in "\n".join([log.getvalue(), *said])
    assert "POST /kursus/svar/plan 200" in heard
    return "\n".join([log.getvalue(), *lines, *heard])


def naming(app: Flask) -> set[str]:
    """The tables in which somebody without keys reads who Kirsten is."""
    with app.app_context():
        return {
            table.name
            for table in Base.metadata.sorted_tables
            for row in db.session.execute(sa.text(f"SELECT * FROM {table.name}"))  # noqa: S608
            if BUYER in str(list(row)) or NAME in str(list(row))
        }


def owned(app: Flask, somebody: Somebody) -> dict[str, list[dict[str, Any]]]:
    """Every row of theirs, opened with our keys, in the tables that have one."""
    with app.app_context():
        return {name: rows for name, rows in models.everything_of(somebody).items() if rows}


def test_words_are_kept_from_others_given_back_and_erased(
    app,
    story,
    mailbox,
    log,  # noqa: F811
    caplog,
    new_key,
):
    story.told()
    mails = story.send_mail()
    lead = [mail for mail in mails if WORDS["enquiry"] in mail["text"]]
    assert [marks_in(str(mail)) for mail in lead] == [{"blomkaal"}], "the clinician's own"
    assert not marks_in(str([mail for mail in mails if mail not in lead]))
    for text in (everything_stored(app), str(story.shop.stripe.state())):
        assert not marks_in(text)

    before = story.taken()
    assert marks_in(json.dumps(before)) == MARKS
    assert LONG in [row["value"] for row in before["answer"]]
    new_key()
    assert LONG in story.kirsten.get(f"/kursus/{FIRST}").text
    assert WORDS["plan"] in story.kirsten.get("/kursus/plan").text

    with app.app_context():
        who, entries = Somebody(accounts.models.id_of(BUYER), BUYER), models.entries()
    again = [(row["field"], row["value"]) for row in owned(app, who)["answer"]]
    assert again == [(row["field"], row["value"]) for row in before["answer"]]
    assert len(naming(app)) > 3
    story.erased()
    assert naming(app) == {"purchase_order", "document"}, "for the books"
    left = owned(app, who)
    assert {entries[name].erase for name in left} <= {"keep", "if needed", "with owner"}
    assert not marks_in(str(left)), "not even with our keys"
    with app.app_context():
        letters = [str(mail.letter) for mail in db.session.scalars(sa.select(Mail))]
    assert not [letter for letter in letters if BUYER in letter]
    assert not marks_in(str(letters))
    assert story.kirsten.get("/min-side").status == 303
    assert not marks_in(outside(log, caplog, story.heard))
