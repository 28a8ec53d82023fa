"""When something goes wrong: a kind page, and a log that tells us and nobody else."""

from __future__ import annotations

import io
import re

import pytest
import structlog
from flask import request

from shop.course import models
from tests.conftest import AGREED, BUYER


@pytest.fixture
def broken(app, monkeypatch):
    """Two views with a mistake of our own, while they hold what a person typed."""

    def fail(**_: object) -> None:
        typed = request.values.to_dict()
        raise LookupError(f"{len(typed)} fields and no such thing")

    monkeypatch.setitem(app.view_functions, "course.sales", fail)
    monkeypatch.setitem(app.view_functions, "orders.place", fail)


@pytest.fixture
def log():
    """What the program writes to its log, as it writes it."""
    before, written = structlog.get_config(), io.StringIO()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(written))
    yield written
    structlog.configure(**before)


def test_a_page_that_is_not_there(browser):
    browser.get("/findes/ikke")
    assert browser.status == 404
    assert "Vejen ender her" in browser.words()
    assert {"/", "/kursus"} <= set(browser.links().values())
    assert "noindex" in browser.text


def test_a_way_that_is_none(browser):
    assert browser.get("/log-ud").status == 405
    assert browser.response.headers["Allow"]
    assert "Den vej kan man ikke gå" in browser.words()


def test_more_than_we_can_take(browser):
    browser.post("/log-ind", data={"email": "x" * 300_000})
    assert browser.status == 413
    assert "for meget" in browser.words()


FORMS = [
    "/koeb",
    "/gave",
    "/gave/7KQ2-M4XA-9BCD",
    "/log-ind",
    "/log-ind/kode",
    "/log-ind/noget",
    "/log-ind/noget/nyt-link",
    "/log-ud",
    "/kursus/alarm-eller-skade/gennemfoert",
    "/kursus/alarm-eller-skade/plads",
    "/min-side/slet",
    "/min-side/slet/fortryd",
    "/min-side/slet/fortryd/noget",
    "/klinik/aabningstider",
    "/klinik/aabningstider/2026-12-24",
    "/klinik/aabningstider/luk",
    "/klinik/aftaler/1/aflys",
    "/klinik/aftaler/1/flyt",
    "/klinik/aftaler/1/kom",
    "/klinik/aftaler/ny",
    "/klinik/aftaler/venteliste/1/slet",
    "/klinik/kalendere",
    "/klinik/kalendere/1/igen",
    "/klinik/kalendere/1/slet",
    "/klinik/kalendere/adresse",
    "/klinik/kalendere/adresse/luk",
    "/kursus/alarm-eller-skade/lyt",
    "/book/indledende",
    "/book/indledende/hold",
    "/book/indledende/venteliste",
    "/aftale/noget/foer",
    "/aftale/noget/flyt",
    "/aftale/noget/aflys",
    "/aftale/noget/venteliste",
    "/aftale/noget/tilbud",
    "/aftale/venteliste/noget",
    "/kursus/svar/alarm-eller-skade",
    "/kursus/svar/alarm-eller-skade/tag-tilbage",
    "/kursus/samtykke",
    "/kursus/samtykke/traek-tilbage",
    "/kursus/sikkerhedstjek",
    "/kursus/redskaber/forklaring/ny",
    "/kursus/plan/del",
    "/kursus/plan/traek-tilbage",
    "/kursus/koerekort",
    "/kursus/podcast",
    "/kursus/podcast/luk",
    "/kursus/mails",
    "/koeb/besked",
    "/koeb/besked/slet",
    "/klinik/kursus/alarm-eller-skade",
    "/klinik/kursus/alarm-eller-skade/tilbage",
    "/klinik/henvendelser",
    "/klinik/henvendelser/K7M4-2QX9",
    "/klinik/henvendelser/K7M4-2QX9/slet",
    "/klinik/ordrer/7KQ2M4XA/gave",
    "/klinik/mails/1/igen",
    "/klinik/mails/1/retur",
    "/klinik/mails/1/set",
    "/klinik/ordrer",
    "/klinik/ordrer/7KQ2M4XA/betal-tilbage",
    "/klinik/ordrer/7KQ2M4XA/betal-tilbage/bekraeft",
    "/klinik/ordrer/7KQ2M4XA/mail",
    "/klinik/fortrydelser",
    "/klinik/fortrydelser/1/set",
]
# Stripe signs what it sends, and who stops mails shows the token in one; whoever writes to the
# clinician or withdraws from a purchase is shown the form again instead.
OTHERWISE = {"/stripe/webhook", "/kontakt", "/kontakt/felt/<name>"}
OTHERWISE |= {"/fortryd", "/fortryd/bekraeft", "/kursus/mails/<token>"}


