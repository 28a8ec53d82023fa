"""A key is gone: what it closed is shown as such, hides nothing else, and is not written over."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, MultiFernet
from flask import Flask

import shop.accounts.actions as accounts
from shop.booking import reminders
from shop.coursework import models
from shop.db import UNREADABLE, db, transaction
from shop.enquiries.models import Enquiry
from shop.outbox.models import Mail
from shop.web import now
from tests.booking.conftest import NOW, at, clinic, opened  # noqa: F401 (fixtures)
from tests.browser import Browser
from tests.conftest import sign_in
from tests.course.conftest import owner  # noqa: F401 (fixture)
from tests.coursework.conftest import CHECKED, FIRST, Writer
from tests.privacy.test_every_period import order, person, put
from tests.privacy.test_purge import enquiry

CLINICIAN = "behandler@example.dk"


@contextmanager
def other_keys(app: Flask) -> Iterator[None]:
    """All that was written before is closed; what is written meanwhile can be read."""
    cipher = app.extensions["data_cipher"]
    app.extensions["data_cipher"] = MultiFernet([Fernet(Fernet.generate_key())])
    models._opened.cache_clear()
    yield
    app.extensions["data_cipher"] = cipher
    models._opened.cache_clear()


@pytest.fixture
def writer(app, owner) -> Writer:  # noqa: F811
    return Writer(app, owner)


@pytest.fixture
def clinician(app, new_browser, send_mail) -> Browser:
    with app.app_context(), transaction():
        accounts.set_clinician(CLINICIAN, True, now())
    browser = new_browser()
    sign_in(browser, send_mail, CLINICIAN)
    return browser


def sealed(app: Flask, column: sa.Column) -> list[bytes]:
    with app.app_context():
        query = sa.select(sa.type_coerce(column, sa.LargeBinary)).where(column.is_not(None))
        return [bytes(value) for value in db.session.scalars(query.order_by(column.table.c.id))]


def test_the_back_office_goes_on_without_the_key(app, clinic, at, new_browser, send_mail):  # noqa: F811
    at(NOW)
    enquiry(app, "new", 1)
    with app.app_context(), transaction():
        db.session.execute(sa.update(Enquiry).values(note="hans egen note"))
        share = {"person_id": person(), "reference": "AAAAAAAA", "shared_at": now()}
        put("plan_share", **share, active_of=1, content={"questions": []})
        number = order(person(email="giver@example.dk"), state="paid", number="1001")
        why = {"reason": "goodwill", "note": "hans grund"}
        paid = put("payment_attempt", order_id=number, number=1, state="paid")
        put("refund_request", order_id=number, attempt_id=paid, state="sent", **why)
        put("gift", order_id=number, way="mail", recipient="ven@example.dk")
    booked = clinic.book(clinic.first(), note="rabarber", answers=({"label": "L", "answer": "pa"},))
    link = f"/aftale/{booked.token}"
    before = {c: sealed(app, c) for c in (Enquiry.__table__.c.note, Enquiry.__table__.c.message)}
    with other_keys(app):
        enquiry(app, "new", 2)
        with app.app_context(), transaction():
            accounts.set_clinician(CLINICIAN, True, now())
        clinician = new_browser()
        sign_in(clinician, send_mail, CLINICIAN)
        shown = {
            "/klinik/henvendelser/00000001": UNREADABLE,
            "/klinik/henvendelser/00000002": "Jeg vil gerne høre mere.",
            f"/klinik/aftaler/{booked.id}": UNREADABLE,
            "/klinik/planer/AAAAAAAA": "kan ikke læses",
            "/klinik/ordrer/1001": UNREADABLE,
            "/klinik/ordrer/1001/gave": UNREADABLE,
            "/klinik/mails": "en adresse, der ikke kan læses",
        }
        for path, words in shown.items():
            assert words in clinician.get(path).words(), path
        for path in ("henvendelser", "aftaler", "planer", "kalendere", "ordrer"):
            assert clinician.get(f"/klinik/{path}").status == 200, path
        csv = clinician.get("/klinik/henvendelser.csv").text
        assert len(csv.splitlines()) == 3
        assert UNREADABLE in csv
        clinician.get("/klinik/henvendelser/00000001")
        clinician.submit("Gem", state="in_progress")
        assert clinician.status == 303

        at(booked.starts_at - timedelta(hours=20))
        with app.app_context(), transaction():
            assert reminders.remind(now()) == 1
        told = [mail for mail in send_mail() if mail["subject"].startswith("Husk din tid")]
        assert "/kontakt" in told[-1]["text"], "no link that leads nowhere"
        patient = new_browser().get(link)
        assert patient.status == 200
        assert link in str(patient.links_to())
        assert patient.get(f"{link}/flyt").status == 200
    assert {column: sealed(app, column) for column in before} == {
        column: [*values, *sealed(app, column)[len(values) :]] for column, values in before.items()
    }
    assert "hans egen note" in clinician.get("/klinik/henvendelser/00000001").text


def test_a_note_written_anew_takes_the_place_of_one_that_is_lost(app, clinician):
    enquiry(app, "new", 1)
    with app.app_context(), transaction():
        db.session.execute(sa.update(Enquiry).values(note="hans egen note"))
    with other_keys(app):
        clinician.get("/klinik/henvendelser/00000001").submit("Gem", note="en ny note")
        assert "en ny note" in clinician.get("/klinik/henvendelser/00000001").text


def test_what_a_patient_wrote_waits_for_its_key(app, clinic, writer):  # noqa: F811
    kirsten = writer.agree().browser
    writer.send(FIRST, haab="at gå en tur med hunden")
    writer.send(FIRST, aktivitet_et="at gå")
    writer.send("plan", egne_maal="havtorn i planen")
    with app.app_context(), transaction():
        check = {"sheet": models.CHECK, "field": "udfald", "value": {"pause": True}}
        put("answer", person_id=writer.person_id, **check)
    kirsten.get("/kursus/plan/del")
    kirsten.submit("Del det, jeg har valgt", part=["maal"], consent="y")
    booked = clinic.book(clinic.first(), who="ejer", note="rabarber")
    before = sealed(app, models.Answer.__table__.c.value)
    with other_keys(app):
        assert "kan ikke læses" in kirsten.get(f"/kursus/{FIRST}").text
        assert "Tjek" in kirsten.get(f"/kursus/{CHECKED}").words()
        for path in ("plan", "plan.pdf", "ark.pdf", "plan/del", "plan/delt", "koerelogbog"):
            assert kirsten.get(f"/kursus/{path}").status == 200, path
        for slug in ("regnskab", "soevn", "maaltrappe"):
            assert kirsten.get(f"/kursus/redskaber/{slug}").status == 200
        assert UNREADABLE in kirsten.get("/kursus/plan").words()
        assert kirsten.get(f"/kursus/svar/{FIRST}/tidligere").status == 200
        assert "står i den mail" in kirsten.get("/min-side").words()
        kirsten.get("/min-side/data.zip")
        packed = ZipFile(io.BytesIO(kirsten.response.get_data()))
        told = json.loads(packed.read("data.json"))
        assert {row["value"] for row in told["answer"]} == {UNREADABLE}
        assert told["mail"] == [], "to whom they went, nobody can tell"
        assert told["plan_share"][0]["content"] == told["appointment"][0]["note"] == UNREADABLE

        writer.send(FIRST, 1, haab="")  # as a form without JavaScript sends what stands empty
        assert sealed(app, models.Answer.__table__.c.value) == before
        writer.send(FIRST, 1, aktivitet_et="at cykle")
        assert kirsten.status == 200
        kirsten.get(f"/kursus/svar/{FIRST}/tidligere")
        assert UNREADABLE in kirsten.words()
        assert "Brug det her igen" not in " ".join(kirsten.buttons())
    assert sealed(app, models.Answer.__table__.c.value)[: len(before)] == before
    assert writer.stored(FIRST)["haab"].value == "at gå en tur med hunden"
    assert booked.note == "rabarber"


@pytest.mark.parametrize("column", [Mail.letter, Enquiry.note])
def test_what_nobody_could_read_is_never_written(app, column):
    with app.app_context(), transaction():
        statement = sa.update(column.class_).values({column: UNREADABLE})
        with pytest.raises(sa.exc.StatementError, match="go over what is there"):
            db.session.execute(statement)
