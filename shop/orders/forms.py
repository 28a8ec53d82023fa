"""The order form."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.validators import InputRequired

from shop.fields import email_field, name_field


class OrderForm(FlaskForm):
    class Meta:
        csrf = False  # CSRFProtect has checked the token of every POST before a view sees it

    email = email_field()
    name = name_field()
    terms = BooleanField(
        "Jeg er fyldt 18 år, siger ja til handelsbetingelserne og giver det samtykke, "
        "der står lige ovenfor",
        validators=[InputRequired("Sæt kryds, hvis du er fyldt 18 år og siger ja til begge dele.")],
    )