@pytest.mark.parametrize("path", FORMS)
def test_a_form_from_elsewhere_or_left_open_too_long_is_refused_kindly(browser, path):
    for token in ({}, {"csrf_token": "invented"}):
        browser.post(path, data={"email": BUYER, **token})
        assert browser.status == 400
        assert "hent den igen" in browser.words()


def test_the_list_of_forms_is_complete(app):
    rules = {rule.rule for rule in app.url_map.iter_rules() if "POST" in rule.methods}
    adapter = app.url_map.bind("localhost")
    asked = {adapter.match(path, "POST", return_rule=True)[0].rule for path in FORMS}
    assert rules - asked == OTHERWISE


def test_our_own_mistake_has_an_id_that_stands_in_the_log(browser, broken, log):
    browser.get("/kursus?hemmelig=ja", User_Agent="Hemmelig/1.0")
    assert browser.status == 500
    assert "Noget gik galt hos os" in browser.words()
    [error_id] = re.findall(r"<code>([0-9a-f]{8})</code>", browser.text)
    assert error_id in log.getvalue()
    assert "rule=/kursus" in log.getvalue()
    assert "LookupError" in log.getvalue(), "and where it happened"
    assert "hemmelig" not in log.getvalue().lower()


def test_the_log_holds_nothing_a_person_typed(browser, broken, log):
    form = browser.get("/log-ind").page
    token = form.find(".//*[@name='csrf_token']").get("value")
    typed = {
        "csrf_token": token,
        "name": "Kirsten Hemmelig",
        "email": BUYER,
        **AGREED,
    }
    assert browser.post("/koeb", data=typed).status == 500
    assert "rule=/koeb" in log.getvalue()
    for value in (token, typed["name"], typed["email"], "127.0.0.1"):
        assert value not in log.getvalue(), value


def test_a_mistake_shows_the_visitor_nothing_of_its_inside(browser, broken):
    browser.get("/kursus")
    for word in ("Traceback", "LookupError", "no such thing", "shop/"):
        assert word not in browser.text


def test_after_a_mistake_the_next_page_is_well(browser, monkeypatch):
    with monkeypatch.context() as once:
        once.setattr(models, "outline", lambda *_: 1 / 0)
        assert browser.get("/kursus").status == 500
    assert browser.get("/kursus").status == 200


@pytest.mark.parametrize("path", ["/%00", "/kursus/%00", "/koeb/tak?session_id=%00"])
def test_a_nul_is_refused(browser, path):
    assert browser.get(path).status == 400


def test_a_nul_in_a_form_is_refused(browser):
    browser.get("/koeb").submit("Køb med betalingspligt", email="a@b.dk", name="A\0", **AGREED)
    assert browser.status == 400


@pytest.mark.parametrize(
    "path",
    ["/kursus/%FF", "/kursus/%2e%2e/", "/log-ind/" + "x" * 3000, "/kursus/" + "æ" * 500],
)
def test_an_odd_address_is_no_mistake_of_ours(browser, path):
    assert browser.get(path).status in {404, 410}
