from __future__ import annotations

import pytest
from flask import Flask

import shop.accounts.actions as accounts
from shop.db import transaction
from shop.web import now
from tests.browser import Browser
from tests.conftest import BUYER, let_in


@pytest.fixture
def proven(app: Flask, browser: Browser) -> Browser:
    """Kirsten, who has shown that her address is hers, and of whom we know nothing else."""
    return signed_in(app, browser, BUYER)


def signed_in(app: Flask, browser: Browser, email: str) -> Browser:
    """Somebody by a mailed link, whether we knew them or not."""
    with app.app_context(), transaction():
        accounts.find_or_add(email, "Kirsten Prøve", now())
    return let_in(app, browser, email)
