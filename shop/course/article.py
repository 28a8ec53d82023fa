"""A lesson's article, which changes only when the course is imported, kept as it was rendered."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from flask import get_template_attribute
from markupsafe import Markup

from shop.course.rules import Content

MOST = 100  # articles kept, about 30 kB each


class Article(NamedTuple):
    """The parts of a lesson's page that are the same for everybody who may read it.

    `notes` are goals and sound, beside the words; `tasks` are homework and quiz on paper.
    """

    opening: Markup
    notes: Markup
    body: Markup
    tasks: Markup


@lru_cache(MOST)
def article(lesson: Content, total: int) -> Article:
    """The rendered article of a lesson in a course of `total` lessons.

    Kept by everything it says, so an import in another process shows at once.
    """
    template = "course/article.html"
    opening = get_template_attribute(template, "opening")(lesson, total)
    rest = (get_template_attribute(template, name)(lesson) for name in ("notes", "body", "tasks"))
    return Article(opening, *rest)
