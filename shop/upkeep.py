"""The commands that look after the database: backup, restore, and new keys."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from shop.backup import BackupFailed
from shop.backup import backup as write_backup
from shop.backup import restore as read_backup
from shop.db import db
from shop.keys import rotate
from shop.web import settings

keys = AppGroup("keys", help="What health data is encrypted with.")


def init_upkeep(app: Flask) -> None:
    """Gives the flask command these."""
    for command in (backup, restore, keys):
        app.cli.add_command(command)


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Write the whole database to FILE, while the site runs. Without the paid sound."""
    try:
        write_backup(settings().database_url, file)
    except BackupFailed as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{file}: {file.stat().st_size} bytes")


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Even if the database holds something.")
@with_appcontext
def restore(file: Path, overwrite: bool) -> None:
    """Make the database what FILE says, but for people erased since. Stop site and worker first."""
    db.engine.dispose()
    try:
        read_backup(settings().database_url, file, overwrite)
    except BackupFailed as error:
        raise click.ClickException(f"nothing was restored: {error}") from error
    from flask_migrate import upgrade  # large, and only needed here

    upgrade()
    click.echo("restored and brought up to date")
    click.echo(current_app.extensions["after_restore"]())


@keys.command("rotate")
def rotate_keys() -> None:
    """Encrypt everything with the first of DATA_KEYS; afterwards the others may go."""
    for done in rotate(settings().data_keys):
        click.echo(f"{done.table}.{done.column}: {done.changed} changed")
        for row in done.lost:
            click.echo(f"{done.table} {row}: no key deciphers its {done.column}", err=True)
