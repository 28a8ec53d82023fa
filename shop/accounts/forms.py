"""The sign-in forms."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, Regexp

from shop.accounts.rules import LONG_CODE, SHORT_CODE
from shop.fields import email_field


class SignInForm(FlaskForm):
    email = email_field()
    next = HiddenField()


class CodeForm(FlaskForm):
    code = StringField(
        "Kode fra mailen",
        validators=[
            DataRequired("Skriv tallene fra mailen."),
            # How many there are is not said: it would tell whose address was typed.
            Regexp(
                rf"^\s*(?:(?:\d\s*){{{SHORT_CODE}}}|(?:\d\s*){{{LONG_CODE}}})$",
                message="Koden er kun tal. Skriv alle tallene fra mailen.",
            ),
        ],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 20},
    )
