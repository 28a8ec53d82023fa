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
FIRST_UNUSUAL = "\u0370"  # before it there is only Latin, without marks or pictures
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
    prose, links = _LINK.subn(" ", post.message)
    plain = max(text) < FIRST_UNUSUAL  # nearly every text, which is quickly seen
    found = {
        "trap": bool(post.trap),
        "too_fast": not post.seconds >= FASTEST_SECONDS,  # a number that is none is too fast, too
        "line_breaks": any(_BREAK.search(s) for s in (post.name, post.email, post.phone)),
        "links": links > MOST_LINKS or bool(_LINK.search(post.name)) or bool(_MARKUP.search(text)),
        "foreign_links": links > 0 and _hardly_danish(prose),
        "sales_pitch": _sells(f"{post.name}\n{prose}", links),
        "foreign_script": not plain and _foreign_script(text),
        "hidden_marks": not plain and _hidden_marks(text),
        "emoji": not plain and _floods_emoji(text),
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
    rf"|(?<![\w-])[\w-]{{1,63}} ?[\[(](?:dot|\.)[\])] ?(?:{_TLD})\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"</?a[\s>]|\[/?(?:url|link|img)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")

# Common in Danish and not words of English, German or Dutch; also as written without æ, ø and å.
_DANISH_LIST = """
    af aldrig blev bliver dage deres dig dine dit efter eller få får fra gerne gør gøre gået går
    hej hele hende hjælp hun hvad hvem hver hvis hvor hvordan hvornår håber igen ikke ind ingen
    jeg jeres kommer kunne lidt lige læge lægen læst mange meget mere mig mine mit mvh måneder måske
    nej noget nogle nok når og også om ondt på ryggen siden sidste sig skal skrive skriver skulle
    smerte smerter smerterne som stadig sådan så tak til tid ud uden uger venlig vil ville vores
    være været år
    faar goere gaar haaber hjaelp hvornaar laege laegen laest maaneder maaske naar ogsaa paa saa
    saadan vaere vaeret aar
"""
_DANISH = frozenset(_DANISH_LIST.split())

_PITCH = re.compile(
    r"\b(?=\w\w)(?:bitcoins?|[ck]rypto\w*|forex|casino|betting|jackpot|backlinks?|domain authority"
    r"|guest posts?|seo|search engine\w*|søgemaskineoptimering|first page of google|page one"
    r"|side (?:1|et) på google|(?:web(?:site|side)?|organic) traffic|rank(?:ing|ings)?|viagra"
    r"|cialis|kviklån|quick loans?|passive income|passiv indkomst|investment opportunit\w+"
    r"|leads|escorts?|porno?|replica|explainer videos?|web ?design|app development|mobile apps?"
    r"|e?mail lists?|followers)\b",
    re.IGNORECASE,
)

_LETTER = re.compile(r"[^\W\d_]")
# Latin in Unicode's blocks: to Extended-B, Additional, ligatures, full width.
_LATIN = re.compile(
    r"[A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
    r"\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a]"
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


def _hardly_danish(prose: str) -> bool:
    words = _WORD.findall(prose.lower())
    return sum(word in _DANISH for word in words) < max(1, DANISH_WORDS * len(words))


def _sells(prose: str, links: int) -> bool:
    pitches = {found.lower() for found in _PITCH.findall(prose)}
    return len(pitches) >= (PITCHES_WITH_LINK if links else PITCHES)


def _foreign_script(text: str) -> bool:
    letters = len(_LETTER.findall(text))
    foreign = letters - len(_LATIN.findall(text))
    return foreign > 0 and (
        foreign >= FOREIGN_LETTERS * letters or len(_LOOKALIKES.findall(text)) >= MIXED_WORDS
    )


def _hidden_marks(text: str) -> bool:
    return bool(_HIDDEN.search(text) or _TAGS.search(text)) or (
        len(_STRAY.findall(text)) > STRAY_MARKS
    )


def _floods_emoji(text: str) -> bool:
    emoji = len(_EMOJI.findall(text))
    visible = len("".join(text.split()))
    return emoji > MOST_EMOJI or (emoji >= FEW_EMOJI and emoji >= EMOJI_SHARE * visible)


def _repeats(message: str) -> bool:
    words = _WORD.findall(message.lower())
    counts = Counter(words)
    return (
        _RUN.search(message) is not None
        or (len(words) >= FEWEST_WORDS and max(counts.values()) >= ONE_WORD * len(words))
        or (len(words) >= FEWEST_WORDS_OF_TEXT and len(counts) <= VOCABULARY * len(words))
    )
