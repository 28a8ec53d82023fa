"""A real SMTP server that shows what was sent: `python -m sandbox.mailbox`."""

from sandbox.mailbox.server import LocalMailbox

__all__ = ["LocalMailbox"]
