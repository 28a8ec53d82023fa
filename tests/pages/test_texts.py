"""The legal and safety texts."""

from __future__ import annotations

import pytest

from shop.pages.views import TEXTS


@pytest.mark.parametrize("slug", TEXTS)
def test_every_text_can_be_read(browser, slug):
    browser.get(f"/{slug}")
    assert browser.status == 200
    assert len(browser.words()) > 500
