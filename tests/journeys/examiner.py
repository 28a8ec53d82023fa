"""Looks a page over: what axe has to say, and what sticks out of the window."""

from __future__ import annotations

from importlib.resources import files

from playwright.sync_api import Page

from tests.journeys.window import sideways

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]  # of these rules, the two that look at them
RUN = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 120)} (${node.failureSummary})`));
}"""

# Where everything stands and whether it is seen: all that a scheme could change but its colours.
SHAPE = """() => [...document.querySelectorAll("*")].map((element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  return [x, y, width, height, style.display, style.visibility, style.opacity].join();
})"""


class Examiner:
    """Looks a page over in both colour schemes and remembers what is wrong with it.

    Where the second scheme moves and hides nothing, only its colours can be wrong as well.
    """

    def __init__(self) -> None:
        self.findings: list[str] = []

    def look(self, page: Page, name: str, *widths: int) -> None:
        """At each of these widths, or at the window's own."""
        page.evaluate(AXE)
        for width in widths or [None]:
            if width:
                page.set_viewport_size({"width": width, "height": 800})
            seen = None
            for scheme in ("dark", "light"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
                shape = page.evaluate(SHAPE)
                found = page.evaluate(RUN, COLOURS if shape == seen else RULES)
                seen = shape
                at = f"{name}, {width or 'as it stood'}, {scheme}"
                self.findings += [f"{at}: {finding}" for finding in found]
            self.findings += [f"{name}, {width}: {found} is too wide" for found in sideways(page)]
