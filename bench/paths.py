"""What is measured, and what it may cost: × the bare view's CPU, and queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat

from bench.requests import Request
from bench.world import World


@dataclass(frozen=True)
class Path:
    """One kind of request; without limits it is shown for information."""

    name: str
    requests: Iterator[Request] = field(repr=False)
    status: int = 200
    times_bare: float | None = None
    queries: int | None = None
    seconds: float = 0.25  # of load in each round
    calls_stripe: bool = False  # the limits are for what is left without that call

    def wire(self) -> Iterator[bytes]:
        return (request.wire() for request in self.requests)


BARE = Path("bare Flask view, 15 kB", repeat(Request("GET", "/")))
CALL = Path("that one call to Stripe", repeat(Request("POST", "/")), seconds=0.5)


def paths(world: World) -> list[Path]:
    """Everything that has a limit, in the order of the table."""
    etag = {"If-None-Match": Request("GET", "/").within(world.app).headers["ETag"]}
    asset = world.app.jinja_env.globals["asset"]("site.css")  # type: ignore[operator]
    part = {**world.reader, "Range": "bytes=0-262143"}
    return [
        Path("front page", repeat(Request("GET", "/")), 200, 1.2, 0),
        Path("front page, 304", repeat(Request("GET", "/", etag)), 304, 1.1, 0),
        Path("course page", repeat(Request("GET", "/kursus")), 200, 1.2, 0),
        Path("hashed asset", repeat(Request("GET", asset)), 200, 1.0, 0),
        Path("audio, a range of 256 kB", repeat(Request("GET", world.audio, part)), 206, 4, 3),
        Path("webhook of a paid order", world.order_events(), seconds=0.5),
        *growing(world),
    ]


def growing(world: World) -> list[Path]:
    """Those whose tables grow with the trade."""
    lesson = Request("GET", world.lesson, world.reader)
    leads = Request("GET", "/klinik/henvendelser", world.clinician)
    return [
        Path("lesson, signed in", repeat(lesson), 200, 6, 4),
        Path("a week of times, fragment", world.weeks(), 200, 6, 3),
        Path("autosave of one answer", world.autosaves(), 200, 6, 4, seconds=0.5),
        Path("webhook, stored", world.ignored_events(), 200, 6, 4),
        Path("order POST", world.orders(), 303, 8, 6, seconds=0.5, calls_stripe=True),
        Path("enquiry POST", world.enquiries(), 303, 8, 6, seconds=0.5),
        Path("back office, list", repeat(leads), 200, 12, 5),
    ]
