"""Who has been erased, in a file that no backup of the database brings back.

Without it a restored backup would hold them again, and nobody would know whom (GDPR article 17).
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from shop.accounts.rules import fold
from shop.web import settings


class Line(NamedTuple):
    """One erasure. The person's number with the moment they were added, as SQLite gives a number
    out again; `mail` tells their address only to who has it and SECRET_KEY."""

    at: datetime
    person_id: int
    added_at: datetime
    mail: str


def fingerprint(email: str) -> str:
    """What stands for an address in the list."""
    key = settings().secret_key.encode()
    return hmac.new(key, f"erased:{fold(email)}".encode(), sha256).hexdigest()


def add(line: Line) -> None:
    """Writes an erasure down, before it is committed: one that nobody wrote down would come back.

    If the commit then fails it is done and written again; twice is as good as once.
    """
    file = settings().erased_list
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    with file.open("a", encoding="utf-8") as opened:
        # A new line first: what stands there may have been cut short by a crash.
        opened.write("\n" + _written(line))
        opened.flush()
        os.fsync(opened.fileno())


def lines() -> list[Line]:
    """All that stands there, oldest first; a line cut short is of an erasure not carried out.

    Raises FileNotFoundError.
    """
    text = settings().erased_list.read_text(encoding="utf-8")
    return [line for each in text.splitlines() if (line := _read(each))]


def keep_since(moment: datetime) -> None:
    """Lets go of lines from before: no backup is as old."""
    file = settings().erased_list
    if not file.exists():
        return
    standing = lines()
    young = [line for line in standing if line.at >= moment]
    if len(young) < len(standing):
        _write(file, young)


def _write(file: Path, kept: Iterable[Line]) -> None:
    unfinished = file.with_name(f"{file.name}.part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text("".join("\n" + _written(line) for line in kept), encoding="utf-8")
    unfinished.replace(file)


def _written(line: Line) -> str:
    at, added_at = line.at.isoformat(), line.added_at.isoformat()
    return json.dumps({**line._asdict(), "at": at, "added_at": added_at})


def _read(written: str) -> Line | None:
    try:
        found = Line(**json.loads(written))
    except ValueError:
        return None
    at, added_at = map(datetime.fromisoformat, (str(found.at), str(found.added_at)))
    return found._replace(at=at, added_at=added_at)
