"""What a patient does with the homework, and what the pages say about its being kept."""

from __future__ import annotations

import io
import re

from playwright.sync_api import Page, expect
from pypdf import PdfReader

CUT = "Ikke gemt endnu – vi prøver igen"
DRAFTS = "() => Object.keys(localStorage).filter(n => n.startsWith('svar:')).length"
SAVED = re.compile(r"^Gemt kl\. \d+\.\d\d$")


def agree(page: Page) -> None:
    """Says yes to our keeping what is written."""
    page.get_by_role("checkbox", name=re.compile("^Ja, .* må gemme")).check()
    page.get_by_role("button", name="Gem mine svar her").click()
    expect(page.get_by_role("button", name="Gem", exact=True)).to_be_visible()


def expect_saved(page: Page, field: str) -> None:
    line = page.locator(f'[data-field="{field}"] [data-saved]')
    expect(line).to_have_text(SAVED, timeout=15_000)


def write(page: Page, field: str, words: str) -> None:
    page.locator(f'[name="{field}"]').fill(words)
    expect_saved(page, field)


def choose(page: Page, field: str, step: int) -> None:
    page.locator(f'[name="{field}"][value="{step}"]').check(force=True)
    expect_saved(page, field)


def say_no(page: Page) -> None:
    """Answers the safety check of the page that is open."""
    for radio in page.locator("form.check").get_by_role("radio", name="Nej").all():
        radio.check()
    page.get_by_role("button", name="Se, hvad du skal gøre").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Godt. Du kan køre videre")


def words_of(page: Page, path: str) -> str:
    """What a PDF says, without what breaks its lines."""
    file = page.request.get(path).body()
    text = "".join(each.extract_text() for each in PdfReader(io.BytesIO(file)).pages)
    return re.sub(r"[\s\u00ad\u2010-]", "", text)


def squeezed(words: str) -> str:
    """Words as `words_of` has them."""
    return re.sub(r"[\s-]", "", words)
