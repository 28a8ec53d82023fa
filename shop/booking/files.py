"""Reading what can be booked from a file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,60}$")]
Minutes = Annotated[int, Field(ge=0, le=1440, multiple_of=5)]
_WINDOW = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


class BrokenHours(ValueError):
    """The file says something that cannot be: what and where, a line for each."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Place(_Strict):
    """Where patients are received."""

    slug: Slug
    name: str
    address: str = ""


class Hours(_Strict):
    """Open on these weekdays from one clock to another: "09:00-12:00"."""

    weekdays: list[Annotated[int, Field(ge=0, le=6)]]
    place: Slug
    open: list[Annotated[str, StringConstraints(pattern=_WINDOW.pattern)]]

    def windows(self) -> list[tuple[int, int]]:
        """From and until, in minutes after midnight. Raises ValueError when in disorder."""
        read = [
            [int(part) for part in _WINDOW.fullmatch(text).groups()]  # type: ignore[union-attr]
            for text in self.open
        ]
        windows = [(hour * 60 + minute, until * 60 + past) for hour, minute, until, past in read]
        flat = [minute for window in windows for minute in window]
        if flat != sorted(set(flat)) or flat[-1] > 24 * 60:
            raise ValueError(f"{self.open}: one after the other, each until later than from")
        return windows


class Practitioner(_Strict):
    """Somebody who receives patients, and when at first."""

    slug: Slug
    name: str
    email: str = ""
    services: list[Slug]
    closed_on: list[Annotated[str, StringConstraints(pattern=r"^\d\d-\d\d$")]] = []
    hours: list[Hours] = []


class Question(_Strict):
    """Something asked before the visit; with choices one of them is picked."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,30}$")]
    label: str
    hint: str = ""
    choices: list[str] = []


class Service(_Strict):
    """What can be booked."""

    slug: Slug
    name: str
    description: str = ""
    price: str = ""
    minutes: Annotated[Minutes, Field(gt=0)]
    buffer_minutes: Minutes = 0
    notice_hours: Annotated[int, Field(ge=0)] = 0
    horizon_days: Annotated[int, Field(gt=0, le=400)]
    change_hours: Annotated[int, Field(ge=0)] = 0
    mode: Literal["clinic", "phone", "video"] = "clinic"
    for_whom: Literal["all", "new", "known"] = "all"
    questions: list[Question] = []


class Offer(_Strict):
    """The whole file."""

    practitioner: list[Practitioner]
    place: list[Place]
    service: list[Service]

    @model_validator(mode="after")
    def _names_are_known(self) -> Offer:
        places, services = ({one.slug for one in many} for many in (self.place, self.service))
        for who in self.practitioner:
            for name in {*who.services} - services:
                raise ValueError(f"{who.slug}: there is no service {name}")
            for hours in who.hours:
                if hours.place not in places:
                    raise ValueError(f"{who.slug}: there is no place {hours.place}")
                hours.windows()
        return self


def read(path: Path) -> Offer:
    """What the file offers. Raises BrokenHours."""
    try:
        return Offer.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise BrokenHours(str(error)) from error
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise BrokenHours("\n".join(lines)) from error
