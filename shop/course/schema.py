"""What the front matter of a course's files may say; anything else is an error."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

# Addresses under /kursus/ that no lesson may take.
RESERVED = {
    *("lyd", "plan", "plan.pdf", "koerekort", "koerekort.pdf", "koerekort.png", "ark.pdf"),
    *("svar", "redskaber", "koerelogbog", "sikkerhedstjek", "samtykke", "tre-maaneder"),
    *("podcast", "mails"),
}

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Line = Annotated[str, Field(min_length=1, max_length=300)]


class Strict(BaseModel):
    """What a file may say; a misspelt field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class Module(Strict):
    """A part of the course; lessons name its number."""

    number: int = Field(ge=1)
    title: Line


class Audio(Strict):
    """A lesson's sound: `file` lies in MEDIA_ROOT, `trial` marks a voice that is not final.

    Without a file it is still to be recorded, and the lesson has its manuscript alone.
    """

    episode: Slug
    file: str | None = Field(default=None, pattern=r"^[a-z0-9-]+\.mp3$")
    title: Line
    minutes: int = Field(ge=1, le=30)
    trial: bool = False


class HomeworkField(Strict):
    """One thing to answer; `rows` repeats its `fields`, `choice` and `choices` have `options`.

    A choice between Ja and Nej may have `advice`: whoever says Ja gets it before reading on.
    """

    name: str = Field(pattern=r"^[a-z][a-z_]*$", max_length=40)
    type: Literal["text", "long_text", "scale", "choice", "choices", "date", "time", "rows"]
    label: Line
    hint: str = ""
    options: list[Line] = []
    fields: list[HomeworkField] = []
    advice: str = Field(default="", max_length=1000)

    @model_validator(mode="after")
    def has_what_its_type_needs(self) -> HomeworkField:
        if bool(self.options) != (self.type in {"choice", "choices"}):
            raise ValueError("options belong to choice and choices, and only there")
        if bool(self.fields) != (self.type == "rows"):
            raise ValueError("fields belong to rows, and only there")
        if self.advice and not (self.type == "choice" and sorted(self.options) == ["Ja", "Nej"]):
            raise ValueError("advice belongs to a choice between Ja and Nej")
        return self


class Question(Strict):
    """One quiz question; `answer` counts the options from 0."""

    question: Line
    options: list[Line] = Field(min_length=2, max_length=5)
    answer: int = Field(ge=0)
    feedback: Line

    @model_validator(mode="after")
    def answer_is_an_option(self) -> Question:
        if self.answer >= len(self.options):
            raise ValueError("answer counts from 0 and must be one of the options")
        return self


class LessonMeta(Strict):
    """The front matter of one lesson. `position` counts through the whole course.

    `step` and `short` are the lesson for a day with little energy: the one thing to do, and three
    lines that say what it is about.
    """

    slug: Slug
    module: int = Field(ge=1)
    position: int = Field(ge=1)
    title: Line
    minutes: int = Field(ge=1, le=60)
    preview: bool
    approval: Line = "afventer"
    audio: Audio | None = None
    goals: list[Line] = Field(min_length=1)
    step: str = Field(default="", max_length=300)
    short: list[Line] = Field(default=[], max_length=3)
    homework: list[HomeworkField] = []
    quiz: list[Question] = []

    @field_validator("slug")
    @classmethod
    def is_free(cls, slug: str) -> str:
        if slug in RESERVED:
            raise ValueError("this address is used for something else")
        return slug

    @field_validator("homework")
    @classmethod
    def names_differ(cls, homework: list[HomeworkField]) -> list[HomeworkField]:
        names = [field.name for field in homework]
        if len(set(names)) < len(names):
            raise ValueError("two fields have the same name")
        return homework


class CourseMeta(Strict):
    """The front matter of kursus.md. `sources` are the notes that lessons point to."""

    slug: Slug
    title: Line
    price_ore: int = Field(gt=0, le=1_000_000)
    currency: Literal["dkk"]
    access_months: int = Field(ge=1, le=120)
    modules: list[Module] = Field(min_length=1)
    sources: dict[str, Line] = {}
