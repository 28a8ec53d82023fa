"""Ways through the site: what leads where, from every page, and down a long one."""

from __future__ import annotations

import re

import pytest

from tests.browser import Browser

LONG = ["/kroniske-smerter", "/forloeb", "/handelsbetingelser", "/privatlivspolitik"]
SHORT = ["/for-paaroerende", "/akut-hjaelp", "/fortryd"]
MAIN = ["/kroniske-smerter", "/forloeb", "/kursus", "/priser", "/book", "/kontakt"]


def part(browser: Browser, tag: str, name: str = "") -> list[str]:
    """Where the links in the first such element of this class lead."""
    for element in browser.page.iter(tag):
        if name in (element.get("class") or ""):
            return [link.get("href", "") for link in element.iter("a")]
    return []


@pytest.mark.parametrize("path", ["/", "/tilgaengelighed", "/koeb", "/findes-ikke"])
def test_help_and_every_main_page_is_one_step_away(browser, path):
    browser.get(path)
    assert part(browser, "header")[1:] == [*MAIN, "/min-side"]
    foot = part(browser, "footer")
    assert foot[:2] == ["/akut-hjaelp", "/fortryd"]
    legal = ["/handelsbetingelser", "/privatlivspolitik", "/virksomheden", "/tilgaengelighed"]
    assert foot[-4:] == legal
    assert {*MAIN, "/for-paaroerende"} < set(foot)


@pytest.mark.parametrize("path", MAIN)
def test_the_page_one_is_on_is_marked(browser, path):
    marked = [
        link.get("href")
        for link in browser.get(path).page.iter("a")
        if link.get("aria-current") == "page"
    ]
    assert marked == [path]


@pytest.mark.parametrize("path", LONG)
def test_a_long_page_begins_with_what_it_holds(browser, path):
    listed = part(browser.get(path), "nav", "contents")
    headings = [f"#{found.get('id')}" for found in browser.page.iter("h2")]
    assert len(listed) > 6
    assert [found for found in headings if found in listed] == listed


@pytest.mark.parametrize("path", SHORT)
def test_a_short_page_goes_straight_to_the_matter(browser, path):
    assert part(browser.get(path), "nav", "contents") == []


def test_the_course_shows_every_lesson(browser):
    browser.get("/kursus")
    lists = [found for found in browser.page.iter("ol") if found.get("class") == "lessons"]
    lessons = ["".join(item.itertext()) for found in lists for item in found]
    assert len(lessons) == 14
    minutes = sum(int(re.search(r"(\d+) min\.", lesson)[1]) for lesson in lessons)
    hours = f"{minutes // 60} timer og {minutes % 60} minutter"
    assert f"De 14 lektioner tager tilsammen cirka {hours}" in browser.words()
    assert not any("på vej" in lesson for lesson in lessons)
    assert sum("åben" in lesson for lesson in lessons) == 2


def test_a_lost_reader_is_shown_the_main_ways(browser):
    browser.get("/findes-ikke")
    ways = part(browser, "ul", "onward")
    assert ways == ["/akut-hjaelp", "/kroniske-smerter", "/forloeb", "/kursus", "/kontakt"]


@pytest.mark.parametrize(("path", "told"), [("/koeb", True), ("/log-ind", True), ("/", False)])
def test_a_first_look_does_not_wait_for_the_home_screen(browser, path, told):
    browser.get(path)
    links = {link.get("rel"): link.get("href") for link in browser.page.iter("link")}
    assert ("manifest" in links) == told
    assert "apple-touch-icon" in links
