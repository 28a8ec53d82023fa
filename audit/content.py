"""`python -m audit.content`: is every lesson whole, plain and kind, every claim with its source?

Prints a line for each lesson and exits with 1 on a miss. It reads words, not sense: that is the
clinician's to approve.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from shop.course import files
from shop.markdown import SOURCE_MARK
from shop.settings import ROOT
from tests.guards.test_claims import promises

COURSE, SOUND = ROOT / "content" / "course", ROOT / "content" / "audio"
WORDS = range(500, 901)  # of a lesson, headings and manuscript left out
LIX = 38  # at most; the same for what is read and what is heard
PACE = 120  # words a minute, read aloud to somebody who is tired
SPOKEN = (5, 9)  # minutes of a podcast
SLACK = 1.0  # minutes between what the manuscript takes and what the lesson says

MANUSCRIPT = "## Lyden som tekst"
IN_FULL = "### Podcasten i fuld længde"  # follows the words of a trial sound
STOP = "Stop gerne her"
MARK = re.compile(r"\[\^([^\]]*)\]")
WORD = re.compile(r"\w+(?:[-,.]\w+)*")
SHARE = re.compile(r"\d+(?:,\d+)? (?:procent|point)")
PAUSE = re.compile(r"\*Pause\. (?:(\d+|\w+) )?(halvt )?(sekund|minut)\w*\.\*")
NUMERALS = {"et": 1, "to": 2, "tre": 3, "fire": 4, "fem": 5, "ti": 10, "femten": 15}
NUMERALS |= {"tyve": 20, "tredive": 30, "fyrre": 40}
# What nobody in pain should read here, in the words that it usually comes in.
UNKIND = re.compile(
    r"\b(?:(?:sidder|er) i hovedet|(?:kronisk )?ødelagt\w*|slidt op|pas på ryggen"
    r"|kommer til at gøre ondt|bare|tilbagefald\w*|bagud|hvorfor gjorde du (?:det )?ikke"
    r"|fjerner (?:\w+ )?smerter\w*|katastrofetank\w+|degenerat?i\w+|tag dig sammen)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Text:
    """Words that are read or heard, headings left out; a list's item is a sentence."""

    words: int
    sentences: int
    long: int  # words of more than six letters

    @property
    def lix(self) -> float:
        """Björnsson's readability index (1968): words a sentence and long words in a hundred."""
        return self.words / max(self.sentences, 1) + 100 * self.long / max(self.words, 1)


def measured(markdown: str) -> Text:
    """Counts a text. A colon ends no sentence, so the index is rather too high than too low."""
    plain = MARK.sub("", re.sub(r"\]\([^)]*\)", "]", PAUSE.sub("", markdown)))
    blocks = re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", plain)
    kept = [re.sub(r"^\s*(?:[-*]|\d+\.) ", "", block) for block in blocks]
    kept = [block for block in kept if not block.lstrip().startswith("#")]
    sentences = [part for block in kept for part in re.split(r"[.!?…](?=\W|$)", block)]
    sentences = [part for part in sentences if WORD.search(part)]
    words = [word for block in kept for word in WORD.findall(block)]
    return Text(len(words), len(sentences), sum(len(word) > 6 for word in words))


def halves(body: str) -> tuple[str, str]:
    """What is read, and the podcast's manuscript after it."""
    read, _, heard = body.partition(f"{MANUSCRIPT}\n")
    return read, heard


def minutes(heard: str) -> float:
    """How long a manuscript takes to say, with its pauses."""
    paused = 0.0
    for number, half, unit in PAUSE.findall(heard):
        much = int(number) if number.isdigit() else NUMERALS.get(number.lower(), 1)
        paused += much * (0.5 if half else 1) / (60 if unit == "sekund" else 1)
    return measured(heard).words / PACE + paused


def missing(lesson: files.Page[files.LessonMeta], sources: dict[str, str]) -> list[str]:
    """What the lesson lacks or says wrongly, a few words each."""
    read, heard = halves(lesson.body)
    unknown = [key for key in MARK.findall(lesson.body) if not _known(key, sources)]
    return [
        *_of_text(read),
        *_of_meta(lesson.meta),
        *_of_sound(lesson, read, heard),
        *(f"no such source: {key}" for key in unknown),
        *(f"tone: “{found[0]}”" for found in UNKIND.finditer(lesson.text)),
        *(f"promise: “{sentence}”" for sentence in promises(lesson.text)),
    ]


