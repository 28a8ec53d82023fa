"""The sign-in forms."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, Regexp

from shop.fields import email_field


class SignInForm(FlaskForm):
    email = email_field()
    next = HiddenField()


class CodeForm(FlaskForm):
    code = StringField(
        "Kode fra mailen",
        validators=[
            DataRequired("Skriv de seks cifre fra mailen."),
            Regexp(r"^\s*(\d\s*){6}$", message="Koden er seks cifre."),
        ],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12},
    )
