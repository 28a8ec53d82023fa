"""The name on the certificate."""

from __future__ import annotations

from flask_wtf import FlaskForm

from shop.fields import name_field


class NameForm(FlaskForm):
    name = name_field("Navn på kortet")
