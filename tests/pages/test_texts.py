"""The legal and safety texts."""

from __future__ import annotations

import pytest

from shop.pages.views import TEXTS


@pytest.mark.parametrize("slug", TEXTS)
def test_every_text_can_be_read(browser, slug):
    browser.get(f"/{slug}")
    assert browser.status == 200
    assert len(browser.words()) > 500


def test_whom_to_ring_is_true_before_and_after_the_regions_change(browser):
    words = browser.get("/akut-hjaelp").words()
    for number in ("1813", "1818"):
        assert f"(fra 2027 en del af Region Østdanmark): {number}" in words
    assert "bliver til én region" not in words
    assert "fem regioner" not in browser.text
