"""Sharing a plan: only what was chosen, only by one's own act, and gone when taken back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import shop.accounts.actions as accounts
from shop.coursework import actions, rules
from shop.coursework.models import PlanShare
from shop.db import db, transaction
from shop.web import now
from tests.conftest import let_in

BUTTON = "Del det, jeg har valgt"
CLINICIAN = "behandler@example.dk"
GOAL, SECRET = "At gå til stranden", "Noget, som kun er mit"


@pytest.fixture
def clinician(app, new_browser):
    with app.app_context(), transaction():
        accounts.set_clinician(CLINICIAN, True, now())
    return let_in(app, new_browser(), CLINICIAN)


@pytest.fixture
def planner(writer):
    """Somebody with a goal to show and a thought to keep."""
    writer.write("maaltrappen", maal=GOAL)
    writer.write("tanker-paa-bagsaedet", tanke=SECRET)
    return writer


def share(planner, *parts: str, consent: str | None = "y"):
    fields = {"part": list(parts), "consent": consent}
    return planner.browser.get("/kursus/plan/del").submit(BUTTON, **fields)


def shares(app):
    with app.app_context():
        return db.session.scalars(sa.select(PlanShare).order_by(PlanShare.id)).all()


def test_nothing_is_chosen_beforehand(app, planner):
    page = planner.browser.get("/kursus/plan/del")
    assert GOAL in page.words()
    boxes = [f for f in page.fields().values() if f.get("type") == "checkbox"]
    assert len(boxes) >= 2
    assert not [box for box in boxes if "checked" in box.attrib]


@pytest.mark.parametrize(("parts", "consent"), [(["maal"], None), ([], "y"), (["alt"], "y")])
def test_without_consent_or_choice_nothing_is_shared(app, planner, send_mail, parts, consent):
    page = share(planner, *parts, consent=consent)
    assert page.status == 422
    assert "Planen er ikke delt" in page.words()
    assert shares(app) == []
    assert not [mail for mail in send_mail() if "kørselsplan" in mail["subject"]]


def test_the_clinician_reads_what_was_chosen_and_nothing_else(app, planner, clinician, send_mail):
    assert share(planner, "maal").status == 303
    [mail] = [mail for mail in send_mail() if "kørselsplan" in mail["subject"]]
    for text in (mail["subject"], mail["text"], mail["html"]):
        for word in (GOAL, SECRET, "Ejer", "ejer@example.dk", "smerte"):
            assert word not in text.replace("SmerteVejleder", "").replace("smertevejleder", "")
    path = "/klinik" + mail["text"].partition("/klinik")[2].split()[0]
    page = clinician.get(path)
    assert GOAL in page.words()
    assert "ejer@example.dk" in page.words()
    assert SECRET not in page.text
    assert not page.page.findall(".//{*}form"), "read-only"
    assert path in clinician.get("/klinik/planer").links().values()
    shared = planner.browser.get("/kursus/plan/delt")
    assert "Den er åbnet" in shared.words()
    shared.submit("Tag planen tilbage")
    assert clinician.get(path).status == 404
    assert path not in clinician.get("/klinik/planer").links().values()
    [row] = shares(app)
    assert row.content is None
    assert row.withdrawn_at
    assert "Taget tilbage" in planner.browser.get("/kursus/plan/delt").words()


def test_what_is_written_later_is_not_shared_by_itself(app, planner, clinician):
    share(planner, "maal", "dots", "appendix")
    planner.write("maaltrappen", maal="Noget helt andet")
    path = f"/klinik/planer/{shares(app)[0].reference}"
    assert "Noget helt andet" not in clinician.get(path).words()
    share(planner, "maal")
    assert clinician.get(path).status == 404, "the new one took its place"
    assert "Noget helt andet" in clinician.get(f"/klinik/planer/{shares(app)[1].reference}").words()


def test_only_a_clinician_comes_in(app, planner, new_browser):
    share(planner, "maal")
    path = f"/klinik/planer/{shares(app)[0].reference}"
    assert planner.browser.get(path).status == 403
    assert planner.browser.get("/klinik/planer").status == 403
    assert new_browser().get(path).status == 303


def test_it_ends_by_itself_and_with_the_consent_to_keep_answers(app, planner):
    share(planner, "maal")
    with app.app_context(), transaction():
        actions.purge(now() + rules.SHARE_KEPT)
    assert shares(app)[0].content is None
    share(planner, "maal")
    with app.app_context(), transaction():
        actions.withdraw_consent(planner.person_id, now())
    assert [row.content for row in shares(app)] == [None, None]


def test_taking_back_what_was_never_shared_is_404(planner):
    data = {"csrf_token": planner.token()}
    assert planner.browser.post("/kursus/plan/traek-tilbage", data).status == 404
