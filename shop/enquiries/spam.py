"""What makes a post look like spam. A suspect is set aside for the clinician, never dropped."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

FASTEST_SECONDS = 3
MOST_LINKS = 3
LONGEST_MESSAGE = 8_000  # characters, a line break counted as one as browsers do
FOREIGN_LETTERS = 1 / 3  # share of the letters in name and message
MIXED_WORDS = 2  # words of Latin and Cyrillic letters: look-alikes
DANISH_WORDS = 1 / 12  # smallest share of common Danish words in a message with a link
STRAY_MARKS = 2  # a phone number copied from a contact brings a pair
MOST_EMOJI = 15
EMOJI_SHARE = 1 / 5  # of what is visible, from FEW_EMOJI on
FEW_EMOJI = 8
LONGEST_RUN = 30  # of one letter or digit
LONGEST_RULE = 200  # of one other character; forwarded mails are full of dashes
FEWEST_WORDS = 25  # below it nothing counts as repeated
ONE_WORD = 1 / 3  # one word's share
FEWEST_WORDS_OF_TEXT = 60
VOCABULARY = 1 / 5  # different words' share; honest Danish of 1,500 words has a third
PITCHES_WITH_LINK = 2
PITCHES = 3

REASONS = (
    "trap",
    "too_fast",
    "line_breaks",
    "links",
    "foreign_links",
    "sales_pitch",
    "foreign_script",
    "hidden_marks",
    "emoji",
    "very_long",
    "repeated",
    "same_client",
    "same_address",
)


@dataclass(frozen=True)
class Post:
    """What was posted, raw; `trap` is the honeypot's value."""

    name: str
    email: str
    phone: str
    message: str
    trap: str
    seconds: float  # from the form being shown to being sent
    from_same_client: bool = False  # more than the limit this hour
    from_same_address: bool = False


def suspicions(post: Post) -> tuple[str, ...]:
    """Why a post looks like spam, as keys out of REASONS and in their order; empty: deliver it."""
    text = f"{post.name}\n{post.message}"
    found = {
        "trap": bool(post.trap),
        "too_fast": not post.seconds >= FASTEST_SECONDS,  # a number that is none is too fast, too
        "line_breaks": any(_BREAK.search(s) for s in (post.name, post.email, post.phone)),
        "links": _too_many_links(post),
        "foreign_links": _links_in_foreign(post.message),
        "sales_pitch": _sells(text),
        "foreign_script": _foreign_script(text),
        "hidden_marks": _hidden_marks(text),
        "emoji": _floods_emoji(text),
        "very_long": len(post.message.replace("\r\n", "\n")) > LONGEST_MESSAGE,
        "repeated": _repeats(post.message),
        "same_client": post.from_same_client,
        "same_address": post.from_same_address,
    }
    return tuple(reason for reason in REASONS if found[reason])


_BREAK = re.compile(r"[\r\n\v\f\x00\x85\u2028\u2029]|%0[ad]", re.IGNORECASE)

