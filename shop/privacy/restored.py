"""After a backup has been restored: erasing again whoever was erased since it was taken."""

from __future__ import annotations

from shop.db import transaction
from shop.privacy import erased, erasure_actions, models
from shop.scrub import scrub
from shop.web import now, settings


def erase_again() -> str:
    """Carries out again what the restored database knows nothing of, one at a time; says how many.

    Needs a database of this program's own version.
    """
    try:
        lines = erased.lines()
    except FileNotFoundError:
        return f"there is no list of erased people at {settings().erased_list}: none erased again"
    known = {erased.fingerprint(address): address for address in models.addresses()}
    done = 0
    for line in lines:
        with transaction():
            done += erasure_actions.carry_out_again(line, known.get(line.mail), now())
    if done:
        scrub()
    return f"erased again, as they were since: {done}"
