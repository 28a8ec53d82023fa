"""Reports of our own mistakes to whoever watches over the program, when SENTRY_DSN says where.

A report says what kind of mistake, where in the code and at which address pattern. It holds no
value of a variable, no request, no message of the exception: those may repeat what somebody typed.
"""

from __future__ import annotations

import sys
from typing import Any


def init_reports(dsn: str | None) -> None:
    """Begins to report. Without a DSN nothing is loaded and nothing is sent."""
    if not dsn:
        return
    import sentry_sdk  # only who asks for it pays for its memory

    sentry_sdk.init(
        dsn,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        server_name="",
        before_send=_bare,
    )


def report(error: BaseException, **tags: str) -> None:
    """Tells of a mistake, with tags that are names of ours: an error's id, a rule, a job."""
    if sentry_sdk := sys.modules.get("sentry_sdk"):
        sentry_sdk.capture_exception(error, tags=tags)


def _bare(event: Any, _hint: Any) -> Any:
    """Only what was asked for above: everything else could hold somebody's words."""
    kept = {"event_id", "timestamp", "platform", "level", "exception", "tags", "sdk"}
    for exception in event.get("exception", {}).get("values", []):
        exception["value"] = ""
        for frame in exception.get("stacktrace", {}).get("frames", []):
            frame.pop("vars", None)
    return {name: value for name, value in event.items() if name in kept}
