"""The WSGI entry: `gunicorn app:app`, `flask --app app`."""

from shop import create_app
from shop.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    raise SystemExit(str(error)) from None
