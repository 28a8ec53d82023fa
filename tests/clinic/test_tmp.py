"""Copy into tests/clinic/ to see the bugs."""
import pytest
LIST = "/klinik/henvendelser"

@pytest.mark.parametrize("name", ["Anne Berg", "Hans Bech"])
def test_a_name_of_eight_letters_is_found(clinic, name):
    clinic.receive(name=name)
    clinic.browser.get(LIST).submit("Søg", query=name)
    assert clinic.names() == [name]

def test_a_number_too_large_for_the_database(clinic):
    assert clinic.browser.get(f"{LIST}?before=99999999999999999999").status in {200, 404}
    token = clinic.browser.csrf()
    assert clinic.browser.post("/klinik/mails/99999999999999999999/igen", {"csrf_token": token}).status in {303, 404}

def test_marked_as_spam_by_mistake_before_the_mails_left(clinic, send_mail):
    reference = clinic.receive()
    clinic.open(reference).submit("Gem", state="spam")
    clinic.open(reference).submit("Frigiv: send den videre")
    assert clinic.row(reference).state == "new"
    assert len(send_mail()) == 3, "sign-in, lead, receipt"

@pytest.mark.parametrize("query", ["tlf. 20 12 34 56", "0046 70 123 45 67", "Bech, Hans"])
def test_spelled_as_people_do(clinic, query):
    clinic.receive(name="Hans Bech")
    clinic.receive(name="Anna", phone="+46701234567")
    clinic.browser.get(LIST).submit("Søg", query=query)
    assert len(clinic.names()) == 1

def test_a_suspect_marked_spam_then_released(clinic, send_mail):
    reference = clinic.receive("trap")
    clinic.open(reference).submit("Det er spam")
    assert clinic.mails() == {}
    clinic.open(reference).submit("Frigiv: send den videre")
    assert len(send_mail()) == 3
