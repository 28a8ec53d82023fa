"""Prints what was measured beside its limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from bench.measure import Cost
from bench.paths import Path
from bench.servers import CORES

WIDTHS = (32, 8, 8, 8, 8, 8, 8, 8, 8)
HEADINGS = ("", "CPU ms", "× bare", "at most", "req/s", "p50 ms", "p99 ms", "queries", "at most")


def explain(rounds: int) -> None:
    """How the figures come about, for who reads them years later."""
    cores = "one core, load from another" if len(CORES) > 1 else "the only core, load too"
    print(
        f"""\
gunicorn under deploy/gunicorn.conf.py on {cores}; SQLite in a temporary directory;
8 connections kept alive. CPU is what the server's processes used per request, whatever they waited
for. × bare holds it against a bare Flask view asked just before and just after; all figures are
medians of {rounds} rounds, latencies of all requests. Limits are held without tolerance.
Stripe is the local stand-in, on the load's core. What calling it costs us is measured in a bare
view that makes the same call, and taken off the order POST, whose limit is for the rest.
"""
    )


def costs(rows: Iterable[tuple[Path, Cost, int | None]]) -> bool:
    """A line for each path; says whether all are within their limits."""
    _line(HEADINGS)
    held = [_cost(*row) for row in rows]
    return all(held)


def _cost(path: Path, cost: Cost, queries: int | None) -> bool:
    times = median(cost.times_bare)
    has_limit = path.times_bare is not None and not path.calls_stripe
    held = not has_limit or (
        round(times, 2) <= (path.times_bare or 0) and (queries or 0) <= (path.queries or 0)
    )
    _line(
        (
            path.name,
            f"{median(cost.cpu):.2f}",
            f"{times:.2f}",
            f"{path.times_bare:g}" if has_limit else "",
            f"{median(cost.per_second):.0f}" if cost.per_second else "",
            *(f"{cost.milliseconds(p):.1f}" if cost.latencies else "" for p in (50, 99)),
            "" if queries is None else str(queries),
            f"{path.queries}" if has_limit else "",
        ),
        held if has_limit else None,
    )
    return held


def limits(rows: Iterable[tuple[str, float, float, str, int]]) -> bool:
    """Name, value, limit, unit and decimals; says whether all are within their limits."""
    found = True
    for name, value, limit, unit, decimals in rows:
        held = value <= limit
        found = found and held
        print(f"{name:48}{value:8.{decimals}f} {unit}, at most {limit:g} {unit}  {_word(held)}")
    return found


def growth(sizes: Sequence[int], rows: Iterable[tuple[str, list[float]]], ratio: float) -> bool:
    """× bare at every size, and the largest held against the smallest."""
    print(f"\n× bare with ever more rows in each table of the path; last to first under {ratio}")
    _line(("", *(f"{size:,}" for size in sizes), "last/1st"))
    found = True
    for name, values in rows:
        grown = values[-1] / values[0]
        found = found and grown < ratio
        _line((name, *(f"{value:.2f}" for value in values), f"{grown:.2f}"), grown < ratio)
    return found


def _line(cells: Iterable[str], held: bool | None = None) -> None:
    first, *others = cells
    text = f"{first:{WIDTHS[0]}}" + "".join(f"{cell:>10}" for cell in others)
    print(f"{text}  {_word(held)}".rstrip(), flush=True)


def _word(held: bool | None) -> str:
    return {True: "ok", False: "OVER", None: ""}[held]
