"""My data seen by somebody who should not have it, and an erasure that comes at a bad time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from shop.accounts.models import Person
from shop.db import db, transaction
from shop.orders.models import Order
from shop.outbox.models import Mail
from shop.privacy import erasure_actions, models
from shop.privacy.models import Erasure
from shop.privacy.rules import COOLING
from shop.web import now
from tests.browser import Browser
from tests.conftest import AGREED, BUYER, Shop
from tests.privacy.conftest import signed_in
from tests.privacy.test_every_period import _calendar, order, person, put

DATA, ERASE = "/min-side/data.zip", "/min-side/slet"
ASK, KEEP = "Slet mine oplysninger om syv dage", "Behold mine oplysninger"
FRIEND = "jens@example.dk"


def mailed_link(mails: list[dict[str, Any]]) -> str:
    [text] = [mail["text"] for mail in mails if "/slet/fortryd/" in mail["text"]][-1:]
    return re.search(r"/min-side/slet/fortryd/[\w-]{43}", text)[0]


def states(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Erasure.state).order_by(Erasure.id)))


def test_another_site_and_another_person_move_nothing(app, proven, new_browser, send_mail):
    """Each POST wants the page's own token; each link calls off its own erasure, and once."""
    kirsten = proven
    assert kirsten.post(ERASE, {}).status == 400
    kirsten.get(ERASE).submit(ASK)
    link = mailed_link(send_mail())
    for path in (f"{ERASE}/fortryd", link):
        assert kirsten.post(path, {}).status == 400
    henning = signed_in(app, new_browser(), FRIEND)
    henning.get(ERASE)
    henning.post(f"{ERASE}/fortryd", {"csrf_token": henning.csrf()})
    assert henning.get(link[:-1] + ("A" if link[-1] != "A" else "B")).status == 404
    assert states(app) == ["asked"], "no more than a look at a page"

    anybody = new_browser().get(link)
    assert BUYER not in anybody.text, "the link says when, not who"
    anybody.submit(KEEP)
    assert states(app) == ["cancelled"]
    assert new_browser().get(link).status == 404
    kirsten.get(ERASE).submit(ASK)
    assert new_browser().get(link).status == 404, "not the next one either"
    assert states(app) == ["cancelled", "asked"]


def test_the_file_is_not_made_over_and_over_in_however_many_browsers(
    app, proven, new_browser, send_mail
):
    again = signed_in(app, new_browser(), BUYER)
    for each in (proven, again) * 3:
        assert each.get(DATA).status == 200
        assert each.response.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in each.response.headers
    assert proven.get(DATA).status == again.get(DATA).status == 429
    assert signed_in(app, new_browser(), FRIEND).get(DATA).status == 200


def gift_code(shop: Shop, browser: Browser, send_mail: Any, **wish: str) -> str:
    form = {"email": BUYER, "name": "Kirsten Prøve", **AGREED, **wish}
    browser.get("/koeb").submit("Køb med betalingspligt", **form)
    shop.stripe.pay(browser.response.location.rsplit("/", 1)[1], "card")
    shop.deliver_all()
    with shop.app.app_context():
        letters = db.session.scalars(sa.select(Mail.letter).where(Mail.kind.like("gift%"))).all()
    return letters[0]["text"].partition("/gave/")[2].split()[0].partition("/")[0]


def test_a_code_and_somebodys_address_open_a_course_and_not_their_data(
    app, browser, new_browser, shop, send_mail
):
    code = gift_code(shop, browser, send_mail, gift="card")
    thief = new_browser().get(f"/gave/{code}")
    thief.submit("Åbn gaven", email=FRIEND, name="Jens Prøve", **AGREED)
    assert thief.status == 303
    csrf = thief.get("/min-side").csrf()
    for path in (DATA, ERASE):
        assert thief.get(path).status == 403
    for path in (ERASE, f"{ERASE}/fortryd"):
        assert thief.post(path, {"csrf_token": csrf}).status == 403


