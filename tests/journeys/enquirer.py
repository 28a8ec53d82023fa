"""What somebody who writes to the clinician does with the pages, and what the clinician does."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.journeys.program import Site

SEND = "Send beskeden"
CLINIC = "rh@kirohaderslev.dk"
# Each signs in a few times at most: a mail address gets five links in a quarter of an hour.
CLINICIANS = [f"behandler.{number}@example.dk" for number in range(4)]
_clinicians = itertools.cycle(CLINICIANS)
MESSAGE = "Jeg har haft ondt i lænden i fire år.\nKan du hjælpe mig?"
HUMAN = 3.1  # seconds; who is faster is taken for a robot


@dataclass
class Enquirer:
    """One person with a mail address that nobody else uses."""

    site: Site
    email: str
    name: str = "Kirsten Prøve"

    def fill_in(self, page: Page, **other: str) -> None:
        """Fills in the whole form."""
        typed = {"name": self.name, "email": self.email, "message": MESSAGE, **other}
        page.get_by_role("textbox", name="Dit navn").fill(typed["name"])
        page.get_by_label("Din mailadresse").fill(typed["email"])
        page.get_by_label("Dit telefonnummer").fill("20 12 34 56")
        page.get_by_role("radio", name="Et forløb").check()
        page.get_by_label("Din besked").fill(typed["message"])
        page.get_by_role("checkbox").check()

    def send(self, page: Page) -> str:
        """Presses the button and returns the reference on the page of thanks."""
        page.get_by_role("button", name=SEND).click()
        return thanked(page)

    def lead(self) -> dict[str, Any]:
        """The mail to the clinician about this person."""
        return self._mail(lambda mail: mail["to"] == [CLINIC] and mail["reply_to"] == self.email)

    def receipt(self) -> dict[str, Any]:
        return self._mail(lambda mail: mail["to"] == [self.email])

    def _mail(self, is_it: Any) -> dict[str, Any]:
        return wait_for_mail(self.site, is_it)


def wait_for_mail(site: Site, is_it: Any, seconds: float = 10.0) -> dict[str, Any]:
    """The newest mail of this kind as soon as there is one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found: list[dict[str, Any]] = [mail for mail in site.mailbox.messages if is_it(mail)]
        if found:
            return found[-1]
        time.sleep(0.05)
    raise AssertionError("no such mail")


def thanked(page: Page) -> str:
    """The reference that the page of thanks shows."""
    page.wait_for_url(re.compile("/kontakt/tak"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Tak for din besked")
    return page.locator(".reference").inner_text()


def error_of(page: Page, field: str) -> Locator:
    """What stands beside a field of the form about what was typed there."""
    return page.locator(f"#{field}-error")


def sign_in(page: Page, site: Site) -> None:
    """From the page that asks for it, by the mailed link, to where one was going."""
    clinician = next(_clinicians)
    known = len([mail for mail in site.mailbox.messages if mail["to"] == [clinician]])
    page.get_by_label("Din mailadresse").fill(clinician)
    page.get_by_role("button", name="Send mig et link").click()
    page.wait_for_url("/log-ind/kode")
    mail = wait_for_mail(
        site,
        lambda mail: (
            mail["to"] == [clinician]
            and len([m for m in site.mailbox.messages if m["to"] == [clinician]]) > known
        ),
    )
    link = re.search(rf"{re.escape(site.url)}/log-ind/[\w-]{{20,}}", mail["text"])
    assert link, mail["text"]
    page.goto(link[0])
    page.get_by_role("button", name="Log ind").click()
    page.wait_for_url(re.compile("/klinik/"))
