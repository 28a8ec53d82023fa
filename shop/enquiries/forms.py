"""The enquiry form."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from shop.enquiries.rules import TOPICS
from shop.fields import email_field, name_field, no_cpr, phone_field

LONGEST = 20_000


def _topic(value: str | None) -> str:
    """Nobody's enquiry is refused for want of a topic."""
    known = (value or "").replace("ø", "oe")
    return known if known in TOPICS else "andet"


def _text(value: str | None) -> str:
    """Lines as we store them, without control characters."""
    lines = (value or "").replace("\r\n", "\n").strip()
    return "".join(letter for letter in lines if letter in "\n\t" or ord(letter) >= 32)


class EnquiryForm(FlaskForm):
    class Meta:
        csrf = False  # the field of that name holds a ticket of our own

    csrf_token = HiddenField()
    checked_email = HiddenField()
    name = name_field()
    email = email_field()
    phone = phone_field()
    topic = RadioField(
        "Hvad handler det om?",
        choices=[SelectChoice(value, label) for value, label in TOPICS.items()],
        filters=[_topic],
        validate_choice=False,
    )
    message = TextAreaField(
        "Din besked",
        validators=[
            no_cpr,
            DataRequired("Skriv et par linjer om, hvad du vil spørge om."),
            Length(max=LONGEST, message="Beskeden er for lang. Skriv højst 20.000 tegn."),
        ],
        filters=[_text],
    )
    consent = BooleanField(
        "Samtykke",
        validators=[DataRequired("Sæt flueben, så Rasmus må læse og svare på det, du skriver.")],
    )
    comment = StringField("Lad feltet stå tomt")