def test_a_gift_goes_with_its_giver_and_nobody_gets_a_code_that_opens_nothing(
    app, browser, shop, send_mail
):
    day = (now() + timedelta(days=40)).date().isoformat()
    gift_code(shop, browser, send_mail, gift="mail", recipient=FRIEND, send_on=day)
    with app.app_context(), transaction():
        asked = _asked(db.session.scalars(sa.select(Person.id)).one())
    with time_machine.travel(now() + COOLING + timedelta(minutes=1)), app.app_context():
        with transaction():
            assert erasure_actions.carry_out(asked, now())
        kinds = db.session.scalars(sa.select(Mail.kind)).all()
    assert kinds == ["data-gone"]


def _asked(person_id: int) -> int:
    erasure_actions.ask(db.session.get_one(Person, person_id), now())
    return db.session.scalars(sa.select(Erasure.id)).one()


def _appointment(email: str) -> None:
    later = now().replace(minute=0, second=0, microsecond=0) + COOLING + timedelta(days=2)
    times = {"starts_at": later, "ends_at": later + timedelta(hours=1), "blocked_until": later}
    times["blocked_until"] = times["ends_at"]
    put("appointment", state="confirmed", email=email, purge_at=later, **times, **_calendar())


def _attempt(person_id: int, **given: Any) -> int:
    number = order(person_id, state="awaiting")
    return put("payment_attempt", order_id=number, number=1, **given)


def _refund(person_id: int) -> None:
    number = order(person_id, state="paid")
    paid = put("payment_attempt", order_id=number, number=1, state="paid")
    put("refund_request", order_id=number, attempt_id=paid, state="sent")


OBSTACLES: dict[str, tuple[str, Callable[[int], Any]]] = {
    "a time": ("appointment", lambda _: _appointment(BUYER)),
    "a dispute": ("payment", lambda who: order(who, state="disputed")),
    "a payment on its way": ("payment", lambda who: order(who, state="processing")),
    "a refund on its way": ("payment", _refund),
    "an open pay page": (
        "payment",
        lambda who: _attempt(who, state="awaiting", expires_at=now() + timedelta(days=9)),
    ),
    "the clinic's room": (
        "clinician",
        lambda who: db.session.execute(
            sa.update(Person).where(Person.id == who).values(is_clinician=True)
        ),
    ),
}
UNDONE = ("refund_request", "payment_attempt", "purchase_order", "appointment")


@pytest.mark.parametrize("what", OBSTACLES)
def test_an_erasure_waits_for_what_came_up_meanwhile(app, what):
    kind, come_up = OBSTACLES[what]
    with app.app_context():
        with transaction():
            who = person(email=BUYER)
            asked = _asked(who)
            come_up(who)
        assert models.obstacles(db.session.get_one(Person, who), now()) == [kind]
        with time_machine.travel(now() + COOLING + timedelta(minutes=1)):
            with transaction():
                assert not erasure_actions.carry_out(asked, now())
            assert db.session.get_one(Erasure, asked).state == "asked"
            assert db.session.get_one(Person, who).email == BUYER
            with transaction():  # it came to an end
                for name in UNDONE:
                    db.session.execute(sa.text(f"DELETE FROM {name}"))  # noqa: S608
                db.session.execute(sa.update(Person).values(is_clinician=False))
            with transaction():
                assert erasure_actions.carry_out(asked, now())
                assert not erasure_actions.carry_out(asked, now()), "once"
        assert db.session.scalars(sa.select(Person)).all() == []
        assert db.session.scalars(sa.select(Order)).all() == []


def test_what_stands_in_the_way_refuses_the_button_too(app, proven):
    csrf = proven.get(ERASE).csrf()
    with app.app_context(), transaction():
        who = db.session.scalars(sa.select(Person.id)).one()
        order(who, state="disputed")
        OBSTACLES["the clinic's room"][1](who)
    proven.post(ERASE, {"csrf_token": csrf})
    assert proven.status == 409
    assert "En betaling er ikke afsluttet" in proven.words()
    assert "Du har adgang til klinikkens rum" in proven.words()
    assert states(app) == []
