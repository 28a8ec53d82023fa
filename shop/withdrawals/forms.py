"""The form by which somebody withdraws."""

from __future__ import annotations

import re
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField
from wtforms.validators import DataRequired, Length, Regexp, StopValidation

from shop.fields import email_field, name_field, no_cpr, one_line

# What a mail program makes a link of: ondt.dk, t.co, and with the points of IDNA (UTS 46, 2.3).
# Not an initial before a name (J.P.Hansen), and not a month after a day (24.nov.2026).
LINK = re.compile(
    r"""://|\bwww\.
    |(?:[\w-]\w[.\u3002\uff0e\uff61]|\w[.\u3002\uff0e\uff61](?=[^\W\d_]{2,3}\b|[^\W\d_]+/))
    (?!(?:jan|feb|mar|apr|maj|jun|jul|aug|sept?|okt|nov|dec
    |januar|februar|marts|april|juni|juli|august|september|oktober|november|december)\b)
    [^\W\d_]{2,}\b""",
    re.IGNORECASE | re.VERBOSE,
)


def no_link(_form: Any, field: Field) -> None:
    """Stop at a web or mail address: the receipt goes to whatever mail address is typed beside it.

    Otherwise anybody could have our server mail theirs to anybody.
    """
    if LINK.search(field.data or ""):
        raise StopValidation(
            "Her står noget, der ligner en webadresse eller en mailadresse. Slet den. "
            "Er det ikke en adresse, så sæt et mellemrum efter punktummet."
        )


class WithdrawalForm(FlaskForm):
    class Meta:
        csrf = False  # a statement must not be lost with a cookie; the view looks where it is from

    order = StringField(
        "Ordrenummer",
        validators=[
            no_cpr,
            DataRequired("Skriv ordrenummeret eller den dag, du købte."),
            Length(max=60, message="Det er for langt. Skriv højst 60 tegn."),
            no_link,
            Regexp(r"^[\w .,:#/-]*$", message="Skriv kun bogstaver og tal."),
        ],
        filters=[one_line],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    name = name_field()
    email = email_field("Mailadressen, du købte med")
    key = HiddenField()

    def validate_name(self, field: StringField) -> None:
        no_link(self, field)
