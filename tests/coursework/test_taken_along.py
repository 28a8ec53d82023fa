"""What people wrote goes with them when they ask for it, and goes away when they ask for that."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from zipfile import ZipFile

import sqlalchemy as sa
import time_machine

import shop.coursework.actions as coursework
from shop import cli
from shop.coursework import models
from shop.db import Base, db, transaction
from shop.privacy.rules import COOLING
from shop.web import now
from tests.coursework.conftest import FIRST

TABLES = ("answer", "answer_consent", "plan_share", "licence")


def count(app) -> dict[str, int]:
    with app.app_context():
        return {
            name: db.session.scalar(
                sa.select(sa.func.count()).select_from(Base.metadata.tables[name])
            )
            for name in TABLES
        }


def test_every_answer_is_taken_along_and_erased(app, writer, send_mail):
    browser = writer.browser
    writer.send(FIRST, haab="Ro i kroppen")
    writer.send(FIRST, pen="b", haab="At gå til bageren")
    writer.send("plan", egne_maal="Tyve minutter om dagen")
    browser.get("/kursus/plan/del").submit("Del det, jeg har valgt", part="maal", consent="y")
    with app.app_context(), transaction():
        coursework.issue_licence(writer.person_id, "Åse Ørsted", now())
    packed = ZipFile(io.BytesIO(browser.get("/min-side/data.zip").response.get_data()))
    told = json.loads(packed.read("data.json"))
    assert [row["value"] for row in told["answer"]][:2] == ["Ro i kroppen", "At gå til bageren"]
    assert "At gå til bageren" in packed.read("answer.html").decode()
    assert "Tyve minutter om dagen" in packed.read("plan_share.html").decode()
    assert [row["name"] for row in told["licence"]] == ["Åse Ørsted"]
    assert all(count(app).values())
    browser.get("/min-side/slet").submit("Slet mine oplysninger om syv dage")
    with app.app_context():
        [share_id] = db.session.scalars(sa.select(models.PlanShare.id))
    with time_machine.travel(now() + COOLING + timedelta(minutes=1)), app.app_context():
        cli._erase()
    assert not any(count(app).values())
    send_mail()
    with app.app_context():
        about = Base.metadata.tables["mail"].c.about
        assert not db.session.scalars(sa.select(about).where(about == f"plan:{share_id}")).all()
