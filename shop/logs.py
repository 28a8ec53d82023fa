"""One line per event, as JSON in production, without anybody's data.

Tracebacks carry no values of variables: a form's text must never reach a log.
"""

from __future__ import annotations

import sys

import structlog


def init_logs(production: bool) -> None:
    """Sets structlog up for the whole process."""
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    shape: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if production
        else [plain]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *shape,
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
