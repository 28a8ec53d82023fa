"""Mails about the course: said yes to, read a week later, paused and stopped."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from playwright.sync_api import Page, expect

from shop import cli, create_app, settings
from shop.danish import COPENHAGEN
from shop.outbox.delivery import deliver_due
from shop.web import now
from tests.journeys.buyer import Buyer
from tests.journeys.conftest import NARROW, NARROWEST, WIDE, Windows
from tests.journeys.examiner import Examiner
from tests.journeys.program import Site

pytestmark = pytest.mark.browser


def the_worker_works(site: Site, days: int) -> None:
    """What it does at nine in the morning so many days from now, whatever the clock says here."""
    own = {
        "APP_ENV": "development",
        "DATABASE_URL": f"sqlite:///{site.database}",
        "PUBLIC_URL": site.url,
        "MAIL_PORT": str(site.mailbox.smtp_port),
    }
    day = now().astimezone(COPENHAGEN) + timedelta(days=days)
    nine = datetime(day.year, day.month, day.day, 9, tzinfo=COPENHAGEN)
    with create_app(settings.load(own)).app_context(), time_machine.travel(nine):
        cli._write_to_readers()
        deliver_due()


def told(buyer: Buyer) -> list[dict[str, str]]:
    """The mails about the course that have come so far."""
    return [mail for mail in buyer.mails() if "/kursus/mails/" in mail["text"]]


def stops(mail: dict[str, str]) -> str:
    return re.search(r"Stop mailene: \S+?(/kursus/mails/\S+)", mail["text"])[1]


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_said_yes_to_read_paused_and_stopped(
    site: Site, windows: Windows, buyer: Buyer, java_script_enabled: bool
) -> None:
    page = windows.open(NARROW, java_script_enabled=java_script_enabled)
    buyer.buy(page)
    buyer.prove(page)
    page.goto("/kursus")
    the_worker_works(site, 7)
    page.get_by_role("button", name="Ja tak, skriv til mig").click()
    expect(page.get_by_role("heading", name="Du får mails om kurset")).to_be_in_viewport()
    the_worker_works(site, 7)
    [mail] = told(buyer)
    assert mail["subject"] == "Dit næste skridt, når det passer dig"
    elsewhere = windows.open(NARROW, java_script_enabled=java_script_enabled)
    elsewhere.goto(stops(mail))
    elsewhere.get_by_role("button", name="Hold pause i fire uger").click()
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Mailene holder pause")
    the_worker_works(site, 21)
    page.goto("/min-side")
    expect(page.get_by_role("heading", name="Mails om kurset holder pause")).to_be_visible()
    page.get_by_role("button", name="Begynd igen nu").click()
    the_worker_works(site, 22)
    assert told(buyer)[-1]["subject"] == "Hvordan går det med kurset?"
    elsewhere.goto(stops(mail))
    elsewhere.get_by_role("button", name="Stop mailene").click()
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Mailene er stoppet")
    the_worker_works(site, 28)
    assert len(told(buyer)) == 2
    page.goto("/min-side")
    expect(page.get_by_role("button", name="Ja tak, skriv til mig")).to_be_visible()


def test_the_pages_suit_everybody(site: Site, windows: Windows, buyer: Buyer) -> None:
    page, examiner = windows.open(), Examiner()
    buyer.buy(page)
    buyer.prove(page)

    def look(path: str, press: str = "") -> None:
        page.goto(path)
        if press:
            _press(page, press)
        examiner.look(page, f"{path} {press}", WIDE, NARROW, NARROWEST)

    look("/kursus")
    look("/min-side")
    look("/kursus", "Ja tak, skriv til mig")
    the_worker_works(site, 7)
    link = stops(told(buyer)[-1])
    look(link)
    look(link, "Hold pause i fire uger")
    look("/min-side")
    look(link, "Stop mailene")
    assert examiner.findings == []


def _press(page: Page, button: str) -> None:
    """With the keyboard alone."""
    page.get_by_role("button", name=button).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
