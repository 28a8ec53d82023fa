"""Whether a request costs more when its tables hold more: the same paths, ever more rows."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import product
from pathlib import Path as Directory
from statistics import median

from bench import rows, table
from bench.measure import in_rounds
from bench.paths import CALL, growing
from bench.servers import Gunicorn, Stripe
from bench.world import World, environ, migrated

SIZES = [1_000, 30_000, 300_000]
LARGEST = 1_000_000
RATIO = 1.3  # CPU with the most rows to CPU with the fewest
ROUNDS = 5


def measure(
    directory: Directory, stripe: Stripe, bare: Gunicorn, call: Gunicorn, full: bool
) -> bool:
    """Prints × bare for every size; says whether the ratio largest to smallest is held."""
    sizes = [*SIZES, LARGEST] if full else SIZES
    with ExitStack() as stack:
        shops = []
        for size in sizes:
            own = directory / str(size)
            own.mkdir()
            given = environ(own, stripe.port)
            app = migrated(given)
            rows.fill(own / "shop.db", size)
            world = World.populate(app)
            server = stack.enter_context(Gunicorn("app:app", given))
            server.wait_for(server.port)
            shops.append((server, growing(world)))
        kinds = range(len(shops[0][1]))
        measured = [(server, paths[kind]) for kind, (server, paths) in product(kinds, shops)]
        view, costs = in_rounds(bare, [*measured, (call, CALL)], ROUNDS)
    calling = costs.pop()
    found = []
    for kind in kinds:
        path = shops[0][1][kind]
        of_kind = costs[kind * len(sizes) : (kind + 1) * len(sizes)]
        if path.calls_stripe:
            of_kind = [cost.without(calling, view) for cost in of_kind]
        found.append((path.name, [median(cost.times_bare) for cost in of_kind]))
    return table.growth(sizes, found, RATIO)
