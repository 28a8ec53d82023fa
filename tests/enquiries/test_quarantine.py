"""Suspects are set aside where the clinician sees them; everybody else gets through."""

from __future__ import annotations

import pytest

from tests.browser import Browser
from tests.enquiries import corpus
from tests.enquiries.conftest import WORDS

SPAM, HAM = list(corpus.spam()), list(corpus.ham())


def post(app, desk, entry, number: int) -> Browser:
    visitor = Browser(app, f"10.{number // 200}.0.{number % 200 + 1}")
    typed = {"name": entry.name, "email": entry.email, "phone": entry.phone}
    return desk.write(
        visitor,
        entry.seconds,
        **typed,
        topic=entry.topic,
        message=entry.message,
        comment=entry.trap,
    )


@pytest.mark.endurance
def test_all_spam_is_set_aside_and_gets_no_answer(app, desk, send_mail):
    for number, entry in enumerate(SPAM):
        answer = post(app, desk, entry, number)
        assert answer.status == 303, f"{entry}: {answer.status} tells the robot something"
    rows = desk.rows()
    assert len(rows) == len(SPAM) == 100
    assert [str(SPAM[n]) for n, row in enumerate(rows) if row.state != "suspected"] == []
    assert send_mail() == []


@pytest.mark.endurance
def test_all_honest_messages_arrive(app, desk, send_mail):
    for number, entry in enumerate(HAM):
        answer = post(app, desk, entry, number)
        assert answer.status == 303, f"{entry}: {answer.words()[:300]}"
    rows = desk.rows()
    assert [(str(HAM[n]), row.suspicions) for n, row in enumerate(rows) if row.suspicions] == []
    assert len(rows) == len(HAM) == 50
    mails = send_mail()
    while len(mails) < 100:
        before, mails = len(mails), send_mail()
        assert len(mails) > before
    leads = [mail for mail in mails if mail["to"] == ["rh@kirohaderslev.dk"]]
    assert [mail["reply_to"] for mail in leads] == [row.email for row in rows]
    for lead, row in zip(leads, rows, strict=True):
        assert "".join(row.message.split()) in "".join(lead["text"].split())


def test_one_client_that_writes_much_is_set_aside(app, desk):
    for number in range(12):
        desk.write(Browser(app, "10.0.0.7"), email=f"nr{number}@example.dk", name=f"Nr. {number}")
    assert [row.suspicions for row in desk.rows()] == [""] * 10 + ["same_client"] * 2


def test_one_address_that_is_used_much_is_set_aside(app, desk):
    for number in range(6):
        email = WORDS["email"].upper() if number % 2 else WORDS["email"]
        desk.write(Browser(app, f"10.0.0.{number}"), email=email, name=f"Nr. {number}")
    assert [row.suspicions for row in desk.rows()] == [""] * 4 + ["same_address"] * 2


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("field", ["name", "email", "phone"])
def test_no_line_break_reaches_a_header(desk, browser, field, break_):
    desk.write(browser, **{field: f"{WORDS[field]}{break_}Bcc: alle@example.com"})
    kept = desk.one()
    assert (kept.state, kept.suspicions) == ("suspected", "line_breaks")
    assert (kept.name, kept.email) == (WORDS["name"], WORDS["email"])
