"""The whole site for those who have no JavaScript."""

from __future__ import annotations

import re
from urllib.parse import urldefrag, urlsplit

import pytest
from playwright.sync_api import Page, expect

from audit.pages import EXAMPLES, program, public_pages
from tests.journeys.buyer import Buyer
from tests.journeys.conftest import NARROW, NARROWEST, Windows
from tests.journeys.program import Site
from tests.journeys.test_keyboard import tab_to

pytestmark = pytest.mark.browser

# What nobody needs a link to: where a form or a mail leads.
ARRIVED_AT = {"/koeb/tak", "/kontakt/tak", *EXAMPLES["accounts.link"], *EXAMPLES["booking.in_line"]}
# A link to these stands only where the course is not sold yet, or no time is free.
ARRIVED_AT |= {"/koeb/besked", *EXAMPLES["booking.ask"]}
PUBLIC = [path for path in public_pages(program()) if path not in ARRIVED_AT]
LINKS = """() => [...document.querySelectorAll("a[href]")]
  .filter((link) => link.checkVisibility()).map((link) => link.href)"""
PLACES = "() => [...document.querySelectorAll('[id]')].map((element) => element.id)"


def test_every_page_is_reached_by_links_that_need_no_javascript(
    windows: Windows, site: Site
) -> None:
    page = windows.open(NARROW, java_script_enabled=False)
    ways = ["/"]  # grows while it is read
    places: dict[str, set[str]] = {}
    pointed: set[tuple[str, str]] = set()
    for path in ways:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        places[path] = set(page.evaluate(PLACES))
        for link in page.evaluate(LINKS):
            address, place = urldefrag(link)
            target = urlsplit(address)
            if target.scheme == "mailto" or f"{target.scheme}://{target.netloc}" != site.url:
                continue
            if target.path.endswith(".pdf"):
                assert page.request.get(address).status == 200, address
                continue
            pointed.add((target.path, place))
            if target.path not in ways:
                ways.append(target.path)
    assert set(PUBLIC) <= set(ways), f"no way leads to {set(PUBLIC) - set(ways)}"
    lost = [f"{path}#{place}" for path, place in pointed if place and place not in places[path]]
    assert not lost


def test_one_signs_in_by_keyboard_without_javascript(windows: Windows, buyer: Buyer) -> None:
    buyer.buy(windows.open())
    page = windows.open(NARROWEST, java_script_enabled=False)
    windows.expect_status(page, 422)
    page.goto("/log-ind")
    _type(page, "Din mailadresse", "kirsten@")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Din mailadresse").fill("")
    page.get_by_role("link", name="Gå til indholdet").focus()
    _type(page, "Din mailadresse", buyer.email)
    page.wait_for_url("/log-ind/kode")
    _type(page, "Kode fra mailen", buyer.code(buyer.mails(2)[-1]))
    page.wait_for_url("/min-side")
    tab_to(page, "Log ud")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/$"))


def _type(page: Page, label: str, words: str) -> None:
    """Into the field that Tab finds, and sends the form with Enter."""
    tab_to(page, label)
    page.keyboard.type(words)
    page.keyboard.press("Enter")
