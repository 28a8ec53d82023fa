"""The seven tools and the Kørelogbog, as pages to come back to."""

from __future__ import annotations

import json
import secrets
from typing import Any

from flask import Response, abort, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.coursework import actions, answers, derived, lessons, models, rules, sheet
from shop.coursework.door import blueprint, given_for, me, owners
from shop.coursework.lessons import Fields, Place
from shop.coursework.models import Stored
from shop.coursework.rules import FLARE_UP, LATER_SHEET, TOOLS, Tool
from shop.db import transaction
from shop.web import now, show


@blueprint.get("/kursus/redskaber")
@owners
def tools() -> Response:
    return show("coursework/tools.html", tools=TOOLS)


def _found(slug: str) -> tuple[Tool, Place, Fields]:
    """The tool at this address and the lesson it belongs to."""
    tool = next((tool for tool in TOOLS if tool.slug == slug), None) or abort(404)
    place, fields = lessons.find(lessons.places(), tool.fields) or abort(404)
    order = {name: at for at, name in enumerate(tool.fields)}
    return tool, place, sorted(fields, key=lambda field: order[field["name"]])


@blueprint.get("/kursus/redskaber/<slug>")
@owners
def tool(slug: str) -> Response:
    """One tool: what it adds up to, and the lesson's own fields to write in."""
    found, place, fields = _found(slug)
    stored = models.answers(me(), place.slug)
    standing = (stored or {}).get(place.slug, {})
    back = url_for("coursework.tool", slug=slug)
    form = sheet.form(place.slug, json.dumps(fields)).html(given_for(standing, back))
    return show(
        "coursework/tool.html",
        tool=found,
        place=place,
        form=form if stored is not None else None,
        shown=_shown(fields, standing),
        sums=sums(slug, standing),
        is_flare_up=slug == FLARE_UP,
        number=derived.number,
    )


def _shown(fields: Fields, standing: dict[str, Stored]) -> list[dict[str, Any]]:
    """What was answered, to be read; blank answers left out."""
    shown = [
        {"label": field["label"], "lines": answers.shown(field, standing[field["name"]].shown)}
        for field in fields
        if field["name"] in standing
    ]
    return [each for each in shown if each["lines"]]


def sums(slug: str, standing: dict[str, Stored]) -> dict[str, Any]:
    """What a tool adds up to: minutes of activity, or means of nights; nothing for the others."""

    def value(name: str) -> Any:
        return standing[name].value if name in standing else None

    return {
        "baseline": derived.baseline(value("tredageslog")) if slug == "regnskab" else None,
        "next_week": derived.next_week(value("basislinje"), value("naeste_uge")),
        "nights": derived.nights(value("naetter")) if slug == "soevn" else None,
    }


@blueprint.post("/kursus/redskaber/<slug>/ny")
@owners
def anew(slug: str) -> AnyResponse:
    """Empties the tool for another time; what stood in it keeps its date."""
    _, place, fields = _found(slug)
    names = tuple(field["name"] for field in fields)
    with transaction():
        actions.begin_anew(me(), place.slug, names, secrets.token_hex(6), now())
    return redirect(url_for("coursework.tool", slug=slug, _anchor="hjemme"), 303)


@blueprint.get("/kursus/koerelogbog")
@owners
def logbook() -> Response:
    """Start and now for each line, and the measure three months later when its time has come."""
    every = lessons.places()
    stations = lessons.measuring(every)
    stored = models.everything(me())
    last = stored.get(stations[-1].slug, {}) if stations else {}
    ends = [a.changed_at for m in rules.MEASURES if (a := last.get(m.name)) and a.changed_at]
    open_from = max(ends) + rules.LATER if ends else None
    form = None
    if open_from and open_from <= now() and models.consent(me()):
        fields = json.dumps(lessons.later_measures(every))
        given = given_for(stored.get(LATER_SHEET, {}), url_for("coursework.logbook"))
        form = sheet.form(LATER_SHEET, fields).html(given)
    return show(
        "coursework/logbook.html",
        book=derived.logbook(stations, stored),
        stations=stations,
        open_from=open_from,
        form=form,
    )
