"""A lesson's file holds its text, and after it the words of its sound; and when each is heard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from mutagen import MutagenError
from mutagen.mp3 import MP3

HEADING = re.compile(r"^## Lyden som tekst[ \t]*$", re.MULTILINE)
TRIAL = "Prøvelyden"  # the part of a manuscript that a trial sound says
BLOCK = re.compile(r'<(p|h3) id="lyd-(\d+)">(.*?)</\1>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")
CUE = re.compile(r"^(?:(\d+):)?(\d\d):(\d\d)\.(\d{3}) --> ", re.MULTILINE)
BREATH = 20  # letters that could be said in the pause after a paragraph
REST = "Stop gerne her"  # where a paragraph begins so, the next one begins a chapter
LONGEST_TITLE = 60


class BadSound(Exception):
    """What is wrong with a sound file or the cue file beside it."""


@dataclass(frozen=True)
class Sound:
    """A sound file: its length in seconds and in bytes, and where its paragraphs begin.

    `starts` are seconds from a cue file; None where nobody has measured them.
    """

    seconds: float
    size: int
    starts: tuple[float, ...] | None = None


def split(body: str) -> tuple[str, str]:
    """The lesson's own text, and the manuscript of its sound ("" when it has none)."""
    found = HEADING.search(body)
    if found is None:
        return body, ""
    return body[: found.start()].rstrip() + "\n", body[found.end() :].strip() + "\n"


def listen(path: Path) -> Sound:
    """What a player must know of a sound file. Raises BadSound.

    A file of the same name with .vtt beside it (WebVTT) says when each paragraph begins.
    """
    try:
        seconds: float = MP3(path).info.length  # type: ignore[no-untyped-call, attr-defined]
    except MutagenError as error:
        raise BadSound(f"{path.name} is no MP3") from error
    cues = path.with_suffix(".vtt")
    starts = _starts(cues.read_text(encoding="utf-8")) if cues.is_file() else None
    return Sound(round(seconds, 2), path.stat().st_size, starts)


def _starts(vtt: str) -> tuple[float, ...]:
    return tuple(
        int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int(milli) / 1000
        for hours, minutes, seconds, milli in CUE.findall(vtt)
    )


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a manuscript; `number` is that of its id, as in "lyd-7"."""

    number: int
    words: str


def spoken(html: str, trial: bool) -> list[Paragraph]:
    """The paragraphs that the sound says, of a rendered manuscript."""
    blocks = [
        (tag, Paragraph(int(number), unescape(TAG.sub("", words)).strip()))
        for tag, number, words in BLOCK.findall(html)
    ]
    if trial:
        heads = [at for at, (tag, _) in enumerate(blocks) if tag == "h3"]
        start = next((at for at in heads if blocks[at][1].words == TRIAL), None)
        if start is not None:
            blocks = blocks[start : next((at for at in heads if at > start), None)]
    return [paragraph for tag, paragraph in blocks if tag == "p"]


def timed(sound: Sound, paragraphs: Sequence[Paragraph]) -> list[float]:
    """When each paragraph begins, in seconds.

    Taken from the cue file when there is one. Otherwise estimated from how long the paragraphs
    are, as if every letter took the same time: right to a few seconds, and never out of order.
    Raises BadSound when the cue file is of another manuscript.
    """
    if sound.starts is not None:
        if len(sound.starts) != len(paragraphs) or list(sound.starts) != sorted(sound.starts):
            raise BadSound(f"the cue file has {len(sound.starts)} cues for {len(paragraphs)}")
        return list(sound.starts)
    weights = [len(paragraph.words) + BREATH for paragraph in paragraphs]
    whole = sum(weights)
    return [round(sound.seconds * sum(weights[:at]) / whole, 1) for at in range(len(weights))]


def facts(sound: Sound, html: str, trial: bool) -> dict[str, Any]:
    """All that is stored of a sound: `cues` as pairs of a paragraph's number and a second, and
    `chapters` as pairs of a second and a title. Raises BadSound."""
    paragraphs = spoken(html, trial)
    starts = timed(sound, paragraphs)
    pairs = list(zip(paragraphs, starts, strict=True))
    return {
        "seconds": sound.seconds,
        "size": sound.size,
        "cues": [[paragraph.number, start] for paragraph, start in pairs],
        "chapters": _chapters(pairs),
    }


def _chapters(pairs: Sequence[tuple[Paragraph, float]]) -> list[list[Any]]:
    found: list[list[Any]] = []
    begins = True
    for paragraph, start in pairs:
        if begins:
            found.append([start if found else 0.0, _title(paragraph.words)])
        begins = paragraph.words.startswith(REST)
    return found


def _title(words: str) -> str:
    first = re.split(r"(?<=[.?!:]) ", words)[0].rstrip(".:")
    if len(first) <= LONGEST_TITLE:
        return first
    return first[:LONGEST_TITLE].rsplit(" ", 1)[0] + " …"
