"""Money, dates and times as Danes write them."""

from __future__ import annotations

from datetime import UTC, datetime
from datetime import date as Date  # noqa: N812

from babel.dates import get_day_names, get_month_names, get_timezone

COPENHAGEN = get_timezone("Europe/Copenhagen")
MONTHS = dict(get_month_names("wide", locale="da"))
DAYS = dict(get_day_names("wide", locale="da"))  # 0 is Monday


def kroner(ore: int) -> str:
    """49900 → "499 kr.", 39920 → "399,20 kr.", 123456700 → "1.234.567 kr."."""
    whole, rest = divmod(ore, 100)
    return f"{whole:,}".replace(",", ".") + (f",{rest:02d}" if rest else "") + " kr."


def amount(ore: int) -> str:
    """For a column of figures: 49900 → "499,00", -10000 → "−100,00"."""
    whole, rest = divmod(abs(ore), 100)
    return ("−" if ore < 0 else "") + f"{whole:,}".replace(",", ".") + f",{rest:02d}"


def day(value: datetime) -> str:
    """The date in Denmark: "23. november 2026"."""
    local = value.astimezone(COPENHAGEN)
    return f"{local.day}. {MONTHS[local.month]} {local.year}"


def date(value: Date) -> str:
    """A date by itself: "30. september 2026"."""
    return f"{value.day}. {MONTHS[value.month]} {value.year}"


def moment(value: datetime) -> str:
    """Date and time in Denmark: "23. november 2026 kl. 9.05"."""
    local = value.astimezone(COPENHAGEN)
    return f"{day(local)} kl. {local.hour}.{local.minute:02d}"


def day_start(value: datetime) -> datetime:
    """When the day of this moment began in Denmark."""
    local = value.astimezone(COPENHAGEN)
    return datetime(local.year, local.month, local.day, tzinfo=COPENHAGEN).astimezone(UTC)


def weekday(value: datetime | Date) -> str:
    """The day in words, without its year: "tirsdag den 2. december"."""
    local = value.astimezone(COPENHAGEN) if isinstance(value, datetime) else value
    return f"{DAYS[local.weekday()]} den {local.day}. {MONTHS[local.month]}"


def period(days: tuple[Date, Date]) -> str:
    """First and last day: "fra mandag den 30. november til søndag den 6. december".

    One and the same day is said once: "søndag den 6. december".
    """
    first, last = days
    return weekday(first) if first == last else f"fra {weekday(first)} til {weekday(last)}"


def clock(value: datetime) -> str:
    """The time of day in Denmark: "9.05".

    In the night in October when an hour comes twice it says which of the two.
    """
    local = value.astimezone(COPENHAGEN)
    other = local.replace(fold=1 - local.fold)
    shown = f"{local.hour}.{local.minute:02d}"
    if other.utcoffset() == local.utcoffset():
        return shown
    return f"{shown} ({'vintertid' if local.fold else 'sommertid'})"


def appointed(value: datetime) -> str:
    """A time somebody is to be there: "tirsdag den 2. december 2026 kl. 9.05"."""
    local = value.astimezone(COPENHAGEN)
    return f"{weekday(value)} {local.year} kl. {clock(value)}"
