"""What is asked of somebody who books a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from shop.booking.rules import Patient
from shop.fields import email_field, name_field, no_cpr, phone_field

LONGEST = 5000
ANSWER = "q_"
NOTE = "Er der noget, Rasmus skal vide?"


def text_field(label: str) -> TextAreaField:
    """A few lines that may be left out."""
    too_long = Length(max=LONGEST, message="Teksten er for lang. Skriv højst 5.000 tegn.")
    return TextAreaField(label, validators=[no_cpr, too_long], filters=[_text])


def _text(value: str | None) -> str:
    lines = (value or "").replace("\r\n", "\n").strip()
    return "".join(letter for letter in lines if letter in "\n\t" or ord(letter) >= 32)


class BookingForm(FlaskForm):
    starts_at = HiddenField()
    checked_email = HiddenField()
    name = name_field()
    email = email_field()
    phone = phone_field()
    note = text_field(NOTE)
    remind_short = BooleanField("Mind mig også om tiden to timer før")
    comment = StringField("Lad feltet stå tomt", validators=[Length(max=0)])


class IntakeForm(FlaskForm):
    note = text_field(NOTE)


class AskForm(FlaskForm):
    fra = HiddenField()
    til = HiddenField()
    checked_email = HiddenField()
    name = name_field()
    email = email_field()
    phone = phone_field()
    consent = BooleanField(
        "Samtykke", validators=[DataRequired("Sæt flueben, så vi må skrive til dig.")]
    )
    comment = StringField("Lad feltet stå tomt", validators=[Length(max=0)])


def form_for(service: Any, **data: Any) -> BookingForm:
    """The form with the service's own questions; over the telephone it needs a number."""
    fields = _asked(service)
    if service.mode == "phone":
        fields["phone"] = phone_field()
        needed = DataRequired("Skriv det nummer, Rasmus skal ringe til.")
        fields["phone"].kwargs["validators"].insert(0, needed)
    form: BookingForm = type("ServiceForm", (BookingForm,), fields)(**data)
    return form


def intake_for(service: Any) -> IntakeForm:
    """The service's own questions alone, for who has a time and was never asked."""
    form: IntakeForm = type("ServiceIntake", (IntakeForm,), _asked(service))()
    return form


def _asked(service: Any) -> dict[str, Any]:
    return {ANSWER + question["key"]: _field(question) for question in service.questions}


def _field(question: dict[str, Any]) -> Any:
    choices = question.get("choices")
    if not choices:
        return text_field(question["label"])
    return RadioField(question["label"], choices=choices, validators=[Optional()], coerce=str)


def questions(form: FlaskForm, service: Any) -> list[tuple[Field, str]]:
    """The fields of the service's own questions, with the hint for each."""
    return [(form[ANSWER + asked["key"]], asked.get("hint", "")) for asked in service.questions]


def answers(form: FlaskForm, service: Any) -> tuple[dict[str, str], ...]:
    """What was answered of the service's own questions, with the questions as they were read."""
    return tuple(
        {"label": str(field.label.text), "answer": field.data}
        for field, _ in questions(form, service)
        if field.data and field.data != "None"
    )


def patient(form: BookingForm, service: Any) -> Patient:
    """What was typed, once it is valid."""
    return Patient(
        form.name.data,
        form.email.data,
        form.phone.data or "",
        form.note.data,
        answers(form, service),
        form.remind_short.data,
    )


def read_moment(typed: str | None) -> datetime | None:
    """The moment in "2026-12-02T09:00:00+01:00"; None when there is none, or it has no offset.

    A + that came as it is has become a blank on its way.
    """
    try:
        read = datetime.fromisoformat((typed or "").strip().replace(" ", "+"))
    except ValueError:
        return None
    in_range = 2000 < read.year < 2200
    return read if in_range and isinstance(read.utcoffset(), timedelta) else None
