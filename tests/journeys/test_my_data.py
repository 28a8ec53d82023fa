"""What we have of somebody: taken along and read, and asked to be erased, and called off."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.journeys.buyer import Buyer
from tests.journeys.conftest import NARROW, Windows
from tests.journeys.examiner import Examiner

pytestmark = pytest.mark.browser


def taken(page: Page) -> ZipFile:
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Hent mine oplysninger").click()
    return ZipFile(BytesIO(Path(waiting.value.path()).read_bytes()))


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_taken_along_and_nearly_erased(
    windows: Windows, chromium: Chromium, buyer: Buyer, tmp_path: Path, java_script_enabled: bool
) -> None:
    buyer.buy(windows.open())
    page = windows.open(NARROW, java_script_enabled=java_script_enabled)
    buyer.enter(page, buyer.mails()[0])
    page.goto("/min-side")
    taken(page).extractall(tmp_path)
    page.goto("/min-side/slet")
    page.get_by_role("button", name="Slet mine oplysninger om syv dage").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vi sletter dine oplysninger den")
    mail = next(one for one in buyer.mails(2) if "/slet/fortryd/" in one["text"])
    page.goto(re.search(r"(/min-side/slet/fortryd/\S+)", mail["text"])[1])
    page.get_by_role("button", name="Behold mine oplysninger").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vi sletter ikke noget")
    read(chromium.new_page(), tmp_path)


def read(page: Page, folder: Path) -> None:
    """Opens the file as its owner does, without us."""
    page.goto((folder / "index.html").as_uri())
    page.get_by_role("link", name="Køb", exact=True).click()
    expect(page.get_by_text("499 kr.").first).to_be_visible()
    page.get_by_role("link", name="Alle dine oplysninger").click()
    expect(page.get_by_role("link", name="data.json")).to_be_visible()
    page.close()


def test_the_page_that_erases_suits_everybody(windows: Windows, buyer: Buyer) -> None:
    buyer.buy(windows.open())
    page, examiner = windows.open(), Examiner()
    buyer.enter(page, buyer.mails()[0])
    page.goto("/min-side/slet")
    examiner.look(page, "erasure", 1280, 360, 320)
    page.get_by_role("button", name="Slet mine oplysninger om syv dage").click()
    examiner.look(page, "erasure asked", 1280, 360, 320)
    assert not examiner.findings
