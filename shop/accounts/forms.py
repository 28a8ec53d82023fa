"""The sign-in forms."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, StringField
from wtforms.validators import DataRequired, Email, Length, Regexp


class SignInForm(FlaskForm):
    email = EmailField(
        "Din mailadresse",
        validators=[
            DataRequired("Skriv din mailadresse."),
            Email("Mailadressen ser ikke rigtig ud. Tjek den for slåfejl."),
            Length(max=254, message="Mailadressen er for lang."),
        ],
        filters=[lambda value: value.strip() if value else value],  # keyboards add a space
        render_kw={"autocomplete": "email", "inputmode": "email"},
    )
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
