"""What a buyer does with the pages, in their own words for the buttons."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, expect

from tests.journeys.program import Site

ORDER = "Køb med betalingspligt"
START = "Start på første lektion"
FIRST_LESSON = "/kursus/velkommen-paa-koereskolen"  # paid
SOUND = "/kursus/lyd/du-er-ikke-alene"


@dataclass
class Buyer:
    """One person with a mail address that nobody else uses."""

    site: Site
    email: str
    name: str = "Kirsten Prøve"

    def order(self, page: Page) -> None:
        """From the front page over the course page to the pay page, as a visitor finds the way."""
        page.goto("/")
        page.get_by_role("main").get_by_role("link", name="Se e-forløbet").first.click()
        page.wait_for_url("/kursus")
        page.get_by_role("link", name=re.compile("^Køb e-forløbet")).first.click()
        page.wait_for_url("/koeb")
        self.fill_in(page)

    def fill_in(self, page: Page) -> None:
        """Fills in the order form and lets it lead to the pay page."""
        page.get_by_label("Din mailadresse").fill(self.email)
        page.get_by_label("Dit navn").fill(self.name)
        for box in page.get_by_role("checkbox").all():
            box.check()
        page.get_by_role("button", name=ORDER).click()
        page.wait_for_url(re.compile("/c/pay/"))

    def pay(self, page: Page, button: str = "Betal med MobilePay") -> None:
        """Presses a button on the pay page and comes back to the thank-you page."""
        page.get_by_role("button", name=button, exact=True).click()
        page.wait_for_url(re.compile("/koeb/tak"))

    def buy(self, page: Page, button: str = "Betal med MobilePay") -> None:
        """All the way to the open first lesson."""
        self.order(page)
        self.pay(page, button)
        self.start(page)

    def start(self, page: Page) -> None:
        """From the thank-you page into the first lesson."""
        page.get_by_role("link", name=START).click()
        expect_open(page)

    def session(self, page: Page) -> str:
        """The id of the Checkout Session whose pay page or thank-you page is shown."""
        found = re.search(r"cs_test_\w+", page.url)
        assert found, page.url
        return found[0]

    def intent(self, session: str) -> str:
        """The payment behind a session."""
        sessions = self.site.stripe.state()["sessions"]
        intent = next(s["payment_intent"] for s in sessions if s["id"] == session)
        return intent if isinstance(intent, str) else str(intent["id"])

    def mails(self, count: int = 1, seconds: float = 10.0) -> list[dict[str, Any]]:
        """The mails to this person, as soon as there are `count`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = [mail for mail in self.site.mailbox.messages if mail["to"] == [self.email]]
            if len(found) >= count:
                return found
            time.sleep(0.05)
        raise AssertionError(f"fewer than {count} mails to {self.email}")

    def link(self, mail: dict[str, Any]) -> str:
        """The address of the sign-in link in a mail."""
        found = re.search(rf"{re.escape(self.site.url)}/log-ind/[\w-]{{20,}}", mail["text"])
        assert found, mail["text"]
        return found[0]

    def code(self, mail: dict[str, Any]) -> str:
        found = re.search(r"^\d{6}$", mail["text"], re.MULTILINE)
        assert found, mail["text"]
        return found[0]

    def prove(self, page: Page) -> None:
        """In the lesson that was bought here: has a code sent, and comes back with it."""
        before = len(self.mails())
        page.get_by_role("button", name="Send mig en kode").click()
        page.get_by_label("Kode fra mailen").fill(self.code(self.mails(before + 1)[-1]))
        page.get_by_role("button", name="Log ind med koden").click()
        expect_open(page)

    def enter(self, page: Page, mail: dict[str, Any]) -> None:
        """Opens the mail's link and presses its one button."""
        page.goto(self.link(mail))
        buttons = page.get_by_role("button")
        expect(buttons).to_have_count(1)
        expect(buttons).to_have_text("Log ind")
        buttons.click()
        page.wait_for_url(lambda url: "/log-ind/" not in url)


def expect_open(page: Page) -> None:
    """The first lesson, with its words."""
    expect(page).to_have_url(re.compile(FIRST_LESSON))
    expect(page.get_by_text("Dine smerter er virkelige").first).to_be_visible()


def status_of(page: Page, path: str) -> int:
    """What the address answers this browser, redirects not followed."""
    return page.request.get(path, max_redirects=0).status
