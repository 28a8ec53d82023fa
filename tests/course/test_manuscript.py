"""A sound and its words: what belongs to it, and when each paragraph is heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.course import files, manuscript
from shop.course.manuscript import BadSound, Paragraph, Sound
from shop.markdown import render
from shop.settings import ROOT

AUDIO = ROOT / "content" / "audio"
BODY = """Teksten.

## Lyden som tekst

### Prøvelyden

Kort prøve.

Slut på prøven.

### Podcasten i fuld længde

Den lange udgave.

Stop gerne her, hvis du er træt.

Anden del begynder. Den er længere.
"""


def words(html: str, trial: bool = False) -> list[str]:
    return [paragraph.words for paragraph in manuscript.spoken(html, trial)]


def test_a_body_is_the_text_and_the_words_of_its_sound():
    text, spoken = manuscript.split(BODY)
    assert text == "Teksten.\n"
    assert spoken.startswith("### Prøvelyden")
    assert manuscript.split("Kun tekst.\n") == ("Kun tekst.\n", "")


def test_a_trial_sound_says_its_own_part_alone():
    html = render(manuscript.split(BODY)[1], prefix="lyd")
    assert words(html, trial=True) == ["Kort prøve.", "Slut på prøven."]
    assert words(html)[-1] == "Anden del begynder. Den er længere."
    assert len(words(html)) == 5


def test_a_chapter_begins_after_each_place_to_stop():
    html = render(manuscript.split(BODY)[1], prefix="lyd")
    facts = manuscript.facts(Sound(100.0, 1), html, trial=False)
    assert [title for _, title in facts["chapters"]] == ["Kort prøve", "Anden del begynder"]
    assert facts["chapters"][0][0] == 0.0
    assert facts["chapters"][1][0] == facts["cues"][-1][1]


def test_the_first_lessons_sound_is_followed_word_for_word():
    read = files.read(ROOT / "content" / "course", AUDIO)
    [lesson] = [page for page in read.lessons if page.meta.position == 1]
    html = render(manuscript.split(lesson.body)[1], prefix="lyd")
    said = (AUDIO / "du-er-ikke-alene.txt").read_text(encoding="utf-8").split("\n\n")
    assert words(html, trial=True) == [" ".join(part.split()) for part in said]
    sound = read.sounds[lesson.meta.slug]
    assert (round(sound.seconds), sound.size) == (
        53,
        (AUDIO / "du-er-ikke-alene.mp3").stat().st_size,
    )


def test_a_cue_file_says_it_better(tmp_path):
    sound = tmp_path / "lyd.mp3"
    sound.write_bytes((AUDIO / "du-er-ikke-alene.mp3").read_bytes())
    (tmp_path / "lyd.vtt").write_text(
        "WEBVTT\n\n00:00.000 --> 00:02.500\nEt\n\n01:00:02.500 --> 01:00:04.000\nTo\n"
    )
    heard = manuscript.listen(sound)
    assert heard.starts == (0.0, 3602.5)
    two = [Paragraph(1, "Et"), Paragraph(2, "To")]
    assert manuscript.timed(heard, two) == [0.0, 3602.5]
    with pytest.raises(BadSound):
        manuscript.timed(heard, two[:1])


def test_what_is_no_sound_is_said(tmp_path):
    (tmp_path / "lyd.mp3").write_bytes(b"nothing to hear")
    with pytest.raises(BadSound, match=r"lyd\.mp3"):
        manuscript.listen(tmp_path / "lyd.mp3")


@given(
    st.floats(min_value=1, max_value=3600),
    st.lists(st.text(min_size=1, max_size=400), min_size=1, max_size=60),
)
def test_estimates_begin_at_nought_and_never_go_back(seconds, paragraphs):
    many = [Paragraph(number, words) for number, words in enumerate(paragraphs)]
    starts = manuscript.timed(Sound(seconds, 1), many)
    assert starts[0] == 0.0
    assert starts == sorted(starts)
    assert starts[-1] <= seconds