def _known(key: str, sources: dict[str, str]) -> bool:
    return key in sources and SOURCE_MARK.fullmatch(f"[^{key}]") is not None


def _of_text(read: str) -> list[str]:
    text = measured(read)
    first = read.strip().split("\n\n")[0]
    holds = {
        f"{text.words} words": text.words in WORDS,
        f"LIX {text.lix:.1f}": text.lix <= LIX,
        "no opening question": "?" in first,
        "no exercise": "\n## Prøv det" in read,
        "no place to stop": f"*{STOP}." in read,
        "no source": bool(MARK.search(read)),
    }
    return [what for what, fine in holds.items() if not fine]


def _of_meta(meta: files.LessonMeta) -> list[str]:
    holds = {
        "fewer than two questions": len(meta.quiz) >= 2,
        "no homework": bool(meta.homework),
        "no step of today": bool(meta.step),
        "not three short lines": len(meta.short) == 3,
        "no podcast": meta.audio is not None,
    }
    return [what for what, fine in holds.items() if not fine]


def _of_sound(lesson: files.Page[files.LessonMeta], read: str, heard: str) -> list[str]:
    sound = lesson.meta.audio
    whole = heard.partition(f"{IN_FULL}\n")[2] if sound and sound.trial else heard
    text, takes = measured(whole), minutes(whole)
    said = [share for share in SHARE.findall(whole) if share not in read]
    holds = {
        f"manuscript of {takes:.1f} min.": SPOKEN[0] - SLACK <= takes <= SPOKEN[1] + SLACK,
        f"manuscript LIX {text.lix:.1f}": text.lix <= LIX,
        "manuscript without a place to stop": STOP in whole,
        "manuscript without a word of driving": "kører" in whole.lower(),
        "manuscript with source marks": not MARK.search(whole),
        "manuscript with lists or parentheses": not re.search(
            r"^\s*(?:[-*]|\d+\.) |\(", whole, re.M
        ),
        f"said, not written: {', '.join(said)}": not said,
    }
    if sound and sound.trial:
        spoken = (SOUND / f"{sound.episode}.txt").read_text(encoding="utf-8")
        holds["another text than its sound"] = spoken.strip() in heard
    elif sound:
        fits = abs(takes - sound.minutes) <= SLACK
        holds[f"{takes:.1f} min. of manuscript for {sound.minutes}"] = fits
    return [what for what, fine in holds.items() if not fine]


def unused(course: files.CourseFiles) -> list[str]:
    """Sources that no lesson points to."""
    used = {key for lesson in course.lessons for key in MARK.findall(lesson.body)}
    return [key for key in course.course.meta.sources if key not in used]


def main() -> int:
    """The table; 1 when a lesson or the list of sources misses something."""
    parser = argparse.ArgumentParser(prog="python -m audit.content", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=COURSE)
    try:
        course = files.read(parser.parse_args().folder, SOUND)
    except files.BrokenCourse as broken:
        print(broken)
        return 1
    sources = dict(course.course.meta.sources)
    print(f"{'':32}  words  LIX | spoken min  LIX | sources quiz stops")
    print(f"{'limit':32}500-900   38 |  {SPOKEN[0]}-{SPOKEN[1]}        38 |       1    2     1")
    faults = {lesson.path: missing(lesson, sources) for lesson in course.lessons}
    for lesson in course.lessons:
        print(line(lesson))
    faults[files.COURSE_FILE] = [f"no lesson points to {key}" for key in unused(course)]
    for path, found in faults.items():
        for what in found:
            print(f"{path}: {what}")
    count = sum(map(len, faults.values()))
    print(
        f"{len(course.lessons)} lessons, {len(sources)} sources, {count} faults of content or tone"
    )
    return 1 if count else 0


def line(lesson: files.Page[files.LessonMeta]) -> str:
    """One lesson in the table."""
    read, heard = halves(lesson.body)
    text, sound = measured(read), measured(heard)
    keys, stops = len(set(MARK.findall(read))), read.count(f"*{STOP}")
    return (
        f"{lesson.path.removesuffix('.md')[:31]:32}{text.words:7} {text.lix:4.0f} |"
        f" {sound.words:6} {minutes(heard):3.0f} {sound.lix:4.0f} |"
        f" {keys:7} {len(lesson.meta.quiz):4} {stops:5}"
    )


if __name__ == "__main__":
    sys.exit(main())
