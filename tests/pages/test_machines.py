"""What machines ask for."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
import time_machine
from flask_migrate import upgrade

from shop import clock, create_app, settings
from shop.db import transaction
from shop.outbox import actions
from shop.outbox.rules import Letter
from shop.web import now
from tests.browser import Browser
from tests.conftest import PREVIEW

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def worker(app):
    """Lets a worker pass by."""

    def pass_by() -> None:
        with app.app_context():
            clock.tick([])

    return pass_by


def reasons(browser: Browser) -> list[str]:
    answer = browser.get("/readyz").response
    assert answer.mimetype == "application/json"
    assert answer.status_code == (503 if answer.json["reasons"] else 200)
    assert answer.json["status"] == ("not ready" if answer.json["reasons"] else "ok")
    return answer.json["reasons"]


def test_the_process_lives(browser):
    assert browser.get("/healthz").status == 200


def test_ready_when_all_is_in_order(browser, worker):
    worker()
    assert reasons(browser) == []


def test_not_ready_without_a_worker(browser, worker):
    assert any("no worker" in reason for reason in reasons(browser))
    worker()
    with time_machine.travel(now() + timedelta(minutes=2, seconds=1), tick=False):
        assert any("no worker" in reason for reason in reasons(browser))


def test_not_ready_while_mail_waits_too_long(app, browser, worker):
    with app.app_context(), transaction():
        actions.queue(Letter("a@example.dk", "Emne", "Ord"), "test", "test", now())
    worker()
    assert reasons(browser) == []
    with time_machine.travel(now() + timedelta(minutes=16), tick=False):
        worker()
        assert any("mail has waited" in reason for reason in reasons(browser))


def test_not_ready_before_the_migrations(tmp_path):
    environ = {"APP_ENV": "development", "DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"}
    program = create_app(settings.load(environ))
    assert any("migrations are missing" in reason for reason in reasons(Browser(program)))
    with program.app_context():
        upgrade()
    assert not any("migrations" in reason for reason in reasons(Browser(program)))


def test_not_ready_without_a_database():
    nowhere = "postgresql://nobody@127.0.0.1:9/nothing?connect_timeout=1"
    program = create_app(settings.load({"APP_ENV": "development", "DATABASE_URL": nowhere}))
    assert reasons(Browser(program)) == ["the database does not answer"]
    assert Browser(program).get("/healthz").status == 200


def test_robots_are_kept_from_what_is_private(browser):
    lines = browser.get("/robots.txt").text.splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /min-side", "Disallow: /log-ind", "Disallow: /klinik"} <= set(lines)
    assert "Disallow: /" not in lines
    assert lines[-1] == "Sitemap: http://127.0.0.1:5000/sitemap.xml"


def test_the_sitemap_names_every_open_page_and_no_closed_one(browser):
    browser.get("/sitemap.xml")
    assert browser.response.mimetype == "application/xml"
    tree = ET.fromstring(browser.text)  # noqa: S314 (our own)
    found = tree.findall(f"{SITEMAP}url/{SITEMAP}loc")
    paths = [urlsplit(place.text).path for place in found]
    assert len(set(paths)) == len(paths)
    assert {"/", "/kursus", PREVIEW, "/akut-hjaelp", "/handelsbetingelser"} <= set(paths)
    for path in paths:
        assert browser.get(path).status == 200, path
        assert "noindex" not in browser.text


def test_security_researchers_find_an_address(browser):
    fields = dict(
        line.split(": ", 1) for line in browser.get("/.well-known/security.txt").text.splitlines()
    )
    assert fields["Contact"].startswith("mailto:")
    expires = datetime.fromisoformat(fields["Expires"])
    assert now() + timedelta(days=30) < expires < now() + timedelta(days=400)


@pytest.mark.parametrize("day", ["2028-02-29", "2026-12-31", "2027-01-01"])
def test_the_address_has_not_run_out_on_any_day(app, day):
    with time_machine.travel(f"{day}T12:00:00+00:00", tick=False):
        text = Browser(app).get("/.well-known/security.txt").text
        expires = datetime.fromisoformat(text.partition("Expires: ")[2].split("\n")[0])
        assert now() < expires < now() + timedelta(days=366)
