"""Form fields that several forms share."""

from __future__ import annotations

from typing import Any

from email_validator import EmailNotValidError, validate_email
from wtforms import EmailField
from wtforms.validators import DataRequired, Length, StopValidation


def email_field(label: str = "Din mailadresse") -> EmailField:
    """A mail address that any mail server takes: ASCII before the @, and after it once encoded.

    Checked without DNS. Afterwards the data is the address as it is sent to (RFC 5890 A-labels).
    """
    return EmailField(
        label,
        validators=[
            DataRequired("Skriv din mailadresse."),
            Length(max=254, message="Mailadressen er for lang."),
            _is_deliverable,
        ],
        render_kw={"autocomplete": "email", "inputmode": "email"},
    )


def _is_deliverable(_form: Any, field: EmailField) -> None:
    try:
        checked = validate_email(
            field.data.strip(), check_deliverability=False, allow_smtputf8=False
        )
    except EmailNotValidError as error:
        raise StopValidation("Mailadressen ser ikke rigtig ud. Tjek den for slåfejl.") from error
    field.data = checked.ascii_email or field.data
