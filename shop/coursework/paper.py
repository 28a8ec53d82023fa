"""Homework on paper: a sheet per lesson, and all of them in one pack."""

from __future__ import annotations

from typing import Any

from flask import Response, abort

from shop import pdf
from shop.coursework import answers, lessons, models
from shop.coursework.door import blueprint, me, owners
from shop.coursework.lessons import Place
from shop.web import limiter, public_url, settings

LINES = {"text": 1, "long_text": 4, "date": 1, "time": 1}
EMPTY_ROWS = 5


@blueprint.get("/kursus/<slug>/ark.pdf")
@limiter.limit("30 per minute")
@owners
def paper(slug: str) -> Response:
    """One lesson's homework with room to write, and what stands there already."""
    found = [place for place in lessons.places() if place.slug == slug] or abort(404)
    return _file(found, f"{slug}.pdf")


@blueprint.get("/kursus/ark.pdf")
@limiter.limit("10 per minute")
@owners
def pack() -> Response:
    return _file(lessons.places(), "alle-opgaver.pdf")


def _file(places: list[Place], file_name: str) -> Response:
    stored = models.everything(me())
    data = {
        "title": "Hjemmeopgaver" if len(places) > 1 else places[0].title,
        "author": settings().clinic["trade_name"],
        "help": public_url("pages.text", slug="akut-hjaelp").partition("://")[2],
        "lessons": [
            {
                "title": place.title,
                "position": place.position,
                "step": place.step,
                "short": place.short,
                "fields": [_asked(field, stored.get(place.slug, {})) for field in place.fields],
            }
            for place in places
        ],
    }
    response = Response(pdf.typeset("paper", data), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f"inline; filename={file_name}"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _asked(field: dict[str, Any], standing: dict[str, Any]) -> dict[str, Any]:
    answer = standing.get(field["name"])
    return {
        "type": field["type"],
        "label": field["label"],
        "hint": field.get("hint", ""),
        "options": field.get("options") or [],
        "lines": LINES.get(field["type"], 0),
        "columns": [part["label"] for part in field.get("fields") or []],
        "rows": EMPTY_ROWS,
        "said": answers.shown(field, answer.shown) if answer else [],
    }
