"""The WSGI entry: `gunicorn app:app`, `flask --app app`."""

import sys

from shop import create_app
from shop.settings import SettingsError

STOP = 3  # gunicorn's word for "do not start me again"

try:
    app = create_app()
except SettingsError as error:
    print(error, file=sys.stderr)
    raise SystemExit(STOP) from None
