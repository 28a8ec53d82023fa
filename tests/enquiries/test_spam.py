"""What is set aside and what arrives: the corpora, each rule at its edge, and any text at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.cpr import holds_cpr
from shop.enquiries.spam import REASONS, Post, suspicions
from tests.enquiries import corpus

HONEST = Post(
    name="Kirsten Prøve",
    email="kirsten@example.dk",
    phone="20 12 34 56",
    message="Hej. Jeg har ondt i ryggen. Hvornår har du en tid?",
    trap="",
    seconds=60.0,
)


def reasons(message: str, **others) -> tuple[str, ...]:
    return suspicions(replace(HONEST, message=message, **others))


@pytest.mark.parametrize("entry", list(corpus.spam()), ids=str)
def test_spam_is_set_aside_for_the_stated_reasons(entry):
    assert entry.expect
    assert suspicions(entry.post) == entry.expect


@pytest.mark.parametrize("entry", list(corpus.ham()), ids=str)
def test_an_honest_post_arrives(entry):
    assert suspicions(entry.post) == ()
    assert not holds_cpr(entry.message)


def test_the_corpora_are_whole():
    spam, ham = list(corpus.spam()), list(corpus.ham())
    assert (len(spam), len(ham)) == (100, 50)
    assert len({entry.post for entry in spam + ham}) == 150
    counted = Counter(reason for entry in spam for reason in entry.expect)
    assert set(counted) == set(REASONS) - {"same_client", "same_address"}
    alone = {entry.expect[0] for entry in spam if len(entry.expect) == 1}
    assert alone == set(counted) - {"very_long"}
    assert max(len(entry.message) for entry in ham) > 7_500


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"trap": " "}, "trap"),
        ({"seconds": 2.999}, "too_fast"),
        ({"seconds": -5.0}, "too_fast"),
        ({"seconds": float("nan")}, "too_fast"),
        ({"name": "Kirsten\nBcc: a@example.com"}, "line_breaks"),
        ({"email": "a@example.com%0ABcc:b"}, "line_breaks"),
        ({"phone": "20123456\r"}, "line_breaks"),
        ({"from_same_client": True}, "same_client"),
        ({"from_same_address": True}, "same_address"),
    ],
)
def test_one_sign_is_enough(changed, reason):
    assert suspicions(replace(HONEST, **changed)) == (reason,)


def test_several_reasons_come_in_their_order():
    every = replace(HONEST, trap="x", seconds=1, from_same_client=True, from_same_address=True)
    assert suspicions(every) == ("trap", "too_fast", "same_client", "same_address")


LINK = "Jeg har læst https://avis.example.dk/artikel?id=1,2 og vil gerne høre, hvad du siger. "


@pytest.mark.parametrize(
    "message",
    [
        LINK * 3,
        "Skriv til kirsten@example.dk, bent.com@example.dk eller ib@post.example.com. Jeg er "
        "også på eva@example.dk, ida@example.dk og leo@example.dk, hvis det er nemmere.",
        "Jeg har ondt i ryggen.De siger m.fl. og f.eks. og osv. og kl.10/11.Det er nok.Så.",
        "Kan du hjælpe? " + "❤️" * 15 + " Jeg har det sådan her, og det er svært at sige med ord.",
        "👩\u200d⚕️ 👨\u200d👩\u200d👧 Hej med jer fra os alle. 🏴"
        "\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "Hej\u00adsa\u00a0med\u202fdig.\ufeff \u200bJeg har ondt.",
        "Mit nummer er \u202a20 12 34 56\u202c.",
        "A" + "a" * 28 + "v! Det gør ondt.",
        "Fra min mail:\n" + "_" * 120 + "\n> Hej\n" + "=" * 120,
        "Jeg tager 200 µg og har målt TNFα og β-hCG. Vinklen er 30°. Δ er 5.",
        "Min veninde hedder Ольга, og hun har også ondt.",
        "nej " * 24,
        "",
        "\u00a0\r\n\t",
    ],
)
def test_odd_but_honest(message):
    assert reasons(message) == ()


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (LINK * 4, "links"),
        (
            "Kan du hjælpe? " + "❤️" * 16 + " Jeg har det sådan her, og det er svært at sige.",
            "emoji",
        ),
        ("Jeg har ondt.\u200b\u200b\u200b", "hidden_marks"),
        ("A" * 30, "repeated"),
        ("nej " * 25, "repeated"),
        ("Jeg har ondt. " * 20, "repeated"),
        ("Скучаю, скучаю. Jeg har ondt.", "foreign_script"),
        ("See example.com/page today", "foreign_links"),
    ],
)
def test_one_too_many(message, reason):
    assert reasons(message) == (reason,)


def test_a_message_is_measured_as_the_browser_counts():
    words = " ".join(map("".join, product("abcdefghij", repeat=4)))
    assert reasons(words[:4_000] + "\r\n" + words[4_000:7_999]) == ()
    assert reasons(words[:4_000] + "\r\n" + words[4_000:8_000]) == ("very_long",)


ODD = st.text(
    st.one_of(st.characters(), st.sampled_from("\r\n\0\u202e\u200b\u200d💰❤\ufe0fЖаa.:/[]<>@%%0 "))
)
POSTS = st.builds(
    Post,
    name=ODD,
    email=ODD,
    phone=ODD,
    message=ODD,
    trap=st.sampled_from(["", "x"]),
    seconds=st.floats(),
    from_same_client=st.booleans(),
    from_same_address=st.booleans(),
)


@given(POSTS)
def test_any_post_gets_the_same_known_answer_twice(post):
    found = suspicions(post)
    assert found == suspicions(post)
    assert list(found) == [reason for reason in REASONS if reason in found]
    assert ("trap" in found) == bool(post.trap)
    assert ("same_client" in found) == post.from_same_client


PIECES = (
    *("a", "a.", "-", "!", "www.", "http://", "https", "<a ", "[url", "h (dot) ", "%0", " \n"),
    *("💰", "\u200b", "ж", "aЖ", "\U000e0041", "xn--a.", "a@b.com ", "web ", "og jeg har ondt "),
)


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_message_takes_no_time(piece):
    post = replace(HONEST, message=(piece * 20_000)[:20_000])
    fastest = float("inf")
    for _ in range(5):
        started = process_time()
        suspicions(post)
        fastest = min(fastest, process_time() - started)
    assert fastest < 0.020


@pytest.mark.parametrize("field", ["name", "email", "phone", "message"])
@pytest.mark.parametrize("unit", ["a-", "a.", "[", "(", "a [", "www.", "https://", "\u200b", "1"])
def test_no_text_is_slow_to_look_at(field, unit):
    typed = {"name": "Bo", "email": "bo@example.dk", "phone": "", "message": "Hej"}
    typed[field] = unit * (20_000 // len(unit))
    start = process_time()
    suspicions(Post(**typed, trap="", seconds=60))
    assert process_time() - start < 0.5
