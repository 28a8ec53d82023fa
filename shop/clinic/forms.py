"""What the clinician types in the back office."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, StopValidation

from shop.fields import email_field, name_field, no_cpr, one_line, phone_field

LONGEST_NOTE = 5000


def _one_way_back(form: Any, field: Any) -> None:
    """Nobody can be told of a change without a mail address or a number."""
    if not field.data and not form.phone.data:
        raise StopValidation("Skriv en mailadresse eller et telefonnummer.")
    if not field.data:
        raise StopValidation


class CallerForm(FlaskForm):
    """Who is on the telephone."""

    submit_key = HiddenField()
    starts_at = HiddenField()
    name = name_field("Navn")
    phone = phone_field("Telefonnummer")
    email = email_field("Mailadresse", first=_one_way_back)
    note = TextAreaField(
        "Note",
        validators=[no_cpr, Length(max=LONGEST_NOTE, message="Skriv højst 5.000 tegn.")],
        filters=[lambda text: (text or "").replace("\r\n", "\n").strip()],
    )


class CalendarForm(FlaskForm):
    """A calendar elsewhere."""

    name = StringField(
        "Hvad skal vi kalde den?",
        validators=[
            DataRequired("Giv kalenderen et navn, for eksempel Privat."),
            Length(max=60, message="Navnet er for langt. Skriv højst 60 tegn."),
        ],
        filters=[one_line],
    )
    address = StringField(
        "Kalenderens hemmelige adresse",
        validators=[DataRequired("Skriv kalenderens adresse.")],
        filters=[one_line],
    )
