from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from shop.accounts import actions
from shop.db import transaction
from shop.web import now
from tests.browser import Browser
from tests.conftest import BUYER


@pytest.fixture
def kirsten(app: Flask) -> str:
    """Somebody we know, by her address."""
    with app.app_context(), transaction():
        actions.find_or_add(BUYER, "Kirsten Prøve", now())
    return BUYER


@pytest.fixture
def ask(send_mail: Callable[[], list[dict[str, Any]]]) -> Callable[..., dict[str, Any]]:
    """Asks for a link in this browser and returns the mail it brought."""

    def ask(browser: Browser, email: str, path: str = "/log-ind") -> dict[str, Any]:
        browser.get(path).submit("Send mig et link", email=email)
        assert browser.status == 303, browser.text
        return send_mail()[-1]

    return ask
