"""Words: where a page may not send anybody, and what a tracked file may not tell."""

from __future__ import annotations

import re
import subprocess
from functools import cache

import pytest

from shop.settings import ROOT

# Closed on 20 July 2025 (regulation (EU) 2024/3228): a link to it misleads.
CLOSED_PLATFORM = re.compile(r"ec\.europa\.eu/(?:consumers/)?odr|OR-platform", re.IGNORECASE)

WRITTEN = sorted(
    path
    for folder in ("templates", "content")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".html", ".md", ".txt", ".toml"}
)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_is_sent_to_the_closed_complaints_platform(path):
    assert not CLOSED_PLATFORM.search(path.read_text(encoding="utf-8"))


@cache
def tracked() -> dict[str, str]:
    """Every tracked text file that we wrote, by its path."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    found = {}
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if not name or not path.is_file() or name.startswith(("static/htmx/", "static/fonts/")):
            continue
        content = path.read_bytes()
        if b"\0" not in content:
            found[name] = content.decode("utf-8")
    return found


# A class of one letter keeps each pattern from finding itself.
LEAKS = {
    "a place on somebody's own machine": r"/(?:hom[e]|roo[t]|User[s]|wor[k])/\w",
    "where packages come from": r"pypi[.]org|pythonhoste[d]|npmjs[.]|-index-ur[l]",
    "a number of an issue": r"\b[iI]ssue #?\d",
    "something left for later": r"\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b",
    "a key that opens something": (
        r"[sr]k_live_[0-9A-Za-z]{12}|whse[c]_[0-9A-Za-z+/]{24}|BEGI[N] [A-Z ]*PRIVATE KEY"
    ),
}


@pytest.mark.parametrize("what", LEAKS)
def test_no_tracked_file_tells(what):
    pattern = re.compile(LEAKS[what], re.MULTILINE)
    found = [
        f"{name}:{text[: match.start()].count(chr(10)) + 1}: {match[0]}"
        for name, text in tracked().items()
        for match in pattern.finditer(text)
    ]
    assert not found, "\n".join(found)


def test_tracked_files_are_found():
    assert "shop/__init__.py" in tracked()


def test_nothing_that_belongs_to_one_machine_is_tracked():
    private = [
        name
        for name in tracked()
        if name.startswith(("instance/", ".venv/", ".env"))
        or name.endswith((".db", ".pem", ".key"))
    ]
    assert not private
