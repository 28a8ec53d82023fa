"""The course in a podcast app: its address, its QR code, and what becomes of an old address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.buyer import Buyer
from tests.journeys.conftest import NARROW, WIDE, Windows
from tests.journeys.examiner import Examiner

pytestmark = pytest.mark.browser


def address(page: Page) -> str:
    return page.locator(".address").inner_text()


def test_an_address_of_ones_own_is_made_renewed_and_closed(windows: Windows, buyer: Buyer) -> None:
    page, examiner = windows.open(NARROW), Examiner()
    buyer.buy(page)
    page.get_by_role("link", name="Din rute").click()
    page.get_by_role("link", name="Hør podcasten i din egen app").click()
    examiner.look(page, "before", NARROW, WIDE)
    page.get_by_role("button", name="Lav min adresse").click()
    expect(page.get_by_role("img", name="QR-kode med adressen på din podcast")).to_be_visible()
    examiner.look(page, "with an address", NARROW, WIDE)
    first = address(page)
    for link in page.locator(".subscribe a").all():
        target = str(link.get_attribute("href"))
        assert first.partition("://")[2].rpartition("/")[2][:20] in target
        assert not target.startswith("http"), "it opens an app"
        assert link.bounding_box()["height"] >= 44  # type: ignore[index]
    app = windows.open().request  # an app has no cookies
    feed = app.get(first).text()
    [sound] = re.findall(r'<enclosure url="([^"]+\.mp3)"', feed)
    part = app.get(sound, headers={"Range": "bytes=100-199"})
    assert (part.status, len(part.body())) == (206, 100)
    page.get_by_role("button", name="Lav en ny adresse").click()
    expect(page.locator(".address")).not_to_have_text(first)
    second = address(page)
    assert [app.get(each).status for each in (first, sound, second)] == [404, 404, 200]
    page.get_by_role("button", name="Luk podcasten").click()
    expect(page.get_by_role("button", name="Lav min adresse")).to_be_visible()
    assert app.get(second).status == 404
    assert examiner.findings == []
