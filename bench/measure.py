"""Rounds of load, each beside the bare view, and what a request cost in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from bench import load
from bench.load import Outcome
from bench.paths import BARE, Path
from bench.servers import Gunicorn


@dataclass
class Cost:
    """What one kind of request cost, a figure for each round; CPU in milliseconds."""

    cpu: list[float] = field(default_factory=list)
    times_bare: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)  # seconds, of all rounds together

    def add(self, cpu: float, bare: float, outcome: Outcome) -> None:
        self.cpu.append(cpu)
        self.times_bare.append(cpu / bare)
        self.per_second.append(outcome.requests / outcome.seconds)
        self.latencies += outcome.latencies

    def milliseconds(self, percent: float) -> float:
        """The latency that so many percent of the requests did not exceed."""
        return 1000 * Outcome(latencies=self.latencies).percentile(percent)

    def without(self, call: Cost, bare: Cost) -> Cost:
        """The same requests less what `call` cost above the bare view, round by round.

        Requests/s and latencies stay out: they depend on how fast the other side answers.
        """
        extra = median(call.cpu) - median(bare.cpu)
        times = median(call.times_bare) - 1
        return Cost([cpu - extra for cpu in self.cpu], [held - times for held in self.times_bare])


def loaded(server: Gunicorn, path: Path) -> tuple[float, Outcome]:
    """Milliseconds of the server's CPU per request under this load, and how the load went."""
    before = server.cpu()
    outcome = load.run(server.port, path.wire(), path.status, path.seconds)
    return 1000 * (server.cpu() - before) / outcome.requests, outcome


def in_rounds(
    bare: Gunicorn, measured: Sequence[tuple[Gunicorn, Path]], rounds: int
) -> tuple[Cost, list[Cost]]:
    """What the bare view cost, and each path.

    Every stretch of load stands between two stretches of the bare view and is held against
    their mean: a machine that is busy with something else for a while slows all three.
    """
    view, costs = Cost(), [Cost() for _ in measured]

    def ask_bare() -> float:
        cpu, outcome = loaded(bare, BARE)
        view.add(cpu, cpu, outcome)
        return cpu

    for _ in range(rounds):
        before = ask_bare()
        for (server, path), cost in zip(measured, costs, strict=True):
            cpu, outcome = loaded(server, path)
            after = ask_bare()
            cost.add(cpu, (before + after) / 2, outcome)
            before = after
    return view, costs
