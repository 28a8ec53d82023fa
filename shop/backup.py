"""The whole database as one file, and back again, while the site runs."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa


class BackupFailed(Exception):
    """Why there is no backup, or nothing was restored."""


def backup(database_url: str, file: Path) -> None:
    """Writes the database as it is at one moment; the file is there whole or not at all.

    Raises BackupFailed.
    """
    unfinished = file.with_name(f"{file.name}.part")
    unfinished.touch(mode=0o600)
    if database_url.startswith("sqlite:"):
        unfinished.unlink()
        unfinished.touch(mode=0o600)
        _copy(Path(database_url.removeprefix("sqlite:///")), unfinished)
    else:
        _run("pg_dump", database_url, "--format=custom", f"--file={unfinished}")
    unfinished.replace(file)


def restore(database_url: str, file: Path, overwrite: bool) -> None:
    """Makes the database what the file says. Raises BackupFailed, also when it holds something
    already and `overwrite` was not said."""
    if not file.is_file():
        raise BackupFailed(f"there is no file {file}")
    if _holds_something(database_url) and not overwrite:
        raise BackupFailed("the database is not empty; --overwrite puts the backup in its place")
    if database_url.startswith("sqlite:"):
        _check(file)
        _copy(file, Path(database_url.removeprefix("sqlite:///")))
    else:
        _run("pg_restore", database_url, "--clean", "--if-exists", "--single-transaction", file)


def _copy(source: Path, target: Path) -> None:
    """By SQLite's own backup, which waits for writers and copies no half-written page."""
    if not source.is_file():
        raise BackupFailed("there is no database yet")
    with closing(sqlite3.connect(source)) as of, closing(sqlite3.connect(target)) as to:
        to.execute("PRAGMA busy_timeout=30000")
        of.backup(to)
    _check(target)


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
            [said] = opened.execute("PRAGMA integrity_check").fetchone()
            ours = opened.execute("SELECT count(*) FROM alembic_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise BackupFailed(f"{file} is no backup of ours ({error})") from error
    if said != "ok" or not ours:
        raise BackupFailed(f"{file} is damaged: {said}")


def _holds_something(database_url: str) -> bool:
    """Whether the database has tables; looking makes no file."""
    if database_url.startswith("sqlite:"):
        path = Path(database_url.removeprefix("sqlite:///"))
        return path.is_file() and path.stat().st_size > 0
    engine = sa.create_engine(_driver(database_url))
    try:
        return bool(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


def _driver(database_url: str) -> sa.URL:
    return sa.make_url(database_url).set(drivername="postgresql+psycopg")


def _run(program: str, database_url: str, *arguments: str | Path) -> None:
    """One of PostgreSQL's own programs; the password goes by its environment, not its arguments."""
    found = shutil.which(program)
    if found is None:
        raise BackupFailed(f"{program} is not installed; it comes with PostgreSQL's client")
    url = sa.make_url(database_url).set(drivername="postgresql")
    environ = {"PGPASSWORD": str(url.password)} if url.password else {}
    name = url.set(password=None).render_as_string()
    done = subprocess.run(  # noqa: S603
        [found, f"--dbname={name}", "--no-owner", *map(str, arguments)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupFailed(f"{program}: {done.stderr.strip()}")
