"""Workers that are killed in the middle of their work, again and again."""

from __future__ import annotations

import time
from collections import Counter

import pytest
import sqlalchemy as sa

from shop.db import db

pytestmark = pytest.mark.endurance

KILLS = {"sqlite": 50, "postgresql": 15}
WORKERS = 3
MAILS_AT_ONCE = 20
LEASE = 3.0  # seconds instead of minutes: the dead one's mail is taken up within the test


def test_workers_killed_under_load_lose_nothing(app, post, workers, rng, tell, engine):
    kills = KILLS[engine]
    with workers(hurry=LEASE) as pool:
        pool.start(WORKERS)
        for _ in range(kills):
            post.queue(MAILS_AT_ONCE)
            time.sleep(rng.uniform(0.02, 0.3))
            pool.kill(rng.randrange(WORKERS))
            pool.start()
        pool.settle(post)
    fates, received = post.fates(), post.received()
    assert len(fates) == post.queued == kills * MAILS_AT_ONCE
    assert Counter(mail.state for mail in fates) == {"sent": post.queued}
    assert set(received) == {mail.message_id for mail in fates}
    # A worker has one mail in hand; killed between the server's yes and its own note of it, that
    # mail is sent once more, and no other ever is.
    again = {mail.message_id: mail.tries - 1 for mail in fates if mail.tries > 1}
    duplicates = {key: count - 1 for key, count in received.items() if count > 1}
    assert sum(again.values()) <= kills, pool.said()
    assert all(count <= again.get(key, 0) for key, count in duplicates.items())
    assert _is_whole(app)
    tell(
        f"{post.queued} mails, {kills} kills, {sum(again.values())} with a mail in hand, "
        f"{sum(duplicates.values())} duplicates, 0 lost"
    )


def _is_whole(app) -> bool:
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            return True
        return db.session.scalar(sa.text("PRAGMA integrity_check")) == "ok"
