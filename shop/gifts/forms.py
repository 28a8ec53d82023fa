"""The forms of a gift: its code, and who takes it into use."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from shop.fields import consent_field, email_field, name_field, one_line, terms_field


class CodeForm(FlaskForm):
    class Meta:
        csrf = False  # CSRFProtect has checked the token of every POST before a view sees it

    code = StringField(
        "Koden på gaven",
        validators=[
            DataRequired("Skriv koden fra gaven."),
            Length(max=60, message="Koden er på 12 bogstaver og tal."),
        ],
        filters=[one_line],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class TakeForm(FlaskForm):
    class Meta:
        csrf = False

    email = email_field()
    name = name_field()
    terms = terms_field()
    consent = consent_field()
