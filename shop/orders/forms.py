"""The order form."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, StringField
from wtforms.validators import DataRequired, Email, InputRequired, Length, Regexp


class OrderForm(FlaskForm):
    email = EmailField(
        "Din mailadresse",
        validators=[
            DataRequired("Skriv din mailadresse."),
            Email("Mailadressen ser ikke rigtig ud. Tjek den for slåfejl."),
            Length(max=254, message="Mailadressen er for lang."),
        ],
        filters=[lambda value: value.strip() if value else value],  # keyboards add a space
        render_kw={"autocomplete": "email", "inputmode": "email"},
    )
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
