"""The program without a world around it: the guards read what it is made of."""

from __future__ import annotations

import pytest
from flask import Flask

from shop import create_app, settings


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    database = tmp_path_factory.mktemp("guards") / "empty.db"
    given = {"APP_ENV": "development", "DATABASE_URL": f"sqlite:///{database}"}
    return create_app(settings.load(given))
