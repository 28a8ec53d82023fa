"""PDF files that everybody can read: tagged, in Danish, with bookmarks (PDF/UA-1, ISO 14289-1).

Words reach the typesetter as data, never as its own markup, so nothing has to be escaped.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import structlog
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from shop.settings import ROOT

log = structlog.get_logger("shop")

LONGEST = 20  # seconds until a document that is not ready is given up
LONGEST_ADDRESS = 36  # characters of a mail address that stay on one line
DEEPEST = 6  # levels of headings a PDF knows

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


class TypesettingFailed(Exception):
    """No file came out; the message is the typesetter's."""


def from_markdown(markdown: str, *, title: str, version: str, author: str, site: str) -> bytes:
    """A PDF of the text, A4, with title and version at the top of each page.

    Headings begin at `##`, below the title. Links to paths lead to `site`, a whole address.
    The same arguments give the same bytes. It takes some 50 ms, so keep what is asked for often.
    Raises TypesettingFailed.
    """
    facts = {"title": title, "version": version, "author": author}
    return typeset("document", {**facts, "body": words(markdown, site)})


def words(markdown: str, site: str, below: int = 0) -> list[Any]:
    """The text as data that house.typ shows; its headings lie `below` one of that level."""
    nodes = SyntaxTreeNode(_markdown.parse(markdown)).children
    return _Words(site, below, below).blocks(nodes)


def typeset(template: str, data: Mapping[str, Any], kind: str = "pdf") -> bytes:
    """A PDF from templates/pdf/`template`.typ, which finds the data as JSON in `sys.inputs.data`.

    PDF/UA-1, unless no font knows one of the characters: then a tagged PDF without that claim.
    With the kind "png" a picture of its one page. Raises TypesettingFailed.
    """
    path = ROOT / "templates" / "pdf" / f"{template}.typ"
    file, complaint = _set_apart(path, kind, dumps(data))
    if complaint:
        log.warning("not PDF/UA", template=template)  # why could quote what somebody wrote
    return file


def _set_apart(template: Path, kind: str, data: str) -> tuple[bytes, str]:
    """What typeset.made gives, from a process of its own."""
    program = [sys.executable, "-I", str(ROOT / "shop" / "typeset.py"), str(template), kind]
    try:
        done = subprocess.run(  # noqa: S603 (our own program)
            program,
            input=data.encode(),
            capture_output=True,
            timeout=LONGEST,
            env={},  # it needs no secret of ours
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TypesettingFailed(f"not ready after {LONGEST} seconds") from error
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode:
        raise TypesettingFailed(said)
    return done.stdout, said


def breakable(email: str) -> str:
    """A long address with a place to break it: the typesetter sees none in it."""
    return email.replace("@", "@\u200b") if len(email) > LONGEST_ADDRESS else email


@dataclass
class _Words:
    """Markdown as the tree that house.typ walks: strings, and objects with their `kind`."""

    site: str
    below: int  # the level that the text's own headings lie under
    level: int  # of the latest heading; the next may lie one deeper, not two

    def blocks(self, nodes: Iterable[SyntaxTreeNode]) -> list[Any]:
        return [part for node in nodes for part in self._parts(node)]

    def _parts(self, node: SyntaxTreeNode) -> Iterator[Any]:
        match node.type:
            case "text" | "image":  # of a picture, what it shows
                yield node.content
            case "softbreak":
                yield " "
            case "hardbreak" | "hr":
                yield {"kind": node.type}
            case "code_inline" | "code_block" | "fence":
                yield {"kind": "code", "text": node.content, "block": node.type != "code_inline"}
            case "heading" if node.children[0].children:
                yield self._heading(node)
            case "link":
                yield from self._link(node)
            case "bullet_list" | "ordered_list":
                items = [self.blocks(item.children) for item in node.children]
                yield {"kind": node.type, "items": items, "start": node.attrs.get("start", 1)}
            case "table":
                yield self._table(node)
            case "paragraph" if not node.hidden:
                yield {"kind": "paragraph", "body": self.blocks(node.children)}
            case "strong" | "em" | "blockquote":
                yield {"kind": node.type, "body": self.blocks(node.children)}
            case _:
                yield from self.blocks(node.children)

    def _heading(self, node: SyntaxTreeNode) -> dict[str, Any]:
        wanted = int(node.tag.removeprefix("h")) - 1 + self.below
        self.level = min(max(wanted, self.below + 1), self.level + 1, DEEPEST)
        return {"kind": "heading", "level": self.level, "body": self.blocks(node.children)}

    def _link(self, node: SyntaxTreeNode) -> list[Any]:
        body = self.blocks(node.children)
        address = urljoin(self.site, str(node.attrs["href"]))
        known = urlsplit(address).scheme in {"https", "http", "mailto", "tel"}
        return [{"kind": "link", "to": address, "body": body}] if known and body else body

    def _table(self, node: SyntaxTreeNode) -> dict[str, Any]:
        rows = [row.children for part in node.children for row in part.children]
        head, *rest = [[self.blocks(cell.children) for cell in row] for row in rows]
        right = ["right" in str(cell.attrs.get("style", "")) for cell in rows[0]]
        return {"kind": "table", "head": head, "rows": rest, "right": right}
