"""The fields that forms share: one line, no CPR number, and what browsers need to help."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form, TextAreaField

from shop.fields import email_field, name_field, no_cpr, one_line, phone_field
from tests.enquiries import corpus


class Person(Form):
    name = name_field()
    email = email_field()
    phone = phone_field()
    message = TextAreaField("Besked", validators=[no_cpr])


def filled(**typed: str) -> Person:
    honest = {"name": "Kirsten Prøve", "email": "kirsten@example.dk", "phone": "", "message": "Hej"}
    return Person(MultiDict(honest | typed))


def test_an_honest_person_is_taken_as_typed():
    form = filled(phone="20 12 34 56")
    assert form.validate(), form.errors
    assert (form.name.data, form.email.data) == ("Kirsten Prøve", "kirsten@example.dk")
    assert form.phone.data == "+4520123456"


@pytest.mark.parametrize("typed", ["", "   "])
def test_the_phone_may_be_left_out(typed):
    form = filled(phone=typed)
    assert form.validate()
    assert form.phone.data == ""


def test_a_form_without_a_phone_field_posted_is_whole():
    form = Person(MultiDict({"name": "Kirsten", "email": "kirsten@example.dk"}))
    assert form.validate(), form.errors
    assert form.phone.data == ""


@pytest.mark.parametrize("field", ["name", "email", "phone", "message"])
def test_a_cpr_number_stops_every_field(field):
    form = filled(**{field: "010190-1234"})
    assert not form.validate()
    (message,) = form.errors[field]
    assert message.startswith("Her står noget, der ligner et CPR-nummer.")
    assert "010190" not in message


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", " \r\n "),
        ("name", "k" * 121),
        ("name", "<b>Kirsten</b>"),
        ("email", ""),
        ("email", "kirsten"),
        ("email", "kirsten@example.dk, bent@example.dk"),
        ("phone", "112"),
        ("phone", "2" * 41),
        ("phone", "efter kl. 16"),
    ],
)
def test_a_mistake_gets_one_sentence(field, typed):
    form = filled(**{field: typed})
    assert not form.validate()
    assert [*form.errors] == [field]
    assert len(form.errors[field]) == 1
    assert form.errors[field][0].endswith(".")


@pytest.mark.parametrize("field", ["name", "email", "phone"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\v", "\f", "\x85", "\u2028", "\x1c"])
def test_nothing_begins_a_second_line(field, end):
    honest = {"name": "Kirsten Prøve", "email": "kirsten@example.dk", "phone": "+4520123456"}
    form = filled(**{field: f"{end} {honest[field]}{end}Bcc: b@example.com"})
    assert form.validate(), form.errors
    assert form[field].data == honest[field]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (None, None),
        ("", ""),
        ("\n\n", ""),
        ("  Kirsten \t  Prøve ", "Kirsten Prøve"),
        ("Kir\0sten\x1b", "Kirsten"),
        ("\0\nKirsten", "Kirsten"),
    ],
)
def test_one_line(typed, kept):
    assert one_line(typed) == kept


@pytest.mark.parametrize(
    ("field", "attributes"),
    [
        ("name", ('type="text"', 'autocomplete="name"', 'maxlength="120"', "required")),
        (
            "email",
            ('type="email"', 'autocomplete="email"', 'inputmode="email"', 'maxlength="254"'),
        ),
        ("phone", ('type="tel"', 'autocomplete="tel"', 'inputmode="tel"', 'maxlength="40"')),
    ],
)
def test_browsers_are_told_what_is_asked(field, attributes):
    shown = str(filled()[field]())
    for attribute in attributes:
        assert attribute in shown
    assert ("required" in shown) == (field != "phone")


def test_a_phone_number_is_shown_again_as_it_was_typed():
    form = filled(phone="20 12 34 56", name="")
    assert not form.validate()
    assert 'value="20 12 34 56"' in str(form.phone())
    assert 'value="+4520123456"' in str(Person(data={"phone": "+4520123456"}).phone())


@pytest.mark.parametrize("entry", [*corpus.ham(), *corpus.spam()], ids=str)
def test_every_post_of_the_corpora_gets_past_the_fields(entry):
    """What is suspect is set aside, so it must not be turned away at the door."""
    form = filled(name=entry.name, email=entry.email, phone=entry.phone, message=entry.message)
    assert form.validate(), form.errors
