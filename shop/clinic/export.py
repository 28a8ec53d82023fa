"""Enquiries as a CSV file that Danish spreadsheets open as they are."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from shop import phone
from shop.clinic import labels
from shop.danish import moment
from shop.enquiries import rules
from shop.enquiries.models import Enquiry

HEADINGS = (
    *("Nummer", "Modtaget", "Status", "Emne", "Navn", "Mail", "Telefon"),
    *("Besked", "Note", "Slettes"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(enquiries: Iterable[Enquiry]) -> Iterator[str]:
    """The file in pieces: a byte order mark, semicolons, CRLF."""
    yield "\ufeff" + _line(HEADINGS)
    for enquiry in enquiries:
        yield _line(
            (
                rules.shown(enquiry.reference),
                moment(enquiry.received_at),
                labels.STATES[enquiry.state],
                rules.TOPICS[enquiry.topic],
                enquiry.name,
                enquiry.email,
                phone.shown(enquiry.phone) if enquiry.phone else "",
                enquiry.message,
                enquiry.note or "",
                moment(enquiry.purge_at),
            )
        )


def _line(cells: Iterable[str]) -> str:
    written = StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerow(map(_harmless, cells))
    return written.getvalue()


def _harmless(cell: str) -> str:
    """A visitor's words must not be run as a formula (CWE-1236)."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
