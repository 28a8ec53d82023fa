"""The commands, and what the worker does on a clock."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import click
from email_validator import EmailNotValidError, validate_email
from flask import Flask
from flask.cli import AppGroup, with_appcontext

import shop.accounts.actions as accounts
import shop.booking.offer_actions as offer_actions
import shop.course.actions as course_actions
import shop.outbox.actions as outbox
import shop.privacy.actions as privacy
import shop.privacy.erased as erased
import shop.privacy.erasure_actions as erasures
import shop.privacy.models as privacy_models
import shop.privacy.rules as privacy_rules
import shop.rhythm.actions as rhythm
from shop.booking import files as offer_files
from shop.booking import reminders, renewal, vacancy_actions, waiting
from shop.clinic import bookkeeping
from shop.clock import Job, tick
from shop.course import approval_models, export_models, files, opening_actions
from shop.db import transaction
from shop.orders import ledger, ledger_models, ledger_rules, nightly
from shop.orders.gateway import StripeUnavailable
from shop.orders.refunds import carry_out_due
from shop.orders.rules import books_since
from shop.orders.sync import CLOCK_NAME, reconcile
from shop.outbox.delivery import deliver_due
from shop.scrub import scrub
from shop.web import log, now, settings

course = AppGroup("course", help="The course as files.")
booking = AppGroup("booking", help="What can be booked.")
orders = AppGroup("orders", help="Orders and their payments.")
clinician = AppGroup("clinician", help="Who may enter the back office.")


def _purge() -> None:
    with transaction():
        privacy.purge(now())


def _erase() -> None:
    """Erases whoever asked a week ago, one at a time."""
    done = 0
    for erasure_id in privacy_models.due(now()):
        with transaction():
            done += erasures.carry_out(erasure_id, now())
    with transaction():
        outbox.forget_settled("data-gone")
    erased.keep_since(now() - privacy_rules.LIST_KEPT)  # here, where nobody else adds to it
    if done:
        log.info("erased", people=done)
        scrub()


def _look_after_bookings() -> None:
    with transaction():
        waiting.sweep(now())
        vacancy_actions.seek(now())
    with transaction():
        reminders.remind(now())


def _tell_of_opening() -> None:
    """Writes to those who wait for the course, once it can be bought; all of them in one turn."""
    told = opening_actions.AT_ONCE
    while told == opening_actions.AT_ONCE and approval_models.is_sold(settings().production):
        with transaction():
            told = opening_actions.tell(now())


def _write_to_readers() -> None:
    """The mails about the course, to whoever said yes; some people in each transaction."""
    looked_at = rhythm.AT_ONCE
    while looked_at == rhythm.AT_ONCE:
        with transaction():
            looked_at = rhythm.send_due(now(), leaving=privacy_models.leaving())


CLOCK = [
    Job("mail", timedelta(0), deliver_due),
    Job(CLOCK_NAME, timedelta(minutes=10), reconcile),
    Job("refunds", timedelta(minutes=1), carry_out_due),
    Job("inbox", timedelta(minutes=5), nightly.watch_inbox),
    Job("comparison", timedelta(days=1), nightly.compare_lately),
    Job(ledger.CLOCK_NAME, timedelta(hours=1), ledger.fetch),
    Job("course-open", timedelta(minutes=5), _tell_of_opening),
    Job("rhythm", timedelta(minutes=10), _write_to_readers),
    Job("purge", timedelta(days=1), _purge),
    Job("erasures", timedelta(minutes=10), _erase),
    Job("bookings", timedelta(minutes=1), _look_after_bookings),
    Job(renewal.CLOCK_NAME, timedelta(minutes=1), renewal.renew),
]


class _Migrations(click.Command):
    """`flask db`, with a large library that comes when somebody asks for it."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        from flask_migrate.cli import db

        context: click.Context = db.make_context(*args, **kwargs)
        return context


