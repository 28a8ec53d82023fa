"""Every page that somebody without a session can meet, and every error page.

The list comes from the program's addresses, so a new page is looked at without being named here.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route

from audit.pages import error_pages, program, public_pages
from tests.journeys.conftest import NARROWEST, WIDE, Windows
from tests.journeys.examiner import Examiner

pytestmark = pytest.mark.browser

MIDDLE = 768
ERRORS = error_pages(program())
PAGES = [*public_pages(program()), *(f"/fejl/{status}" for status in ERRORS)]


@pytest.fixture
def page(windows: Windows) -> Iterator[Page]:
    """A window that says every word of the console, and to which errors happen at /fejl."""
    page = windows.open(WIDE)
    windows.expect_status(page, 410, *ERRORS)
    page.route("**/fejl/*", _fail)
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    yield page
    assert [words for words in said if "the server responded with a status of" not in words] == []


def _fail(route: Route) -> None:
    answer = ERRORS[int(route.request.url.rpartition("/")[2])]
    headers = dict(answer.headers.items())
    route.fulfill(status=answer.status_code, headers=headers, body=answer.data)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_everybody_in_every_size_and_scheme(page: Page, path: str) -> None:
    examiner = Examiner()
    page.goto(path)
    examiner.look(page, path, NARROWEST, MIDDLE, WIDE)
    assert examiner.findings == []
