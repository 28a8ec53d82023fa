"""The order form."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Regexp

from shop.fields import email_field


class OrderForm(FlaskForm):
    class Meta:
        csrf = False  # CSRFProtect has checked the token of every POST before a view sees it

    email = email_field()
    name = StringField(
        "Dit navn",
        validators=[
            DataRequired("Skriv dit navn."),
            Length(max=120, message="Navnet er for langt. Skriv højst 120 tegn."),
            Regexp(r"^[^\r\n<>]*$", message="Navnet må ikke have tegnene < og >."),
        ],
        filters=[lambda value: " ".join(value.split()) if value else value],
        render_kw={"autocomplete": "name"},
    )
    terms = BooleanField(
        "Jeg er fyldt 18 år og siger ja til handelsbetingelserne",
        validators=[
            InputRequired("Sæt kryds, hvis du er fyldt 18 år og siger ja til handelsbetingelserne.")
        ],
    )
