"""Mails of a series arrive in their order, however many workers there are and whatever fails."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict

import pytest

pytestmark = pytest.mark.endurance

WORKERS, SERIES, MAILS = 4, 6, 300
WAIT = 0.5  # seconds: first wait, lease and turn, in the proportions they really have
TROUBLE = [("hang", "data"), ("hang", "rcpt"), ("drop", "data"), ("450", "rcpt"), ("451", "data")]


def test_nobody_gets_an_older_mail_after_a_newer_one(post, box, workers, rng, tell):
    last: Counter[str] = Counter()
    with workers(hurry=WAIT) as pool:
        pool.start(WORKERS)
        for _ in range(MAILS):
            about = f"appointment:{rng.randrange(SERIES)}"
            last[about] += 1
            post.queue_next(about, last[about])
            if rng.random() < 0.2:
                how, at = rng.choice(TROUBLE)
                keeping = at == "data" and rng.random() < 0.5
                box.behave(how, times=1, at=at, keeping=keeping)
            post.queue(1)  # something else to be sent between two of a series
            time.sleep(rng.uniform(0, 0.02))
        pool.settle(post)
    arrived = defaultdict(list)
    for mail in box.received():
        found = re.search(rb"Subject: (appointment\S+) (\d+)", mail.raw)
        if found is None:
            continue
        about, sequence = found.groups()
        arrived[about.decode()].append(int(sequence))
    backwards = {about: got for about, got in arrived.items() if got != sorted(got)}
    assert not backwards, backwards
    assert {about: got[-1] for about, got in arrived.items()} == last, "the newest one always came"
    fates = Counter(mail.state for mail in post.fates())
    assert set(fates) == {"sent", "superseded"}
    received = post.received()
    tell(
        f"{post.queued} mails, {fates['superseded']} superseded, {len(received)} arrived in order, "
        f"{received.total() - len(received)} duplicates"
    )
