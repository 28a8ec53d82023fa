"""`python -m bench`: measures, prints, and exits with 1 when a limit is not held."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path as Directory
from time import perf_counter

from bench import footprint, growth, rows, table
from bench.measure import in_rounds
from bench.paths import BARE, CALL, Path, paths
from bench.queries import counted
from bench.servers import LOADED_FROM, Gunicorn, Stripe
from bench.world import World, environ, migrated

ROUNDS = 9
LEADS = 100_000  # in the back office's list, and as many stored answers
APPOINTMENTS = 50_000


def main() -> int:
    """Everything in one run; 1 when anything is over its limit."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="grow to 1,000,000 rows as well")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="a path whose name holds this; no growth"
    )
    given_to_us = parser.parse_args()
    full, only = given_to_us.full, given_to_us.only
    started = perf_counter()
    os.sched_setaffinity(0, LOADED_FROM)
    with ExitStack() as stack:
        directory = Directory(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        stripe = stack.enter_context(Stripe())
        stripe.wait_for(stripe.port, "/_control/")
        given = environ(directory, stripe.port)
        bare = stack.enter_context(Gunicorn("bench.bare:app", given))
        call = stack.enter_context(Gunicorn("bench.stripe_call:app", given))
        for server in (bare, call):
            server.wait_for(server.port)
        table.explain(ROUNDS)
        held = [costs(directory, given, stripe, bare, call, only)]
        if not only:
            held.append(footprint.measure(directory, stripe))
            held.append(growth.measure(directory, stripe, bare, call, full))
    print(f"\n{perf_counter() - started:.0f} s in all")
    return 0 if all(held) else 1


def costs(
    directory: Directory,
    given: dict[str, str],
    stripe: Stripe,
    bare: Gunicorn,
    call: Gunicorn,
    only: list[str] | None,
) -> bool:
    """Prints what every path costs, or `only` some; says whether all limits are held."""
    world = World.populate(migrated(given))
    world.pay_an_order(stripe.port)
    rows.fill(directory / "shop.db", LEADS, rows.OF_ENQUIRIES + rows.OF_COURSEWORK)
    rows.fill(directory / "shop.db", APPOINTMENTS, ["appointment"])
    kinds = [path for path in paths(world) if not only or any(name in path.name for name in only)]
    with Gunicorn("app:app", given) as shop:
        shop.wait_for(shop.port)
        measured = [*((shop, path) for path in kinds), (call, CALL)]
        view, found = in_rounds(bare, measured, ROUNDS)
    calling = found.pop()
    asked = list(queries(world, kinds))
    shown = [(BARE, view, None), *zip(kinds, found, asked, strict=True), (CALL, calling, None)]
    for order, cost, statements in zip(kinds, found, asked, strict=True):
        if order.calls_stripe:
            left = dataclasses.replace(order, name=f"{order.name} without it", calls_stripe=False)
            shown.append((left, cost.without(calling, view), statements))
    return table.costs(shown)


def queries(world: World, kinds: list[Path]) -> Iterator[int]:
    """How often each path asks the database, from its second request on."""
    for path in kinds:
        next(path.requests).within(world.app)
        with counted(world.app) as statements:
            next(path.requests).within(world.app)
        yield len(statements)


if __name__ == "__main__":
    sys.exit(main())
