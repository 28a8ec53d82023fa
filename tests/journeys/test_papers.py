"""What a buyer gets on paper: with the mail, and again on their own page."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.journeys.buyer import Buyer
from tests.journeys.conftest import NARROW, Windows
from tests.journeys.program import Site

pytestmark = pytest.mark.browser


def attached(site: Site, mail_id: int) -> dict[str, bytes]:
    """The files of a mail by the first word of their names."""
    received = site.mailbox.find(mail_id)
    assert received
    return {each.name.partition("-")[0]: each.data for each in received.attachments()}


def downloaded(page: Page, link: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile(f"^{link}")).click()
    return Path(waiting.value.path()).read_bytes()


def words_of(file: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(file)).pages)


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_the_papers_of_a_purchase(
    windows: Windows, site: Site, buyer: Buyer, java_script_enabled: bool
) -> None:
    page = windows.open(NARROW, java_script_enabled=java_script_enabled)
    buyer.buy(page)
    [mail] = buyer.mails()
    files = attached(site, mail["id"])
    assert set(files) == {"ordrebekraeftelse", "faktura"}
    assert buyer.email in words_of(files["ordrebekraeftelse"])
    assert "Standardfortrydelsesformular" in words_of(files["ordrebekraeftelse"])
    assert "399,20" in words_of(files["faktura"])

    page.goto("/min-side")
    assert downloaded(page, "Faktura") == files["faktura"]
    assert downloaded(page, "Ordrebekræftelse") == files["ordrebekraeftelse"]

    site.stripe.refund(next(iter(intents(site, buyer))), 10000)
    [_, credit] = buyer.mails(2)
    credit_note = attached(site, credit["id"])["kreditnota"]
    assert "100,00" in words_of(credit_note)
    page.reload()
    assert downloaded(page, "Kreditnota") == credit_note


def intents(site: Site, buyer: Buyer) -> list[str]:
    """The payments of this buyer."""
    found = [s for s in site.stripe.state()["sessions"] if s["customer_email"] == buyer.email]
    return [buyer.intent(session["id"]) for session in found]
