"""What became of each mail, what one can do about it, and the banner when something is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet, MultiFernet

from shop.clinic import labels
from shop.db import transaction
from shop.outbox import actions
from shop.outbox.delivery import deliver_due
from shop.outbox.rules import Letter
from shop.web import now
from tests.conftest import let_in

MAILS = "/klinik/mails"
NO_WORKER = "har ikke meldt sig i to minutter"
WAITS = "har ventet i mere end et kvarter"
FAILED = "kom ikke frem"
FATES = [
    ("queued", {}, "Venter", True),
    ("retry", {"failure": "temporary", "tries": 3}, "Prøver igen", True),
    ("sending", {"tries": 1}, "Bliver sendt", False),
    ("sent", {"tries": 1}, "Sendt", False),
    ("failed", {"failure": "permanent", "tries": 1}, "Kom ikke frem", True),
    ("failed", {"failure": "technical", "tries": 9}, "Kom ikke frem", True),
    ("bounced", {"failure": "permanent", "tries": 1}, "Kom retur", True),
    ("superseded", {}, "Ikke nødvendig mere", False),
    ("expired", {}, "For gammel til at blive sendt", False),
]


@pytest.mark.parametrize(("state", "more", "said", "again"), FATES)
def test_the_fate_of_each_mail_stands_on_the_lead(clinic, state, more, said, again):
    reference = clinic.receive()
    sent_at = now() if state in {"sent", "bounced"} else None
    clinic.set_mail("lead", state=state, sent_at=sent_at, **more)
    clinic.set_mail("receipt", state="superseded")
    words = clinic.open(reference).words()
    assert f"Besked til dig: {said}" in words
    assert "Kvittering: Ikke nødvendig mere" in words
    if "failure" in more:
        assert labels.FAILURES[more["failure"]] in words
    if more.get("tries", 0) > 1:
        assert f"{more['tries']} forsøg" in words
    assert ("Prøv igen" in clinic.browser.buttons()) == again
    assert ("Mailen kom retur" in clinic.browser.buttons()) == (state == "sent")


def test_an_enquiry_without_mails_says_so(clinic):
    reference = clinic.receive("links")
    assert "Der er ikke sendt mails om den." in clinic.open(reference).words()


def press(clinic, button: str, page: str):
    """Presses a button as a browser does, which says where it was."""
    form, _ = clinic.browser._form_of(button)
    data = {"csrf_token": clinic.browser.csrf()}
    return clinic.browser.post(form.get("action"), data, Referer=f"http://localhost{page}")


def test_a_failed_mail_is_sent_again_and_one_is_back_on_the_page(clinic, send_mail):
    reference = clinic.receive()
    page = f"/klinik/henvendelser/{reference}"
    clinic.set_mail("receipt", state="sent")
    clinic.set_mail("lead", state="failed", failure="permanent", tries=4, last_error="x")
    clinic.browser.get(page)
    press(clinic, "Prøv igen", page)
    assert (clinic.browser.status, clinic.browser.response.location) == (303, page)
    assert "Besked til dig: Venter" in clinic.browser.follow().words()
    [lead] = [mail for mail in send_mail() if mail["to"] == ["rh@kirohaderslev.dk"]]
    assert "Kirsten Prøve" in lead["text"]
    assert clinic.mails()["lead"].state == "sent"


def test_a_mail_that_came_back_is_marked_and_sent_again(clinic, send_mail):
    reference = clinic.receive()
    send_mail()
    clinic.open(reference)
    action = f"/klinik/mails/{clinic.mails()['receipt'].id}/retur"
    clinic.browser.post(action, {"csrf_token": clinic.browser.csrf()})
    assert clinic.browser.response.location == MAILS, "when the browser does not say whence"
    assert "Kvittering Til kirsten@example.dk Kom retur" in clinic.browser.follow().words()
    assert clinic.mails()["receipt"].state == "bounced"
    clinic.browser.submit("Prøv igen")
    assert clinic.mails()["receipt"].state == "queued"
    assert len(send_mail()) == 3, "the lead, and the receipt twice"


def test_what_has_been_seen_raises_no_alarm_and_stays_on_the_lead(clinic):
    reference = clinic.receive()
    clinic.set_mail("lead", state="failed", failure="permanent")
    assert FAILED in clinic.browser.get(MAILS).words()
    clinic.browser.submit("Jeg har set det").follow()
    words = clinic.browser.words()
    assert "Alle mails er kommet af sted." in words
    assert "En mail kom ikke frem" not in words
    assert "Besked til dig: Kom ikke frem" in clinic.open(reference).words()


@pytest.mark.parametrize("action", ["igen", "retur", "set"])
def test_a_button_pressed_too_late_does_nothing(clinic, action):
    clinic.receive()
    clinic.set_mail("lead", state="superseded")
    token = clinic.browser.get("/log-ind").csrf()
    before = clinic.mails()["lead"]
    for number in (before.id, 10**6, 10**20):
        clinic.browser.post(f"/klinik/mails/{number}/{action}", {"csrf_token": token})
        assert clinic.browser.status == (303 if number < 2**63 else 404)
    after = clinic.mails()["lead"]
    assert (after.state, after.seen_at, after.tries) == ("superseded", None, 0)


@pytest.mark.parametrize(
    "action", ["/klinik/mails/1/igen", "/klinik/mails/1/retur", "/klinik/mails/1/set"]
)
def test_the_buttons_need_their_form(clinic, action):
    assert clinic.browser.post(action).status == 400
    assert clinic.browser.get(action).status == 405


def test_a_button_leads_nowhere_else(clinic):
    clinic.receive()
    form = {"csrf_token": clinic.browser.get("/log-ind").csrf()}
    for elsewhere in ("https://evil.example/klinik", "http://localhost@evil.example/", "//evil"):
        clinic.browser.post("/klinik/mails/1/set", form, Referer=elsewhere)
        assert clinic.browser.response.location == MAILS, elsewhere


def test_the_page_of_mails_counts_and_lists(clinic):
    clinic.receive()
    clinic.set_mail(
        "lead", state="retry", failure="temporary", tries=2, not_before=now() + timedelta(minutes=4)
    )
    clinic.set_mail("receipt", state="failed", failure="permanent", tries=1)
    words = clinic.browser.get(MAILS).words()
    assert "Kom ikke frem1 Venter1 Sendt i dag0" in words
    assert "Til rh@kirohaderslev.dk Prøver igen" in words
    assert "2 forsøg. Prøver igen" in words
    assert "Til kirsten@example.dk Kom ikke frem" in words
    assert labels.FAILURES["permanent"] in words


def test_what_was_sent_yesterday_is_not_of_today(clinic):
    clinic.clock.move_to((now() + timedelta(days=1)).replace(hour=11))
    clinic.receive()
    clinic.set_mail("lead", state="sent", sent_at=now() - timedelta(hours=13))
    clinic.set_mail("receipt", state="sent", sent_at=now() - timedelta(hours=1))
    assert "Sendt i dag1" in clinic.browser.get(MAILS).words().replace(" ", "").replace(
        "idag", " i dag"
    )


def test_all_well_means_no_banner(clinic, work):
    work()
    clinic.receive()
    for path in ("/klinik/henvendelser", MAILS, "/klinik/opbevaring"):
        words = clinic.browser.get(path).words()
        for alarm in (NO_WORKER, WAITS, "mail kom ikke frem", "mails kom ikke frem"):
            assert alarm not in words, path


def test_a_worker_that_is_away_is_told_on_every_page(clinic, work):
    reference = clinic.receive()
    assert NO_WORKER in clinic.browser.get("/klinik/henvendelser").words()
    work()
    assert NO_WORKER not in clinic.browser.get("/klinik/henvendelser").words()
    clinic.clock.shift(timedelta(minutes=2, seconds=1))
    for path in ("/klinik/henvendelser", MAILS, f"/klinik/henvendelser/{reference}"):
        assert NO_WORKER in clinic.browser.get(path).words()


def test_a_mail_that_waits_is_told(clinic, work):
    clinic.receive()
    told_to_wait = {"failure": "temporary", "code": 451, "not_before": now() + timedelta(hours=1)}
    clinic.set_mail("lead", state="retry", **told_to_wait)
    clinic.clock.shift(timedelta(minutes=15))
    work()
    assert WAITS not in clinic.browser.get("/klinik/henvendelser").words()
    clinic.clock.shift(timedelta(seconds=1))
    assert WAITS in clinic.browser.get("/klinik/henvendelser").words()
    assert clinic.browser.links()["hvad der venter"] == MAILS


@pytest.mark.parametrize(
    ("count", "said"), [(1, "En mail kom ikke frem."), (2, "2 mails kom ikke frem.")]
)
def test_mails_that_failed_are_told(clinic, work, count, said):
    work()
    clinic.receive()
    for kind in ["lead", "receipt"][:count]:
        clinic.set_mail(kind, state="failed", failure="permanent")
    assert said in clinic.browser.get("/klinik/henvendelser").words()


def test_a_mail_server_that_says_no_is_told_on_the_lead(clinic, mailbox, send_mail):
    mailbox.behave("550")
    reference = clinic.receive()
    send_mail()
    send_mail()
    fates = {mail.kind: (mail.state, mail.failure) for mail in clinic.mails().values()}
    assert fates == {"receipt": ("failed", "permanent"), "lead": ("retry", "temporary")}, (
        "the clinic's own mailbox is ours to mend: full today, it may be emptied tomorrow"
    )
    words = clinic.open(reference).words()
    assert "En mail kom ikke frem." in words
    assert words.count(labels.FAILURES["permanent"]) == 1


def test_a_mail_that_cannot_be_read_any_more_can_be_put_aside(clinic, monkeypatch):
    clinic.receive()
    other = Fernet(Fernet.generate_key())
    with monkeypatch.context() as with_another_key:
        with_another_key.setitem(clinic.app.extensions, "data_cipher", MultiFernet([other]))
        with clinic.app.app_context():
            deliver_due()
        words = clinic.browser.get(MAILS).words()
        assert clinic.browser.status == 200
        assert words.count("en adresse, der ikke kan læses") == 2
        for _ in range(2):
            clinic.browser.submit("Jeg har set det")
            assert clinic.browser.status == 303
            clinic.browser.get(MAILS)
    assert "kom ikke frem." not in clinic.browser.get(MAILS).words()


def test_a_mail_of_another_kind_is_called_by_its_kind(clinic):
    with clinic.app.app_context(), transaction():
        actions.queue(Letter("a@example.dk", "Emne", "Ord"), "order-confirmed", "x", now())
    assert "Ordrebekræftelse" in clinic.browser.get(MAILS).words()


def test_the_doctors_numbers_are_looked_at_again_when_the_regions_change(
    app, clinic, clinician, new_browser, monkeypatch
):
    for moment, is_told in (
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), False),
        (datetime(2026, 12, 31, 23, 1, tzinfo=UTC), True),
    ):
        clinic.clock.move_to(moment)
        browser = let_in(app, new_browser(), clinician)
        assert ("Tjek lægevagtens numre" in browser.get(MAILS).words()) == is_told
    given = app.extensions["settings"].clinic
    looked = [row | {"checked": given["laegevagt_changes_on"]} for row in given["laegevagt"]]
    monkeypatch.setitem(given, "laegevagt", looked)
    assert "Tjek lægevagtens numre" not in browser.get(MAILS).words()
