"""How much memory the program takes, and how soon it answers."""

from __future__ import annotations

import tempfile
from pathlib import Path as Directory
from statistics import median

from bench import table
from bench.load import run
from bench.paths import paths
from bench.servers import Gunicorn, Process, Stripe
from bench.world import World, environ, migrated

MEMORY = 260  # MB, two web workers, their master and the mail worker
COLD_START = 1.2  # seconds to the first 200
WARM_UP = 0.5  # seconds of load on each path before memory is read


def measure(directory: Directory, stripe: Stripe) -> bool:
    """Prints both; says whether the limits are held. The processes may use every core."""
    starts: list[float] = []
    with tempfile.TemporaryDirectory(dir=directory) as own:
        given = environ(Directory(own), stripe.port)
        world = World.populate(migrated(given))
        for _ in range(5):
            with Gunicorn("app:app", given, cores=None) as web:
                starts.append(web.wait_for(web.port))
        with (
            Gunicorn("app:app", given, cores=None) as web,
            Process(["flask", "--app", "app", "worker"], given) as worker,
        ):
            web.wait_for(web.port)
            world.pay_an_order(stripe.port)
            for path in paths(world):
                run(web.port, path.wire(), path.status, WARM_UP)
            memory = web.memory() + worker.memory()
    print()
    return table.limits(
        [
            ("Memory, 2 web workers + worker (PSS)", memory, MEMORY, "MB", 0),
            ("Cold start to the first 200, 5 tries", median(starts), COLD_START, "s", 2),
        ]
    )
