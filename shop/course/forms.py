"""The form of those who want to know when the course opens."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.validators import InputRequired

from shop.fields import email_field


class OpeningForm(FlaskForm):
    class Meta:
        csrf = False  # CSRFProtect has checked the token of every POST before a view sees it

    email = email_field()
    consent = BooleanField(
        "Samtykke",
        validators=[InputRequired("Sæt flueben, så vi må gemme adressen og skrive til dig.")],
    )


class ForgetForm(FlaskForm):
    class Meta:
        csrf = False

    forget = email_field("Mailadressen, der skal slettes")
