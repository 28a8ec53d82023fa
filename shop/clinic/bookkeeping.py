"""The books for the accountant: what moved at Stripe in a period, line by line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO

from flask import Response, abort, request, stream_with_context, url_for

from shop.clinic.room import blueprint, room
from shop.danish import COPENHAGEN
from shop.orders import ledger_models, ledger_rules
from shop.orders.ledger_models import postings
from shop.orders.ledger_rules import Posting
from shop.web import now

HEADINGS = ("Dato", "Bilag", "Konto", "Tekst", "Debet", "Kredit", "Ordre", "Stripe")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)
Period = tuple[datetime, datetime]


def period(first: date, last: date) -> Period:
    """From the beginning of the first day to the end of the last, in Denmark."""
    after = last + timedelta(days=1)
    days = (datetime(each.year, each.month, each.day, tzinfo=COPENHAGEN) for each in (first, after))
    since, until = (each.astimezone(UTC) for each in days)
    return since, until


def amount(ore: int) -> str:
    """Øre as the books write kroner: 49900 → "499,00", 0 → ""."""
    return f"{ore // 100},{ore % 100:02d}" if ore else ""


def lines(found: Iterable[Posting]) -> Iterator[str]:
    """The file in pieces: a byte order mark, semicolons, CRLF."""
    yield "\ufeff" + _line(HEADINGS)
    for each in found:
        yield _line(
            (
                *(each.day.isoformat(), each.voucher, each.account, each.text),
                *(amount(each.debit_ore), amount(each.credit_ore)),
                *(each.order_number, each.movement_id),
            )
        )


def _line(cells: Iterable[str]) -> str:
    written = StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerow(map(_harmless, cells))
    return written.getvalue()


def _harmless(cell: str) -> str:
    """Nothing in it may be run as a formula (CWE-1236)."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _chosen() -> tuple[date, date]:
    """The period asked for; the month before this one when none is, as that is what is due."""
    this_month = now().astimezone(COPENHAGEN).date().replace(day=1)
    last = this_month - timedelta(days=1)
    try:
        first = date.fromisoformat(request.args.get("fra") or last.replace(day=1).isoformat())
        last = date.fromisoformat(request.args.get("til") or last.isoformat())
    except ValueError:
        abort(404)
    if not EARLIEST <= first <= last <= LATEST:
        abort(404)
    return first, last


@blueprint.get("/regnskab")
def books() -> Response:
    """The sums of a period, and the way to its file."""
    first, last = _chosen()
    since, until = period(first, last)
    sums = ledger_rules.sums(postings(since, until))
    return room(
        "books",
        "books",
        first=first,
        last=last,
        sums=sums,
        total=tuple(map(sum, zip(*sums.values(), strict=True))) if sums else (0, 0),
        before=ledger_models.balance(since),
        after=ledger_models.balance(until),
        latest=ledger_models.latest(),
        months=_months(),
        csv_url=url_for("clinic.books_file", fra=first, til=last),
    )


def _months() -> list[tuple[str, str]]:
    """This month, the one before, this year and the last, as links."""
    today = now().astimezone(COPENHAGEN).date()
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    year = today.replace(month=1, day=1)
    found = [
        ("Sidste måned", before, month - timedelta(days=1)),
        ("Denne måned", month, today),
        ("I år", year, today),
        ("Sidste år", year.replace(year=year.year - 1), year - timedelta(days=1)),
    ]
    return [(name, url_for("clinic.books", fra=a, til=b)) for name, a, b in found]


@blueprint.get("/regnskab.csv")
def books_file() -> Response:
    """The postings of a period as a file for the accountant."""
    first, last = _chosen()
    found = postings(*period(first, last))
    name = f"regnskab-{first}-{last}.csv"
    headers = {"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"}
    return Response(stream_with_context(lines(found)), mimetype="text/csv", headers=headers)
