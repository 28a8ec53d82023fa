"""A lesson with homework, looks, scripts and font: at most 40 kB beside the sound."""

from __future__ import annotations

import re

import pytest

from shop.course import models
from shop.settings import ROOT

MOST = 40_000  # bytes that travel on a first visit; htmx comes when the end of the page is near


def bytes_of(browser, address: str) -> int:
    response = browser.client.get(address, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert response.status_code == 200, address
    return len(response.get_data())


def test_no_lesson_is_heavier(app, writer):
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        pytest.skip("the same bytes")
    font = (ROOT / "static" / "fonts" / "atkinson-next.woff2").stat().st_size
    with app.app_context():
        lessons = [step.slug for step in models.outline(None)]
    assert len(lessons) == 14
    for slug in lessons:
        page = writer.browser.get(f"/kursus/{slug}").text
        found = re.findall(r'<(?:link rel="stylesheet" href|script[^>]* src)="([^"]+)"', page)
        assert len(found) >= 3
        total = bytes_of(writer.browser, f"/kursus/{slug}") + font
        total += sum(bytes_of(writer.browser, address) for address in found)
        print(f"{slug}: {total} bytes")
        assert total <= MOST, slug
