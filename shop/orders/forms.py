"""The order form."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from shop.danish import COPENHAGEN
from shop.fields import consent_field, email_field, name_field, terms_field
from shop.gifts import rules as gifts
from shop.gifts.rules import Wish
from shop.web import now

FOR = {
    "": "Til mig selv",
    gifts.MAIL: "Som gave. Vi sender den i en mail til den, der skal have den",
    gifts.CARD: "Som gave. Jeg får et gavekort, som jeg selv printer",
}


def _by_mail_only(form: Any, _field: Any) -> None:
    """What is typed about a recipient counts only for a gift that goes by mail."""
    if form.gift.data != gifts.MAIL:
        raise StopValidation


def _is_needed_by_mail(form: Any, field: Any) -> None:
    _by_mail_only(form, field)
    if not field.data:
        raise StopValidation("Skriv modtagerens mailadresse.")


_is_needed_by_mail.field_flags = {"required": True}  # type: ignore[attr-defined]


def _is_a_day_ahead(_form: Any, field: DateField) -> None:
    today = now().astimezone(COPENHAGEN).date()
    if field.data is None and any(field.raw_data or ()):
        raise StopValidation("Vælg en dag, for eksempel 24.12.2026.")
    if field.data and not today <= field.data <= today + gifts.FARTHEST:
        field.errors = []
        raise StopValidation("Vælg en dag fra i dag og højst et år frem.")


class _DayField(DateField):
    """A day that may be left out; what cannot be read is told by the validators."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([text for text in valuelist if text.strip()])
        except ValueError:
            self.data = None


class OrderForm(FlaskForm):
    class Meta:
        csrf = False  # CSRFProtect has checked the token of every POST before a view sees it

    gift = RadioField(
        "Hvem er kurset til?", choices=[SelectChoice(*each) for each in FOR.items()], default=""
    )
    recipient = email_field("Modtagerens mailadresse", _is_needed_by_mail)
    send_on = _DayField("Hvilken dag skal den sendes?", validators=[_by_mail_only, _is_a_day_ahead])
    email = email_field()
    checked_email = HiddenField()
    name = name_field()
    terms = terms_field()
    consent = consent_field()

    def wish(self) -> Wish | None:
        """What is wanted for somebody else; None when the course is for the buyer."""
        if not self.gift.data:
            return None
        if self.gift.data == gifts.CARD:
            return Wish(gifts.CARD)
        return Wish(gifts.MAIL, self.recipient.data, self.send_on.data)
