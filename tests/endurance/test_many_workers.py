"""Many worker processes share one outbox."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.endurance

WORKERS, MAILS = 8, 5000
BEHIND = 100  # mails that the site queues one by one meanwhile


def test_each_of_5000_mails_is_claimed_once(post, workers, tell):
    """The site writes on: what its slowest transaction waited for the lock is told."""
    post.queue(MAILS - BEHIND)
    waits = []

    def site_writes_on() -> None:
        if post.queued < MAILS:
            began = time.monotonic()
            post.queue(1)
            waits.append(time.monotonic() - began)

    with workers() as pool:
        pool.start(WORKERS)
        took = pool.settle(post, site_writes_on)
    said = pool.said()
    assert "locked" not in said
    assert "failed" not in said, said
    fates, received = post.fates(), post.received()
    assert len(fates) == post.queued == MAILS
    assert {(mail.state, mail.tries) for mail in fates} == {("sent", 1)}
    assert received == {mail.message_id: 1 for mail in fates}
    assert len(waits) == BEHIND
    tell(
        f"{MAILS} mails, {WORKERS} workers, {MAILS / took:.0f} a second, 0 duplicates; "
        f"the site waited {max(waits) * 1000:.0f} ms at most to write"
    )
