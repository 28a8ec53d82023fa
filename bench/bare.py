"""The measure of everything else: one Flask view that does nothing, `gunicorn bench.bare:app`."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__, static_folder=None)

PAGE = "x" * 15_000  # bytes, about the front page before compression


@app.get("/")
def bare() -> str:
    return PAGE
