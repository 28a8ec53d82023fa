"""The WSGI entry: `gunicorn app:app`, `flask --app app`."""

from shop import create_app

app = create_app()