def init_cli(app: Flask) -> None:
    """Gives the flask command ours."""
    app.cli.add_command(_Migrations("db", help="Perform database migrations."))
    app.cli.add_command(worker)
    app.cli.add_command(course)
    app.cli.add_command(booking)
    app.cli.add_command(orders)
    app.cli.add_command(clinician)


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due and stop (for cron).")
@click.option("--rest", default=1.0, show_default=True, help="Seconds between two rounds.")
@with_appcontext
def worker(once: bool, rest: float) -> None:
    """Send mail and run what is on a clock, until told to stop."""
    stop = threading.Event()

    def finish(_signal: int, _frame: FrameType | None) -> None:
        stop.set()  # the mail being sent is finished first

    signal.signal(signal.SIGTERM, finish)
    signal.signal(signal.SIGINT, finish)
    log.info("worker started", jobs=[job.name for job in CLOCK])
    while not stop.is_set():
        tick(CLOCK)
        if once:
            break
        stop.wait(rest)


@course.command("import")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
def import_course(directory: Path) -> None:
    """Make the course what the files in DIRECTORY say; a broken file changes nothing."""
    try:
        read = files.read(directory, settings().media_root)
    except files.BrokenCourse as error:
        raise click.ClickException(f"nothing was imported:\n{error}") from error
    with transaction():
        course_actions.import_course(read, now())
    click.echo(f"{read.course.meta.title}: {len(read.lessons)} lessons")


@course.command("export")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def export_course(directory: Path) -> None:
    """Write the course to DIRECTORY, byte for byte as it was imported."""
    sources = export_models.sources()
    if not sources:
        raise click.ClickException("there is no course yet")
    directory.mkdir(parents=True, exist_ok=True)
    for path, source in sources:
        (directory / path).write_bytes(source.encode("utf-8"))
    click.echo(f"{len(sources)} files")


@booking.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_offer(file: Path) -> None:
    """Make what can be booked what FILE says; a broken file changes nothing."""
    try:
        read = offer_files.read(file)
    except offer_files.BrokenHours as error:
        raise click.ClickException(f"nothing was imported:\n{error}") from error
    with transaction():
        offer_actions.import_offer(read)
    click.echo(f"{len(read.service)} services, {len(read.practitioner)} practitioners")


@orders.command("reconcile")
@click.option("--all", "everything", is_flag=True, help="Compare as far back as orders are kept.")
def reconcile_orders(everything: bool) -> None:
    """Catch up with whatever Stripe knows and we missed, and compare the rest."""
    _said(reconcile)
    since = books_since(now())  # what is older may be deleted here
    _said(lambda: nightly.compare(since) if everything else nightly.compare_lately())


@orders.command("export")
@click.argument("since", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("until", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_postings(since: datetime, until: datetime, file: Path) -> None:
    """Write the postings from SINCE to UNTIL, both days included, to FILE for the accountant."""
    _said(ledger.fetch)
    found = list(ledger_models.postings(*bookkeeping.period(since.date(), until.date())))
    file.write_text("".join(bookkeeping.lines(found)), encoding="utf-8", newline="")
    click.echo(f"{len(found)} postings")
    for account, (debit, credit) in ledger_rules.sums(found).items():
        click.echo(f"{account}: {bookkeeping.amount(debit)} / {bookkeeping.amount(credit)}")


def _said(work: Callable[[], dict[str, int]]) -> None:
    """Does the work and prints its counts."""
    try:
        counts = work()
    except StripeUnavailable as error:
        raise click.ClickException(f"Stripe did not answer ({error}); try again later") from error
    for what, count in counts.items():
        click.echo(f"{what}: {count}")


@clinician.command("add")
@click.argument("email")
def add_clinician(email: str) -> None:
    """Let EMAIL enter the back office; they sign in by a mailed link."""
    try:
        address = validate_email(email, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise click.ClickException(f"{email} is no mail address") from error
    with transaction():
        added = accounts.set_clinician(str(address.ascii_email), True, now())
    door = f"{settings().public_url}/klinik"
    click.echo(f"{email} may enter {door}" if added else f"{email} could already enter {door}")


@clinician.command("remove")
@click.argument("email")
def remove_clinician(email: str) -> None:
    """Close the back office to EMAIL, at once."""
    with transaction():
        removed = accounts.set_clinician(email, False, now())
    if not removed:
        raise click.ClickException(f"{email} could not enter anyway")
    click.echo(f"{email} may not enter any more")
