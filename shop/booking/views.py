"""Booking a time."""

from __future__ import annotations

from flask import Blueprint

from shop.booking import hours, models

blueprint = Blueprint("booking", __name__)
tables = (hours, models)
