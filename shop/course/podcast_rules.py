"""A podcast as machines read it: RSS 2.0, and an episode's words and chapters.

RSS: https://www.rssboard.org/rss-specification. Names of `itunes`: Apple's podcast RSS guide;
of `podcast`: https://podcasting2.org/docs/podcast-namespace.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree as ET

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
}
GUIDS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")  # of podcast:guid, by its specification
LANGUAGE = "da"


@dataclass(frozen=True)
class Channel:
    """What a feed says of itself. `guid` stays when the address is renewed."""

    title: str
    description: str
    link: str
    address: str
    image: str
    author: str
    email: str
    guid: str


@dataclass(frozen=True)
class Item:
    """One episode; `files` is the address of all that is fetched for it, up to the ending."""

    guid: str
    title: str
    description: str
    link: str
    season: int
    number: int
    seconds: float
    size: int
    since: datetime
    files: str
    has_words: bool


def guid(site: str, feed_id: int) -> str:
    """The lasting name of one buyer's podcast."""
    return str(uuid.uuid5(GUIDS, f"{site}/podcast/{feed_id}"))


def rss(channel: Channel, items: Sequence[Item]) -> bytes:
    """The feed. Private: it is locked, and directories are asked to leave it out."""
    for prefix, uri in NAMESPACES.items():
        ET.register_namespace(prefix, uri)
    root = ET.Element("rss", {"version": "2.0"})
    top = ET.SubElement(root, "channel")
    latest = max((item.since for item in items), default=None)
    _add(top, "title", channel.title)
    _add(top, "link", channel.link)
    _add(top, "description", channel.description)
    _add(top, "language", LANGUAGE)
    if latest:
        _add(top, "lastBuildDate", format_datetime(latest))
    self_ = {"href": channel.address, "rel": "self", "type": "application/rss+xml"}
    _add(top, "atom:link", None, self_)
    image = ET.SubElement(top, "image")
    for name, value in (("url", channel.image), ("title", channel.title), ("link", channel.link)):
        _add(image, name, value)
    _add(top, "itunes:image", None, {"href": channel.image})
    _add(top, "itunes:author", channel.author)
    owner = _add(top, "itunes:owner", None)
    _add(owner, "itunes:name", channel.author)
    _add(owner, "itunes:email", channel.email)
    _add(top, "itunes:category", None, {"text": "Education"})
    _add(top, "itunes:explicit", "false")
    _add(top, "itunes:type", "serial")
    _add(top, "itunes:block", "Yes")
    _add(top, "podcast:guid", channel.guid)
    _add(top, "podcast:locked", "yes", {"owner": channel.email})
    _add(top, "podcast:block", "yes")
    for item in items:
        _item(top, item)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _item(top: ET.Element, item: Item) -> None:
    of = ET.SubElement(top, "item")
    _add(of, "title", item.title)
    _add(of, "description", item.description)
    _add(of, "link", item.link)
    _add(of, "guid", item.guid, {"isPermaLink": "false"})
    _add(of, "pubDate", format_datetime(item.since))
    sound = {"url": f"{item.files}.mp3", "length": str(item.size), "type": "audio/mpeg"}
    _add(of, "enclosure", None, sound)
    _add(of, "itunes:duration", str(round(item.seconds)))
    _add(of, "itunes:season", str(item.season))
    _add(of, "itunes:episode", str(item.number))
    _add(of, "itunes:episodeType", "full")
    _add(of, "itunes:explicit", "false")
    if item.has_words:
        for end, media_type in (("vtt", "text/vtt"), ("html", "text/html")):
            words = {"url": f"{item.files}.{end}", "type": media_type, "language": LANGUAGE}
            _add(of, "podcast:transcript", None, words)
        chapters = {"url": f"{item.files}.json", "type": "application/json+chapters"}
        _add(of, "podcast:chapters", None, chapters)


def _add(
    above: ET.Element, name: str, text: str | None, attributes: dict[str, str] | None = None
) -> ET.Element:
    prefix, colon, local = name.rpartition(":")
    full = f"{{{NAMESPACES[prefix]}}}{local}" if colon else name
    element = ET.SubElement(above, full, attributes or {})
    element.text = text
    return element


def chapters(sound: dict[str, Any]) -> dict[str, Any]:
    """An episode's chapters: JSON Chapters 1.2."""
    found = [{"startTime": start, "title": title} for start, title in sound["chapters"]]
    return {"version": "1.2.0", "chapters": found}


def vtt(sound: dict[str, Any], words: Sequence[str]) -> str:
    """What is said when, as WebVTT: one cue for each paragraph."""
    starts = [start for _, start in sound["cues"]]
    ends = [*starts[1:], sound["seconds"]]
    cues = (
        f"{_clock(start)} --> {_clock(end)}\n{_plain(text)}\n"
        for start, end, text in zip(starts, ends, words, strict=True)
    )
    return "\n".join(("WEBVTT\n", *cues))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def _plain(text: str) -> str:
    """Words that no reader of WebVTT takes for a tag or for another cue."""
    one_line = " ".join(text.split()).replace("-->", "→")
    return one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
