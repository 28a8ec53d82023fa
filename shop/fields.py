"""Form fields that several forms share."""

from __future__ import annotations

import unicodedata
from typing import Any

from email_validator import EmailNotValidError, validate_email
from wtforms import BooleanField, EmailField, Field, StringField, TelField
from wtforms.validators import DataRequired, InputRequired, Length, Regexp, StopValidation

from shop import phone
from shop.cpr import holds_cpr


def name_field(label: str = "Dit navn") -> StringField:
    """A person's name: one line, at most 120 characters, single blanks, neither < nor >."""
    return StringField(
        label,
        validators=[
            no_cpr,
            DataRequired("Skriv dit navn."),
            Length(max=120, message="Navnet er for langt. Skriv højst 120 tegn."),
            Regexp(r"^[^<>]*$", message="Navnet må ikke have tegnene < og >."),
        ],
        filters=[one_line],
        render_kw={"autocomplete": "name"},
    )


def email_field(label: str = "Din mailadresse", first: Any = None) -> EmailField:
    """A mail address that any mail server takes: ASCII before the @, and after it once encoded.

    Checked without DNS. Afterwards the data is the address as it is sent to (RFC 5890 A-labels).
    `first` decides in place of "it must be there", and may let it be left out.
    """
    return EmailField(
        label,
        validators=[
            no_cpr,
            first or DataRequired("Skriv din mailadresse."),
            Length(max=254, message="Mailadressen er for lang."),
            _is_deliverable,
        ],
        filters=[one_line],
        render_kw={"autocomplete": "email", "inputmode": "email"},
    )


def phone_field(label: str = "Dit telefonnummer") -> TelField:
    """A phone number that may be left out. Valid data is E.164, "+4520123456", or ""."""
    return _PhoneField(
        label,
        validators=[
            no_cpr,
            _is_possible_number,
            Length(max=40, message="Telefonnummeret er for langt."),  # tells the browser, too
        ],
        filters=[one_line],
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
    )


def no_cpr(_form: Any, field: Field) -> None:
    """Stop at a CPR number, before any other check: databeskyttelsesloven § 11. For text fields.

    What was typed goes back to its writer in the form; it must be neither stored nor logged.
    """
    if holds_cpr(field.data or ""):
        raise StopValidation(
            "Her står noget, der ligner et CPR-nummer. Slet det, før du sender. "
            "Vi har ikke brug for det og gemmer det ikke."
        )


def one_line(value: str | None) -> str | None:
    """A filter: the first line that is not empty, trimmed, its blanks made single spaces.

    So nothing typed into a one-line field can begin a mail header of its own (RFC 5322 § 2.2).
    Control characters go: PostgreSQL keeps no NUL.
    """
    if value is None:
        return None
    lines = (" ".join(line.split()) for line in value.splitlines())
    printed = ("".join(c for c in line if unicodedata.category(c) != "Cc") for line in lines)
    return next((line for line in printed if line), "")


def terms_field() -> BooleanField:
    """The box for who buys or takes a gift: old enough, and agreed to the terms."""
    return BooleanField(
        "Jeg er fyldt 18 år og siger ja til handelsbetingelserne",
        validators=[
            InputRequired("Sæt flueben, hvis du er fyldt 18 og siger ja til handelsbetingelserne.")
        ],
    )


def consent_field() -> BooleanField:
    """A box of its own for what tells of somebody's health (GDPR art. 7, 2 and 9, 2 a).

    The words stand in `content/consents`, and the template shows them.
    """
    return BooleanField(
        validators=[InputRequired("Sæt flueben, hvis du siger ja. Uden det kan kurset ikke åbnes.")]
    )


class _PhoneField(TelField):
    def _value(self) -> str:
        """What was typed, so that a form with an error shows it as its writer knows it."""
        return self.raw_data[0] if self.raw_data else self.data or ""


def _is_deliverable(_form: Any, field: EmailField) -> None:
    try:
        checked = validate_email(
            field.data.strip(), check_deliverability=False, allow_smtputf8=False
        )
    except EmailNotValidError as error:
        raise StopValidation("Mailadressen ser ikke rigtig ud. Tjek den for slåfejl.") from error
    field.data = checked.ascii_email or field.data


def _is_possible_number(_form: Any, field: TelField) -> None:
    if not field.data:
        field.data = ""
        return
    number = phone.parsed(field.data)
    if number is None:
        raise StopValidation(
            "Telefonnummeret ser ikke rigtigt ud. Skriv det for eksempel sådan: 20 12 34 56."
        )
    field.data = number
