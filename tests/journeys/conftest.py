"""The program as it runs for real, with real Chromium windows to use it through."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from sandbox.mailbox import LocalMailbox
from sandbox.stripe import LocalStripe
from tests.journeys.buyer import Buyer
from tests.journeys.enquirer import CLINICIANS
from tests.journeys.program import Processes, Site, carry_out, free_port
from tests.journeys.window import Watch

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, NARROW, NARROWEST = 1280, 360, 320

expect.set_options(timeout=5_000)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """gunicorn and the worker on a database of their own, with a local Stripe and mailbox."""
    home = tmp_path_factory.mktemp("site")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    hook = f"{url}/stripe/webhook"
    with LocalStripe(webhook_url=hook) as stripe, LocalMailbox() as mailbox:
        environ = {
            "APP_ENV": "development",
            "DATABASE_URL": f"sqlite:///{home / 'shop.db'}",
            "PUBLIC_URL": url,
            "STRIPE_API_BASE": stripe.base_url,
            "MAIL_PORT": str(mailbox.smtp_port),
            "TRUSTED_PROXIES": "1",  # each window has an address, and limits, of its own
        }
        carry_out(
            environ,
            "course import content/course",
            "booking import content/booking.toml",
            *(f"clinician add {clinician}" for clinician in CLINICIANS),
        )
        with Processes(home) as processes:
            threads = ["--worker-class", "gthread", "--threads", "8", "--log-level", "warning"]
            bind = ["--bind", f"127.0.0.1:{port}", "--no-control-socket"]
            processes.start(environ, "gunicorn", "app:app", *bind, *threads)
            processes.start(environ, "flask", "worker", "--rest", "0.1")
            processes.wait_for(f"{url}/readyz")
            yield Site(url, stripe, mailbox, home / "shop.db")
        assert "Traceback" not in processes.said(), processes.said()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        installed = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=installed, args=FLAGS)
        yield browser
        browser.close()


class Windows:
    """Opens windows that share nothing, and remembers what is wrong with what they showed."""

    def __init__(self, site: Site, chromium: Browser) -> None:
        self.site = site
        self._chromium = chromium
        self._watches: dict[BrowserContext, Watch] = {}

    def open(self, width: int = WIDE, **options: Any) -> Page:
        """A new browser (cookies of its own) with one window. Addresses may be paths."""
        number = next(_numbers)
        context = self._chromium.new_context(
            base_url=self.site.url,
            viewport={"width": width, "height": 800},
            locale="da-DK",
            extra_http_headers={"X-Forwarded-For": f"203.0.113.{number % 250 + 1}"},
            **options,
        )
        context.set_default_timeout(8_000)
        self._watches[context] = Watch(self.site, context)
        return context.new_page()

    def expect_status(self, page: Page, *statuses: int) -> None:
        """From now on an answer with one of these statuses is no complaint."""
        self._watches[page.context].expected.update(statuses)

    def expect_offline(self, page: Page) -> None:
        """From now on the network of this page may be cut."""
        self._watches[page.context].may_be_offline = True

    def close(self) -> None:
        for context in self._watches:
            with suppress(Exception):  # a journey may have closed it
                context.close()

    def complaints(self) -> list[str]:
        return [words for watch in self._watches.values() for words in watch.complaints]


@pytest.fixture
def windows(site: Site, chromium: Browser) -> Iterator[Windows]:
    opened = Windows(site, chromium)
    yield opened
    opened.close()
    site.stripe.release()
    assert opened.complaints() == []


@pytest.fixture
def buyer(site: Site) -> Buyer:
    """Somebody nobody has seen before."""
    return Buyer(site, f"kirsten.{next(_numbers)}@example.dk")


@pytest.fixture
def new_buyer(site: Site) -> Callable[[], Buyer]:
    return lambda: Buyer(site, f"kirsten.{next(_numbers)}@example.dk")