_TLD = r"com|net|org|info|biz|ru|cn|xyz|top|online|site|shop|store|club|click|link|pro|live|io|dk"
_LINK = re.compile(
    r"(?:\bh(?:tt|xx)ps?://|\bwww\.)(?:(?!https?://)[^\s,;<>\"'\[\]])*"
    # Without http: not in a mail address, and not where a blank is missing ("ryggen.Den").
    rf"|(?<![\w@.-])(?:[\w-]+\.)+(?:(?:{_TLD})(?![\w@-])|[a-z]{{2,6}}/\w)"
    rf"|\b[\w-]+ ?[\[(](?:dot|\.)[\])] ?(?:{_TLD})\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"</?a[\s>]|\[/?(?:url|link|img)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")

# Common in Danish and not words of English, German or Dutch; also as written without æ, ø and å.
_DANISH = frozenset(
    """
    af aldrig blev bliver dage deres dig dine dit efter eller få får fra gerne gør gøre gået går
    hej hele hende hjælp hun hvad hvem hver hvis hvor hvordan hvornår håber igen ikke ind ingen
    jeg jeres kommer kunne lidt lige læge lægen læst mange meget mere mig mine mit mvh måneder måske
    nej noget nogle nok når og også om ondt på ryggen siden sidste sig skal skrive skriver skulle
    smerte smerter smerterne som stadig sådan så tak til tid ud uden uger venlig vil ville vores
    være været år
    faar goere gaar haaber hjaelp hvornaar laege laegen laest maaneder maaske naar ogsaa paa saa
    saadan vaere vaeret aar
    """.split()
)

_PITCH = re.compile(
    r"\b(?:bitcoins?|[ck]ryptov?\w*|forex|casino|betting|jackpot|backlinks?|domain authority|guest posts?"
    r"|seo|search engine\w*|søgemaskineoptimering|first page of google|page one|side (?:1|et) på"
    r" google|(?:web(?:site|side)?|organic) traffic|rank(?:ing|ings)?|viagra|cialis|kviklån|"
    r"quick loans?|passive income|passiv indkomst|investment opportunit\w+|leads|escorts?|porno?"
    r"|replica|explainer videos?|web ?design|app development|mobile apps?|e-?mail lists?|followers)\b",
    re.IGNORECASE,
)

_CYRILLIC = r"[\u0400-\u052f]"
_LOOKALIKES = re.compile(f"[A-Za-z]{_CYRILLIC}|{_CYRILLIC}[A-Za-z]")

_RIGHT_TO_LEFT = r"\u061c\u200f\u202b\u202d\u202e\u2067"
_ZERO_WIDTH = r"\u180e\u200b-\u200d\u2060-\u2064\ufeff"
_HIDDEN = re.compile(rf"[{_RIGHT_TO_LEFT}]|(?<=\w)[{_ZERO_WIDTH}]+(?=\w)")
_STRAY = re.compile(r"[\u180e\u200b\u200c\u200e\u202a\u202c\u2060-\u2064\u2066\u2068\u2069\ufeff]")
_TAGS = re.compile(r"(?<!\U0001f3f4)(?<![\U000e0020-\U000e007f])[\U000e0000-\U000e007f]")

# Not the ticks and arrows that lists begin with, nor the modifiers that colour a hand.
_EMOJI = re.compile(
    r"[\u2600-\u26ff\u2705\u2728\u274c\u2757\u2763\u2764\u2b50\u2b55"
    r"\U0001f000-\U0001f3fa\U0001f400-\U0001faff]"
)
_RUN = re.compile(rf"([^\W_])\1{{{LONGEST_RUN - 1}}}|([^\w\s]|_)\2{{{LONGEST_RULE - 1}}}")


def _too_many_links(post: Post) -> bool:
    return (
        sum(1 for _ in _LINK.finditer(post.message)) > MOST_LINKS
        or _LINK.search(post.name) is not None
        or any(_MARKUP.search(s) for s in (post.name, post.message))
    )


def _links_in_foreign(message: str) -> bool:
    prose, links = _LINK.subn(" ", message)
    words = _WORD.findall(prose.lower())
    return links > 0 and sum(word in _DANISH for word in words) < max(1, DANISH_WORDS * len(words))


def _sells(text: str) -> bool:
    prose, links = _LINK.subn(" ", text)
    pitches = {found.lower() for found in _PITCH.findall(prose)}
    return len(pitches) >= (PITCHES_WITH_LINK if links else PITCHES)


def _foreign_script(text: str) -> bool:
    letters = [ord(character) for character in text if character.isalpha()]
    foreign = sum(not _is_latin(letter) for letter in letters)
    return (bool(letters) and foreign >= FOREIGN_LETTERS * len(letters)) or len(
        _LOOKALIKES.findall(text)
    ) >= MIXED_WORDS


def _is_latin(letter: int) -> bool:
    """By Unicode's blocks: Latin to Extended-B, Additional, ligatures, full width."""
    return (
        letter < 0x250
        or 0x1E00 <= letter < 0x1F00
        or 0xFB00 <= letter < 0xFB07
        or 0xFF21 <= letter < 0xFF5B
    )


def _hidden_marks(text: str) -> bool:
    return bool(_HIDDEN.search(text) or _TAGS.search(text)) or (
        len(_STRAY.findall(text)) > STRAY_MARKS
    )


def _floods_emoji(text: str) -> bool:
    emoji = len(_EMOJI.findall(text))
    visible = sum(not character.isspace() for character in text)
    return emoji > MOST_EMOJI or (emoji >= FEW_EMOJI and emoji >= EMOJI_SHARE * visible)


def _repeats(message: str) -> bool:
    words = _WORD.findall(message.lower())
    counts = Counter(words)
    return (
        _RUN.search(message) is not None
        or (len(words) >= FEWEST_WORDS and max(counts.values()) >= ONE_WORD * len(words))
        or (len(words) >= FEWEST_WORDS_OF_TEXT and len(counts) <= VOCABULARY * len(words))
    )
