"""Public pages: the same for everybody, kept, compressed, and cheap to ask for again."""

from __future__ import annotations

import gzip

import brotli
import pytest

from shop.pages.views import TEXTS
from shop.settings import ROOT
from tests.conftest import BUYER, PREVIEW

PUBLIC = ["/", "/kursus", "/priser", PREVIEW, *(f"/{slug}" for slug in TEXTS)]


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_sets_no_cookie_and_may_be_kept(browser, path):
    headers = browser.get(path).response.headers
    assert browser.status == 200
    assert "Set-Cookie" not in headers
    assert headers["Cache-Control"] == "public, max-age=0, s-maxage=60"
    assert {"Cookie", "Accept-Encoding"} <= set(headers["Vary"].replace(" ", "").split(","))
    assert len(browser.words()) > 100


@pytest.mark.parametrize("path", PUBLIC)
def test_what_has_not_changed_is_not_sent_again(browser, path):
    etag = browser.get(path).response.headers["ETag"]
    browser.get(path, If_None_Match=etag)
    assert (browser.status, browser.response.data) == (304, b"")
    assert browser.response.headers["ETag"] == etag
    assert "Content-Length" not in browser.response.headers
    assert browser.get(path, If_None_Match='"another"').status == 200


def test_a_page_is_compressed_as_the_browser_wishes(browser):
    plain = browser.get("/").response.data
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress}
    for accepted, encoding in [
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", None),
        ("zstd", None),
    ]:
        response = browser.client.get("/", headers={"Accept-Encoding": accepted})
        assert response.headers.get("Content-Encoding") == encoding, accepted
        assert int(response.headers["Content-Length"]) == len(response.data)
        assert unpack.get(encoding, bytes)(response.data) == plain
        if encoding:
            assert len(response.data) < len(plain) / 2
            assert response.headers["ETag"] != browser.response.headers["ETag"]


@pytest.mark.parametrize("kept_before", [False, True])
def test_head_says_what_get_would(browser, kept_before):
    if kept_before:
        browser.get("/")
    browser._open("HEAD", "/")
    assert (browser.status, browser.response.data) == (200, b"")
    assert browser.response.mimetype == "text/html"
    assert int(browser.response.headers["Content-Length"]) > 1000


def test_what_was_kept_is_never_shown_to_an_owner(shop, browser, new_browser):
    new_browser().get("/kursus")
    shop.buy(browser)
    assert "Din rute" in browser.get("/kursus").words()
    assert "public" not in browser.response.headers["Cache-Control"]


def test_what_an_owner_saw_is_never_kept_for_others(shop, browser, new_browser):
    shop.buy(browser)
    browser.get("/kursus")
    browser.get(PREVIEW)
    stranger = new_browser()
    assert "Køb e-forløbet, 499 kr." in stranger.get("/kursus").links()
    assert "Markér som gennemført" not in stranger.get(PREVIEW).buttons()
    assert BUYER not in stranger.text


def test_a_cookie_of_somebody_else_does_not_matter(browser):
    browser.get("/kursus")
    kept = browser.response.headers["ETag"]
    browser.client.set_cookie("consent", "no")
    assert browser.get("/kursus", If_None_Match=kept).status in {200, 304}
    assert "Set-Cookie" not in browser.response.headers


@pytest.mark.parametrize("path", ["/koeb", "/log-ind"])
def test_a_page_with_a_form_is_not_kept(browser, path):
    headers = browser.get(path).response.headers
    assert headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" in headers, "the form's token needs one"


def test_every_answer_is_guarded(browser):
    for path in ("/", "/log-ind", "/findes-ikke", "/healthz", "/min-side"):
        headers = browser.get(path).response.headers
        rules = headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'self'", "object-src 'none'", "base-uri 'none'"} <= set(rules)
        assert "frame-ancestors 'none'" in rules
        assert not any("unsafe" in rule or "-src *" in rule or "data:" in rule for rule in rules)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        for power in ("camera", "microphone", "geolocation", "payment"):
            assert f"{power}=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers, "only where there is TLS"


def test_static_files_may_be_kept_for_good(browser):
    [sheet] = browser.get("/").page.findall(".//*[@rel='stylesheet']")
    plain = browser.client.get(sheet.get("href")).data
    response = browser.client.get(sheet.get("href"), headers={"Accept-Encoding": "br"})
    assert response.status_code == 200
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Content-Encoding"] == "br"
    assert brotli.decompress(response.data) == plain
    assert plain[:50] == (ROOT / "static" / "site.css").read_bytes()[:50]


OURS = ["/static/du-er-ikke-alene.mp3", "/static/../content/clinic.toml", "/app.py", "/.env"]


@pytest.mark.parametrize("path", OURS)
def test_nothing_that_is_sold_or_secret_lies_among_the_static_files(browser, path):
    assert browser.get(path).status == 404
    assert not list((ROOT / "static").rglob("*.mp3"))
