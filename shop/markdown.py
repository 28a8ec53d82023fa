"""Markdown from the content folder to safe HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from mdit_py_plugins.footnote import footnote_plugin

SOURCE_MARK = re.compile(r"\[\^([A-Z]{2,4}[0-9]{0,2})\]")

_ALLOWED = {tag: {"id", "class"} for tag in ("p", "h2", "h3", "li", "section", "a", "sup")}
_ALLOWED["a"] |= {"href", "title", "aria-label"}
_ALLOWED["ol"] = {"class", "start"}
_ALLOWED["td"] = _ALLOWED["th"] = {"class"}


def _number_paragraphs(state: StateCore) -> None:
    """Gives top-level paragraphs and headings ids, so that a reader can come back to one."""
    number = 0
    for token in state.tokens:
        if token.level == 0 and token.type in {"paragraph_open", "heading_open"}:
            number += 1
            token.attrSet("id", f"{state.env['prefix']}-{number}")


def _sources_heading(*_: Any) -> str:
    return '<section class="footnotes"><h2>Kilder</h2>\n<ol class="footnotes-list">\n'


def _back_to_text(_self: Any, tokens: Sequence[Any], index: int, *_: Any) -> str:
    meta = tokens[index].meta
    mark = f"{meta['id'] + 1}" + (f":{meta['subId']}" if meta.get("subId", 0) > 0 else "")
    return (
        f' <a href="#fnref{mark}" class="footnote-backref" aria-label="Tilbage til teksten">↩</a>'
    )


def _mark(_self: Any, tokens: Sequence[Any], index: int, *_: Any) -> str:
    return f"[{tokens[index].meta['id'] + 1}]"  # the same source has the same number each time


_markdown = MarkdownIt("commonmark", {"html": False}).enable("table").use(footnote_plugin)
_markdown.core.ruler.push("number_paragraphs", _number_paragraphs)
_markdown.add_render_rule("footnote_block_open", _sources_heading)
_markdown.add_render_rule("footnote_anchor", _back_to_text)
_markdown.add_render_rule("footnote_caption", _mark)


def render(text: str, sources: Mapping[str, str] | None = None, prefix: str = "afsnit") -> str:
    """Sanitised HTML of the text. `[^KEY]` marks become numbered notes from `sources`.

    Paragraphs and headings have ids that begin with `prefix`: "afsnit-1".
    """
    keys = dict.fromkeys(SOURCE_MARK.findall(text))
    notes = "".join(f"\n\n[^{key}]: {sources[key]}" for key in keys if sources and key in sources)
    html = _markdown.render(text + notes, {"prefix": prefix})
    return nh3.clean(html, attributes=_ALLOWED, link_rel=None, tags=nh3.ALLOWED_TAGS | {"section"})


def headings(html: str) -> list[tuple[str, str]]:
    """Id and words of every second-level heading of rendered Markdown, to list its contents by."""
    return re.findall(r'<h2 id="([^"]+)">(.*?)</h2>', html)
