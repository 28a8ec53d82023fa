"""The form by which somebody withdraws."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, ValidationError
from wtforms.validators import DataRequired, Length, Regexp

from shop.fields import email_field, name_field, no_cpr, one_line

LINK = re.compile(r"://|\bwww\.|\.(?:com|net|ru|cn)\b", re.IGNORECASE)


class WithdrawalForm(FlaskForm):
    class Meta:
        csrf = False  # a statement must not be lost with a cookie; the view looks where it is from

    order = StringField(
        "Ordrenummer",
        validators=[
            no_cpr,
            DataRequired("Skriv ordrenummeret eller den dag, du købte."),
            Length(max=60, message="Det er for langt. Skriv højst 60 tegn."),
            Regexp(r"^[\w .,:#/-]*$", message="Skriv kun bogstaver og tal."),
        ],
        filters=[one_line],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    name = name_field()
    email = email_field("Mailadressen, du købte med")
    key = HiddenField()

    def validate_name(self, field: StringField) -> None:
        if LINK.search(field.data or ""):
            raise ValidationError("Skriv kun dit navn her.")
