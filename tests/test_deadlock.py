"""Who meets a deadlock tries again, from the beginning, and not for ever."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from shop.deadlock import DEADLOCK, TRIES, settled


def failing(times: int, sqlstate: str = DEADLOCK):
    """Work that fails so often; `made` counts its tries."""

    def work() -> str:
        work.made += 1
        if work.made <= times:
            raise OperationalError("INSERT", {}, SimpleNamespace(sqlstate=sqlstate))
        return "done"

    work.made = 0
    return work


@pytest.mark.parametrize("times", range(TRIES))
def test_it_goes_on_until_it_gets_through(app, times):
    with app.app_context():
        assert settled(failing(times)) == "done"


def test_it_gives_up_when_nothing_helps(app):
    work = failing(99)
    with app.app_context(), pytest.raises(OperationalError):
        settled(work)
    assert work.made == TRIES


def test_other_trouble_is_not_tried_again(app):
    work = failing(1, "57014")
    with app.app_context(), pytest.raises(OperationalError):
        settled(work)
    assert work.made == 1
