"""A Chromium window that complains about whatever a good page never does."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    expect,
)

from tests.journeys.program import Site

# Chromium writes this line itself for every answer of 400 and above; no page can prevent it.
STATUS_LINE = re.compile(r"^Failed to load resource: the server responded with a status of (\d+)")


class Watch:
    """Gathers the complaints about all pages of one context.

    `expected` are the HTTP statuses of 400 and above that the journey means to meet.
    """

    def __init__(self, site: Site, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.expected: set[int] = set()
        self.may_be_offline = False
        self._site = site.url
        self._stripe = site.stripe.base_url
        context.on("console", self._console)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("page", lambda page: page.on("pageerror", self._error))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        if self.may_be_offline and "net::ERR_INTERNET_DISCONNECTED" in message.text:
            return
        found = STATUS_LINE.match(message.text)
        if found is None or int(found[1]) not in self.expected:
            self.complaints.append(f"console: {message.text} ({message.location['url']})")

    def _error(self, error: object) -> None:
        self.complaints.append(f"error on the page: {error}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        at_pay_page = origin == self._stripe and parts.path.startswith("/c/pay/")
        if origin != self._site and not at_pay_page and parts.scheme != "data":
            self.complaints.append(f"a request to {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.status} from {response.url}")


def expect_powered(page: Page) -> None:
    """Waits until htmx minds what marks the lesson as done: it comes when its place is near."""
    expect(page.locator("#course-completed form[data-htmx-powered]")).to_be_attached()


def leave(page: Page, control: Locator) -> None:
    """Presses a link or button and is on the next page when this returns; a click alone is not."""
    with page.expect_navigation():
        control.click()


def sideways(page: Page) -> list[str]:
    """What sticks out of the window to the right, where a reader would have to scroll for it."""
    found: list[str] = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          const out = document.documentElement.scrollWidth > width ? ["the page itself"] : [];
          const words = "h1, h2, h3, p, li, dt, dd, a, button, input, label, td, th, audio";
          for (const element of document.querySelectorAll(words)) {
            const box = element.getBoundingClientRect();
            if (box.width > 1 && box.right > width + 1)
              out.push(`${element.tagName} "${element.textContent.trim().slice(0, 40)}"`);
          }
          return out;
        }"""
    )
    return found


def reload_mark(page: Page) -> None:
    """Leaves a mark that is gone once the page is loaded anew; `has_mark` looks for it."""
    page.evaluate("() => { window.marked = true }")


def has_mark(page: Page) -> bool:
    """Whether the page is still the one that was marked."""
    return bool(page.evaluate("() => window.marked === true"))
