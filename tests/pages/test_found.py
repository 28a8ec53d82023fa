"""What search engines, shared links and phones are told."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from shop.pages import rules
from shop.pages.views import TEXTS
from tests.browser import Browser

PUBLIC = ["/", "/kursus", "/priser", *(f"/{slug}" for slug in TEXTS)]
SITE = "http://127.0.0.1:5000"


def head(browser: Browser) -> dict[str, str]:
    """What stands in the head: links by rel, meta by name or property."""
    found = {link.get("rel"): link.get("href") for link in browser.page.iter("link")}
    for meta in browser.page.iter("meta"):
        found[meta.get("name") or meta.get("property")] = meta.get("content")
    return found


def told(browser: Browser) -> list[dict]:
    scripts = browser.page.iter("script")
    return [json.loads(s.text) for s in scripts if s.get("type") == "application/ld+json"]


@pytest.mark.parametrize("path", PUBLIC)
def test_every_public_page_says_what_it_is(browser, path):
    found = head(browser.get(path))
    assert browser.status == 200
    assert found["canonical"] == found["og:url"] == SITE + path
    assert 50 <= len(found["description"]) <= 160, found["description"]
    assert found["og:description"] == found["description"]
    assert found["og:image"].startswith(f"{SITE}/static/")
    assert browser.get(found["og:image"].removeprefix(SITE)).status == 200


def test_no_two_pages_have_the_same_title_or_description(browser):
    for name in ("og:title", "description"):
        said = [head(browser.get(path))[name] for path in PUBLIC]
        assert len(set(said)) == len(said), sorted(said)


def test_a_page_of_somebodys_own_is_not_told_about(browser):
    for path in ("/log-ind", "/koeb"):
        assert "canonical" not in head(browser.get(path))
        assert told(browser) == []


def test_the_clinic_is_told_with_what_is_known_of_it(browser):
    [clinic] = told(browser.get("/"))
    assert clinic["@type"] == "MedicalBusiness"
    assert clinic["address"] == {
        "@type": "PostalAddress",
        "addressLocality": "Haderslev",
        "addressCountry": "DK",
    }
    assert "UDFYLD" not in json.dumps(clinic)


def test_the_course_is_told_with_its_price(browser):
    [course] = told(browser.get("/kursus"))
    assert (course["@type"], course["offers"]["price"]) == ("Course", "499.00")
    assert course["offers"]["priceCurrency"] == "DKK"


def test_the_questions_are_told_with_their_answers(browser):
    [page] = told(browser.get("/kroniske-smerter"))
    questions = {entry["name"]: entry["acceptedAnswer"]["text"] for entry in page["mainEntity"]}
    assert len(questions) >= 9
    shown = browser.words()
    for question, answer in questions.items():
        assert question in shown
        assert len(answer) > 60
        assert "[^" not in answer


def test_the_map_names_every_public_page(browser):
    browser.get("/sitemap.xml")
    listed = set(re.findall(rf"<loc>{SITE}(.*?)</loc>", browser.text))
    assert set(PUBLIC) | {"/kontakt"} <= listed
    for path in listed:
        assert browser.get(path).status == 200, path


def test_a_phone_can_keep_the_site(browser):
    assert head(browser.get("/koeb"))["manifest"] == "/manifest.webmanifest"
    browser.get("/manifest.webmanifest")
    assert browser.response.mimetype == "application/manifest+json"
    manifest = json.loads(browser.text)
    assert manifest["lang"] == "da"
    for icon in manifest["icons"]:
        assert browser.get(icon["src"]).status == 200


ROW = {"number": "1", "valid_from": date(2026, 4, 1), "valid_until": date(2026, 9, 30)}


@pytest.mark.parametrize(
    ("today", "count"),
    [
        (date(2026, 3, 31), 0),
        (date(2026, 4, 1), 1),
        (date(2026, 9, 30), 1),
        (date(2026, 10, 1), 0),
    ],
)
def test_a_price_holds_from_its_first_day_to_its_last(today, count):
    assert len(rules.current([ROW], today)) == count


def test_prices_that_nobody_has_looked_up_are_not_shown(app, browser):
    words = browser.get("/priser").words()
    assert "Vi har ikke de gældende takster her endnu" in words
    assert "så får du prisen, før" not in words, "the button below books without one"
    assert "hvad en samtale koster, før du booker, så ring på" in words


def test_a_price_of_today_is_shown_with_its_source(app, browser, monkeypatch):
    row = {
        "number": "1015",
        "name": "Første samtale",
        "total_ore": 80000,
        "subsidy_ore": 12345,
        "patient_ore": 67655,
        "valid_from": date(2000, 1, 1),
        "valid_until": date(2999, 9, 30),
        "source": "En oversigt til en test",
    }
    monkeypatch.setitem(app.extensions, "prices", [row])
    words = browser.get("/priser").words()
    for part in ("Første samtale", "676,55 kr.", "123,45 kr.", "En oversigt til en test"):
        assert part in words
    assert "30. september 2999" in words
