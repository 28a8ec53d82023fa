"""The podcast for an app of one's own: the page with its address, and what the app fetches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import quote

import segno
from flask import Response, abort, current_app, jsonify, redirect, request, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from shop.course import manuscript, models, podcast_actions, podcast_models, podcast_rules, sound
from shop.course.podcast_models import Episode
from shop.course.podcast_rules import Channel, Item
from shop.course.views import blueprint
from shop.db import transaction
from shop.web import hashed, now, public_url, settings, show

TITLE = "Kørekortet"  # it shows on a locked phone and in a car: it says nothing of anybody's health
DESCRIPTION = (
    "Lektionerne som podcast. Adressen er din egen. Del den ikke med andre. Tag sikkerhedstjekket"
    " på kursets side, før du prøver øvelserne. Siger det, at du skal ringe til en læge, så vent"
    " med dem."
)
# How an app is asked to open an address: its scheme in front of it, or the whole as a parameter.
APPS = (
    ("Apple Podcasts", "podcast://{bare}"),
    ("Pocket Casts", "pktc://subscribe/{bare}"),
    ("Overcast", "overcast://x-callback-url/add?url={quoted}"),
    ("AntennaPod", "antennapod-subscribe://{bare}"),
)


def _owners(view: Callable[[], Any]) -> Callable[[], Any]:
    """Lets those in who have the course and have shown whose browser it is."""

    @wraps(view)
    def guarded() -> Any:
        if not current_user.is_authenticated or not current_user.trusted:
            return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
        if not models.access(current_user._get_current_object(), now()):
            return redirect(url_for("course.sales"), 303)
        return view()

    return guarded


@blueprint.get("/kursus/podcast")
@_owners
def podcast() -> Response:
    feed = podcast_models.feed_of(current_user.person_id)
    token = feed and podcast_actions.token_of(feed)
    address = token and public_url("course.feed", token=token)
    return show(
        "course/podcast.html",
        has_feed=feed is not None,
        feed_address=address,
        code=address and Markup(segno.make(address, error="m").svg_inline(border=2, omitsize=True)),  # noqa: S704 (our own drawing)
        apps=_apps(address) if address else [],
        episodes=podcast_models.episodes(),
    )


def _apps(address: str) -> list[tuple[str, str]]:
    forms = {"bare": address.partition("://")[2], "quoted": quote(address, safe="")}
    return [(name, link.format(**forms)) for name, link in APPS]


@blueprint.post("/kursus/podcast")
@_owners
def renew_podcast() -> AnyResponse:
    """An address that nobody knows yet; an older one stops."""
    with transaction():
        podcast_actions.renew(current_user.person_id, now())
    return redirect(url_for("course.podcast"), 303)


@blueprint.post("/kursus/podcast/luk")
@_owners
def close_podcast() -> AnyResponse:
    with transaction():
        podcast_actions.close(current_user.person_id)
    return redirect(url_for("course.podcast"), 303)


def _subscribed(token: str) -> int:
    """The id of the open feed with this token; 404 for an unknown, 410 for one that is closed."""
    found = podcast_models.subscription(hashed(token), now()) or abort(404)
    if found.until is None:
        abort(Response("Podcasten er lukket.\n", 410, mimetype="text/plain"))
    return found.feed_id


@blueprint.get("/podcast/<token>.xml")
def feed(token: str) -> Response:
    """The feed that an app fetches, without a cookie, by the token alone."""
    feed_id, site = _subscribed(token), settings().public_url
    asset: Any = current_app.jinja_env.globals["asset"]
    author = str(settings().clinic["trade_name"])
    channel = Channel(
        TITLE,
        DESCRIPTION,
        public_url("course.sales"),
        public_url("course.feed", token=token),
        site + asset("icons/podcast.png"),
        author,
        str(settings().clinic["email"]),
        podcast_rules.guid(site, feed_id),
    )
    items = [_item(each, token) for each in podcast_models.episodes()]
    return _private(podcast_rules.rss(channel, items), "application/rss+xml")


def _item(of: Episode, token: str) -> Item:
    # A minute apart, so that an app that sorts by date has them in order.
    since = datetime.fromisoformat(of.sound["since"]).replace(microsecond=0)
    file = public_url("course.episode_file", token=token, episode=of.episode, end="mp3")
    return Item(
        f"{of.episode}@{settings().public_url.partition('://')[2]}",
        f"{of.position}. {of.audio['title']}",
        " ".join(of.goals),
        public_url("course.lesson", slug=of.slug),
        of.module,
        of.position,
        of.sound["seconds"],
        of.sound["size"],
        since + timedelta(minutes=of.position),
        file.removesuffix(".mp3"),
        bool(of.sound["cues"]),
    )


@blueprint.get("/podcast/<token>/<episode>.<any(mp3,vtt,html,json):end>")
def episode_file(token: str, episode: str, end: str) -> Response:
    """An episode's sound (with ranges), its words, or its chapters; access is asked each time."""
    _subscribed(token)
    found = podcast_models.episode(episode) or abort(404)
    if end == "mp3":
        return _sound(found)
    if end == "json":
        return _private(jsonify(podcast_rules.chapters(found.sound)).get_data(), CHAPTERS)
    spoken = manuscript.spoken(found.manuscript, found.audio["trial"])
    words = [paragraph.words for paragraph in spoken]
    if end == "vtt":
        return _private(podcast_rules.vtt(found.sound, words).encode(), "text/vtt")
    page = show("course/transcript.html", title=found.audio["title"], words=words)
    return _private(page.get_data(), "text/html")


CHAPTERS = "application/json+chapters"


def _sound(of: Episode) -> Response:
    try:
        response = sound.send(settings().media_root / of.audio["file"])
    except FileNotFoundError:
        abort(404)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _private(content: bytes, media_type: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers["X-Robots-Tag"] = "noindex"
    response.add_etag()
    response.make_conditional(request)
    return response
