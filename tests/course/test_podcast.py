"""A podcast of one's own: strict to read, played by ranges, and gone with its token."""

from __future__ import annotations

import json
import re
import struct
from email.utils import parsedate_to_datetime
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa

from shop.course import actions, podcast_rules
from shop.course.podcast_models import PodcastFeed
from shop.course.podcast_rules import NAMESPACES
from shop.db import db, transaction
from shop.settings import ROOT
from tests.conftest import link_in

HERE = "/kursus/podcast"
MAKE, AGAIN, CLOSE = "Lav min adresse", "Lav en ny adresse", "Luk podcasten"
SITE = "http://127.0.0.1:5000"
MP3 = (ROOT / "content" / "audio" / "du-er-ikke-alene.mp3").read_bytes()
ENDS = ("mp3", "vtt", "html", "json")


def address(browser) -> str:
    found = re.search(rf"{SITE}(/podcast/[\w-]{{43}}\.xml)", browser.get(HERE).text)
    assert found, browser.words()
    return found[1]


@pytest.fixture
def feed(owner) -> str:
    owner.get(HERE).submit(MAKE)
    return address(owner)


def channel(browser, path: str) -> ET.Element:
    """The feed, read as strictly as it is meant."""
    answer = browser.get(path).response
    assert (browser.status, answer.mimetype) == (200, "application/rss+xml")
    root = ET.fromstring(answer.data)  # noqa: S314 (our own)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    [found] = root
    return found


def one(above: ET.Element, name: str) -> ET.Element:
    [found] = above.findall(name, NAMESPACES)
    return found


def test_the_feed_has_all_that_is_required(browser, feed):
    top = channel(browser, feed)
    for name in ("title", "link", "description", "language", "lastBuildDate", "itunes:author"):
        assert one(top, name).text, name
    assert one(top, "language").text == "da"
    assert one(top, "itunes:block").text == "Yes"
    assert one(top, "itunes:explicit").text == "false"
    assert one(top, "itunes:type").text == "serial"
    assert one(top, "itunes:category").get("text") == "Education"
    assert one(top, "podcast:locked").text == "yes"
    assert "@" in one(top, "podcast:locked").get("owner")
    assert UUID(one(top, "podcast:guid").text).version == 5
    assert one(top, "atom:link").attrib == {
        "href": SITE + feed,
        "rel": "self",
        "type": "application/rss+xml",
    }
    assert parsedate_to_datetime(one(top, "lastBuildDate").text).tzinfo is not None
    assert "smerte" not in ET.tostring(one(top, "title"), encoding="unicode").lower()


def test_its_picture_is_as_large_as_directories_ask(browser, feed):
    href = one(channel(browser, feed), "itunes:image").get("href")
    picture = browser.get(href.removeprefix(SITE)).response.data
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    assert 1400 <= width == height <= 3000
    assert len(picture) < 40_000


def test_only_what_is_recorded_is_an_episode(browser, feed):
    items = channel(browser, feed).findall("item")
    assert len({one(item, "guid").text for item in items}) == len(items) == 1
    [item] = items
    for name in ("title", "description", "link", "pubDate", "itunes:duration", "itunes:episode"):
        assert one(item, name).text, name
    assert one(item, "guid").get("isPermaLink") == "false"
    assert one(item, "itunes:duration").text == "53"
    assert parsedate_to_datetime(one(item, "pubDate").text).tzinfo is not None
    enclosure = one(item, "enclosure")
    assert (enclosure.get("type"), enclosure.get("length")) == ("audio/mpeg", str(len(MP3)))
    kinds = {each.get("type") for each in item.findall("podcast:transcript", NAMESPACES)}
    assert kinds == {"text/vtt", "text/html"}
    assert one(item, "podcast:chapters").get("type") == "application/json+chapters"


