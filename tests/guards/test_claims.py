"""Claims: no page, mail or lesson promises an effect, and every fact on a page has its source."""

from __future__ import annotations

import re

import frontmatter
import pytest

from shop.settings import ROOT
from tests.guards.test_words import WRITTEN

# Lov om markedsføring af sundhedsydelser § 2: factual, and nobody is promised an effect. "Helbred"
# as one's health is fair; the verb is not.
PROMISE = re.compile(
    r"\b(?:helbred(?:e|er|es|t|te|ende|else\w*)|kurer(?:e|er|et|es)"
    r"|(?:mirakel|vidunder|lyn)?kur(?:en)?|mirak\w+|vidunder\w*"
    r"|smertefri\w*|garanti\w*|garanter\w*|(?:100|hundrede) ?(?:%|procent)"
    r"|(?:bevist|beviselig|dokumenteret|sikker|varig) (?:effekt|virkning|bedring|lindring)"
    r"|(?:videnskabeligt|klinisk) bevist|virker (?:altid|på alle|for alle)"
    r"|(?:af med|farvel til|stop(?:per)?|fjern(?:e|er|et)?) (?:\w+ ){0,2}smerte(?:n|r|rne)?"
    r"|langt de fleste (?:kan|får|bliver|oplever)|(?:én|en) gang for alle)(?!\w)",
    re.IGNORECASE,
)
DENIAL = re.compile(r"\b(?:ikke|ingen|intet|aldrig|hverken|næppe|nej)\b", re.IGNORECASE)
# "Not only painless", "you need no medicine to be painless" deny nothing.
SEEMING = re.compile(r"\b(?:ikke (?:kun|bare|alene)|behøver ikke|hvorfor ikke)\b", re.IGNORECASE)
WITHOUT = re.compile(r"\buden\s+(?:\w+\s+)?$", re.IGNORECASE)
# An answer comes within so many pieces: a quiz lists its options first.
ANSWER = 3
SHOWN = re.compile(r'\b(?:alt|title|content|placeholder|aria-label)="([^"]*)"')
MARK = re.compile(r"\[\^([^\]]+)\]")

READ = [*WRITTEN, *sorted((ROOT / "shop").rglob("*.py"))]
PAGES = sorted((ROOT / "content" / "pages").glob("*.md"))


def named(path):
    return str(path.relative_to(ROOT))


def sentences(text: str) -> list[str]:
    """Pieces that end with a full stop or a question mark, a heading or a form's field."""
    shown = SHOWN.findall(text)
    plain = re.sub(r"<[^>]+>|\{[%#].*?[%#]\}", " ", text, flags=re.DOTALL)
    pieces = re.split(
        r"(?<=[.!?])[\"”«*]*\s+|(?<=\?)\"|\n\s*\n|\n\s*[-*#]|\n\w+:|\", \"",
        "\n\n".join([plain, *shown]),
    )
    return [" ".join(piece.split()) for piece in pieces if piece.strip()]


def denied(sentence: str) -> bool:
    """Whether the sentence itself says no, or "without" stands right before each promise."""
    if DENIAL.search(SEEMING.sub("", sentence)):
        return True
    return all(WITHOUT.search(sentence[: found.start()]) for found in PROMISE.finditer(sentence))


def promises(text: str) -> list[str]:
    """Every sentence that promises and does not deny; a question is judged by its answer."""
    pieces = sentences(text)
    found = []
    for place, sentence in enumerate(pieces):
        if not PROMISE.search(sentence):
            continue
        answer = pieces[place + 1 : place + 1 + ANSWER] if "?" in sentence else []
        if not denied(sentence) and not any(map(DENIAL.search, answer)):
            found.append(sentence)
    return found


@pytest.mark.parametrize("path", READ, ids=named)
def test_nobody_is_promised_a_cure(path):
    assert promises(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Bliv smertefri på seks uger.",
        "Bliv smertefri uden medicin.",
        "Vi lover ikke noget. Men kurset kan helbrede dig.",
        "Vi lover, at du bliver smertefri.",
        "Du bliver helbredt.",
        "<p>Resultat med <strong>garanti</strong></p>",
        '<meta name="description" content="En kur mod smerter">',
        "Slip af med dine smerter nu!",
        "Forløbet fjerner de fleste smerter.",
        "Vil du være smertefri? Så køb kurset her.",
        "Du behøver ikke medicin for at blive smertefri.",
        "Metoden har bevist effekt.",
        "100 % tilfredse patienter.",
        "Det virker på alle.",
        "Langt de fleste får kontrol over smerten.",
        'options: ["Bliver jeg smertefri?", "Ja, altid"]',
    ],
)
def test_a_promise_is_recognised(sentence):
    assert promises(sentence)


@pytest.mark.parametrize(
    "text",
    [
        "Kurset kan ikke helbrede dig.",
        "Det kan hverken kurere eller fjerne smerter.",
        "Ingen kan give garanti.",
        "Vi lover aldrig, at du bliver smertefri.",
        "Kurset sælges uden garanti.",
        "Bliver du smertefri? Nej. Målet er et andet.",
        'question: "Lover kurset, at du bliver smertefri?"\noptions: ["Ja, måske", "Nej, aldrig"]',
        "Skriv ikke om dit helbred. Helbredsoplysninger er følsomme, og helbredet er dit.",
    ],
)
def test_a_denial_is_no_promise(text):
    assert promises(text) == []


def test_the_pages_are_found():
    assert "kroniske-smerter" in {path.stem for path in PAGES}


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_mark_has_its_source_and_every_source_its_mark(path):
    page = frontmatter.loads(path.read_text(encoding="utf-8"))
    keys = [source["key"] for source in page["sources"]]
    assert sorted(keys) == sorted(set(MARK.findall(page.content)))
    for source in page["sources"]:
        assert source["text"].endswith("."), source["key"]
        assert source.get("doi", "").startswith("10.") or source.get("url", "").startswith(
            "https://"
        ), source["key"]


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_description_fits_among_search_results(path):
    page = frontmatter.loads(path.read_text(encoding="utf-8"))
    assert 50 <= len(page["description"]) <= 155
