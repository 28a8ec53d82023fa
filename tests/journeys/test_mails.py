"""Every mail as Chromium shows it: nothing for axe to say, light or dark, on a phone or a desk."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import NARROW, Windows
from tests.journeys.examiner import AXE, RULES
from tests.journeys.window import sideways

pytestmark = pytest.mark.browser

# A mail stands inside a mail program's page: landmarks are that page's.
RUN = """async (rules) => {
  const off = { region: { enabled: false }, "landmark-one-main": { enabled: false } };
  const found = await axe.run(document, { runOnly: rules, rules: off });
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 120)} (${node.failureSummary})`));
}"""
LINKS = "links => links.map(link => link.getAttribute('href')).filter(at => at.includes('/mail/'))"


def test_every_mail_is_readable_in_any_light(windows: Windows) -> None:
    page = windows.open(NARROW)
    page.goto("/dev/mails")
    mails = page.locator("main a").evaluate_all(LINKS)
    assert len(mails) > 10
    # Not examined where they lie: their policy would keep axe out, as it keeps out all else.
    page.goto("about:blank")
    findings = []
    for mail in mails:
        for scheme in ("light", "dark"):
            page.set_content(page.request.get(f"{mail}/{scheme}").text())
            for width in (NARROW, 700):
                page.set_viewport_size({"width": width, "height": 700})
                findings += [f"{mail}, {scheme}: {wide} is too wide" for wide in sideways(page)]
            page.evaluate(AXE)
            findings += [f"{mail}, {scheme}: {found}" for found in page.evaluate(RUN, RULES)]
    assert findings == []


def test_a_developer_sees_both_lights_at_once(windows: Windows) -> None:
    page = windows.open()
    page.goto("/dev/mail/confirmed")
    papers = [
        page.frame_locator(f"iframe[title='Mailen, {label}']")
        .locator("body")
        .evaluate("body => getComputedStyle(body).backgroundColor")
        for label in ("lys", "mørk")
    ]
    assert papers == ["rgb(251, 248, 242)", "rgb(18, 25, 26)"]
