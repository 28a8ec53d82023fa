"""The back office's forms about orders."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Regexp, StopValidation

from shop.clinic.order_labels import CHANNELS, REASONS
from shop.danish import COPENHAGEN
from shop.fields import email_field, name_field, no_cpr, one_line
from shop.web import now

LARGEST = Decimal(1_000_000)
THOUSANDS = re.compile(r"\d{1,3}(\.\d{3})+")


def _is_needed_for_a_part(form: Any, _field: Any) -> None:
    if form.how_much.data == "part" and form.amount_ore is None:
        raise StopValidation("Skriv et beløb som 100 eller 99,50.")


_is_needed_for_a_part.field_flags = {"required": True}  # type: ignore[attr-defined]


class RefundForm(FlaskForm):
    class Meta:
        csrf = False  # CSRFProtect has checked the token of every POST before a view sees it

    how_much = RadioField(
        "Hvor meget?",
        choices=[SelectChoice("all", "Alt, hvad der er tilbage"), SelectChoice("part", "En del")],
    )
    amount = StringField("Beløb i kroner", validators=[_is_needed_for_a_part], filters=[one_line])
    reason = SelectField(
        "Hvorfor?",
        choices=[SelectChoice(key, REASONS[key]) for key in REASONS if key != "withdrawal"],
        validators=[InputRequired("Vælg en grund.")],
    )
    note = StringField(
        "Note", validators=[no_cpr, Length(max=300, message="Højst 300 tegn.")], filters=[one_line]
    )
    seen = HiddenField(validators=[InputRequired(), Regexp(r"^\d{1,6}$")])

    @property
    def amount_ore(self) -> int | None:
        """What is to be paid back, in øre; None for all that is left."""
        if self.how_much.data != "part":
            return None
        typed = (self.amount.data or "").replace("kr.", "").replace(" ", "")
        if "," in typed or THOUSANDS.fullmatch(typed):  # Danish points stand between thousands
            typed = typed.replace(".", "").replace(",", ".")
        try:
            kroner = Decimal(typed)
        except InvalidOperation:
            return None
        if not kroner.is_finite() or not 0 < kroner < LARGEST or kroner != round(kroner, 2):
            return None
        return int(kroner * 100)


class AddressForm(FlaskForm):
    class Meta:
        csrf = False  # as above

    email = email_field("Køberens rigtige mailadresse")


class LetterForm(FlaskForm):
    class Meta:
        csrf = False  # as above

    name = name_field("Navnet i brevet")
    email = email_field("Købers mailadresse")
    order = StringField(
        "Ordrenummer",
        validators=[no_cpr, DataRequired("Skriv ordrenummeret."), Length(max=60)],
        filters=[one_line],
    )
    channel = RadioField(
        "Hvordan kom den?",
        choices=[SelectChoice(key, CHANNELS[key]) for key in ("letter", "mail")],
        default="letter",
    )
    sent_on = DateField(
        "Sendt den", validators=[InputRequired("Skriv den dag, den blev sendt, fx poststemplet.")]
    )

    def validate_sent_on(self, field: DateField) -> None:
        if field.data and field.data > now().astimezone(COPENHAGEN).date():
            raise StopValidation("Den dag er ikke kommet endnu.")
