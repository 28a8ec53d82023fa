"""The WSGI entry: `gunicorn app:app`, `flask --app app`."""

import gc
import sys

# What is loaded now stays: looking through it for waste costs a fifth of the start, and each later
# look makes every web process copy the memory it shares (https://docs.python.org/3/library/gc.html,
# gc.freeze).
gc.disable()

from shop import create_app  # noqa: E402
from shop.settings import SettingsError  # noqa: E402

STOP = 3  # gunicorn's word for "do not start me again"

try:
    app = create_app()
except SettingsError as error:
    print(error, file=sys.stderr)
    raise SystemExit(STOP) from None

gc.freeze()
gc.enable()
