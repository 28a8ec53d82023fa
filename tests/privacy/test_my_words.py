"""The pages of mine-oplysninger.zip say what its owner saw: questions, titles, dates in Danish."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from zipfile import ZipFile

import lxml.html
import pytest
import sqlalchemy as sa
from flask import Flask

from shop.clinic import order_labels
from shop.course.models import Lesson
from shop.coursework.models import CHECK
from shop.db import db, transaction
from shop.privacy.models import entries
from shop.web import now
from tests.browser import check_html
from tests.course.conftest import owner  # noqa: F401 (fixture)
from tests.coursework.conftest import CHECKED, FIRST, LAST, Writer
from tests.privacy.test_every_period import order, put


@pytest.fixture
def packed(app: Flask, owner) -> ZipFile:  # noqa: F811
    """What somebody takes along who has written in many ways, over two days."""
    writer = Writer(app, owner).agree()
    put_answer = {"person_id": writer.person_id, "changed_at": now() - timedelta(days=1)}
    with app.app_context(), transaction():
        put("answer", sheet=FIRST, field="haab", version=1, value="gå med hunden", **put_answer)
        put("answer", sheet=CHECK, field="udfald", version=1, value={"pause": False}, **put_answer)
        put("answer", sheet=CHECKED, field="borte", version=1, value="et ord", **put_answer)
        put("answer", sheet="helt-borte", field="x", version=1, value=["to", "ord"], **put_answer)
        number = order(writer.person_id, number="BCDF2345", state="paid")
        facts = {"amount_ore": 10000, "reason": "goodwill"}
        put("order_event", order_id=number, what="refund_succeeded", facts=facts)
    writer.send(FIRST, 1, haab="gå en tur mere")
    writer.send(FIRST, smerte="6")
    writer.send(FIRST, **{"quiz.0": "Ja, altid", "base.quiz.0": "0"})
    writer.send("plan", egne_maal="havtorn")
    writer.send(LAST, haab="")
    owner.get("/kursus/plan/del")
    owner.submit("Del det, jeg har valgt", part=["maal", "dots", "appendix"], consent="y")
    with app.app_context(), transaction():  # a lesson may be taken out of the course
        gone = sa.update(Lesson).where(Lesson.slug == CHECKED).values(archived_at=now())
        db.session.execute(gone)
    owner.get("/min-side/data.zip")
    return ZipFile(io.BytesIO(owner.response.get_data()))


def page(packed: ZipFile, name: str) -> lxml.html.HtmlElement:
    return check_html(packed.read(name).decode())


def words(page: lxml.html.HtmlElement) -> str:
    return " ".join(page.find(".//main").text_content().split())


def test_answers_stand_under_the_questions_as_they_were_asked(packed):
    answers = page(packed, "answer.html")
    titles = [heading.text_content() for heading in answers.iter("h2")]
    assert titles == [
        "1. Velkommen på køreskolen",
        "2. Advarselslamper og medicin",
        "Kørselsplanen",
        "Sikkerhedstjekket",
        "helt-borte",
    ]
    said = words(answers)
    hope = said.index("Hvad håber du på? gå en tur mere Skrevet")
    assert hope < said.index("gå med hunden") < said.index("i den sidste uge? 6 af 10")
    assert "Er smerten virkelig, når scanningen ikke forklarer den? Ja, altid" in said
    assert "Hvilke mål har du? havtorn" in said
    assert "Kurset kunne fortsætte." in said
    assert "Et spørgsmål, der ikke er i kurset længere et ord" in said
    for key in (FIRST, CHECKED, "haab", "quiz.0", "egne_maal", "udfald", "2026-"):
        assert key not in said, key
    kept = json.loads(packed.read("data.json"))["answer"]
    assert {(row["sheet"], row["field"]) for row in kept} >= {
        (FIRST, "haab"),
        ("plan", "egne_maal"),
    }


def test_a_shared_plan_and_what_happened_read_as_sentences(packed):
    said = words(page(packed, "plan_share.html"))
    assert "Hvilke mål har du? Med dine egne ord havtorn Hvad håber du på? gå en tur mere" in said
    assert "Smerte Start: 6. Nu: ikke udfyldt." in said
    assert "privatlivspolitikken" in said
    assert "](" not in said, "the consent as it looked, no Markdown"
    event = words(page(packed, "order_event.html"))
    assert "Ordre BCDF2345" in event
    assert "Pengene er betalt tilbage Mere om det Beløb 100 kr. Grund Imødekommenhed" in event


def test_what_may_happen_to_an_order_has_words_for_its_owner(app):
    with app.app_context():
        known = entries()
    assert set(order_labels.LINES) <= set(known["order_event"].words)
    assert set(order_labels.REASONS) <= set(known["refund_request"].words)
    for name in ("purchase_order", "payment_attempt"):
        assert set(order_labels.ORDER_STATES) <= set(known[name].words)