def test_it_plays_by_ranges_without_a_cookie(browser, feed):
    sound = one(one(channel(browser, feed), "item"), "enclosure").get("url").removeprefix(SITE)
    assert browser.get(sound).response.data == MP3
    part = browser.get(sound, Range="bytes=1000-1999").response
    assert (part.status_code, part.data) == (206, MP3[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(MP3)}"
    assert browser.get(sound, Range="bytes=99999999-").status == 416
    assert "Set-Cookie" not in part.headers


def test_its_words_and_chapters_are_there(browser, feed):
    front = feed.removesuffix(".xml") + "/du-er-ikke-alene"
    vtt = browser.get(f"{front}.vtt")
    assert vtt.response.mimetype == "text/vtt"
    assert vtt.text.startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert "Dine smerter er virkelige." in vtt.text
    assert "køreskolen. Den hedder" not in vtt.text, "the long manuscript is not what is said"
    assert "Du er ikke alene." in browser.get(f"{front}.html").text
    chapters = json.loads(browser.get(f"{front}.json").text)
    assert chapters["version"] == "1.2.0"
    assert chapters["chapters"][0]["startTime"] == 0
    assert browser.get(f"{feed.removesuffix('.xml')}/findes-ikke.mp3").status == 404


def test_an_app_that_has_it_hears_304(browser, feed):
    etag = browser.get(feed).response.headers["ETag"]
    assert browser.get(feed, If_None_Match=etag).status == 304


def test_a_new_address_ends_the_old_one(app, owner, browser, feed):
    before = one(channel(browser, feed), "podcast:guid").text
    owner.get(HERE).submit(AGAIN)
    newer = address(owner)
    assert newer != feed
    assert browser.get(feed).status == 404
    assert channel(browser, newer) is not None
    assert UUID(before)
    owner.get(HERE).submit(CLOSE)
    assert browser.get(newer).status == 404
    assert MAKE in owner.get(HERE).buttons()


def test_the_database_alone_opens_nothing(app, owner, feed):
    token = feed.split("/")[2].removesuffix(".xml")
    with app.app_context():
        [row] = db.session.scalars(sa.select(PodcastFeed))
        assert token not in {row.salt, row.token_hash}


def test_a_refund_closes_it_at_once(browser, new_browser, shop, send_mail):
    session = shop.buy(browser)
    [mail] = [each for each in send_mail() if "/log-ind/" in each["text"]]
    browser.get(link_in(mail)).submit("Log ind")
    browser.get(HERE).submit(MAKE)
    feed, app = address(browser), new_browser()
    front = feed.removesuffix(".xml") + "/du-er-ikke-alene"
    assert app.get(feed).status == 200
    shop.stripe.refund(shop.intent(session))
    shop.deliver_all()
    assert app.get(feed).status == 410
    assert [app.get(f"{front}.{end}").status for end in ENDS] == [410] * 4


def test_access_that_is_taken_and_given_back_takes_the_feed_along(app, browser, feed):
    for close, status in ((True, 410), (False, 200)):
        with app.app_context(), transaction():
            actions._set_open("test:1", not close)
        assert browser.get(feed).status == status


def test_only_who_has_the_course_gets_an_address(browser, stranger):
    assert browser.get(HERE).status == 303
    assert stranger.get(HERE).response.location == "/kursus"
    assert stranger.post(HERE, {"csrf_token": stranger.get("/log-ind").csrf()}).status == 303
    assert browser.get("/podcast/nothing.xml").status == 404
    assert browser.get("/podcast/nothing/du-er-ikke-alene.mp3").status == 404


def test_words_cannot_break_out_of_a_cue():
    sound = {"seconds": 4.0, "cues": [[1, 0.0], [2, 3599.5]]}
    vtt = podcast_rules.vtt(sound, ["<v Ond> --> & \n\nNOTE x", "To"])
    assert vtt.count("-->") == 2
    assert "&lt;v Ond&gt; → &amp; NOTE x" in vtt
    assert "00:59:59.500" in vtt
