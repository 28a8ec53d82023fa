"""After the booking: reminders, the waiting list, marks, what is sent and what is deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from shop.booking import (
    actions,
    emails,
    erasure_actions,
    models,
    reminders,
    rules,
    telling,
    waiting,
)
from shop.booking.models import Appointment, SlotClaim, Waiting
from shop.booking.rules import SlotTaken
from shop.danish import COPENHAGEN
from shop.db import IllegalMove, db
from shop.deadlock import settled
from shop.outbox.models import Mail
from shop.settings import ROOT
from tests.booking.conftest import MONDAY, NOW, Clinic
from tests.browser import Browser
from tests.conftest import sign_in

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def now_is(at):
    at(NOW)


def kinds() -> list[tuple[str, str]]:
    db.session.rollback()
    return [
        tuple(row) for row in db.session.execute(sa.select(Mail.kind, Mail.state).order_by(Mail.id))
    ]


def remind(now: datetime) -> int:
    return settled(lambda: reminders.remind(now))


@pytest.mark.parametrize(
    ("before", "told_before", "short", "reminded", "which"),
    [
        (25 * HOUR, 99 * HOUR, True, 0, None),
        (24 * HOUR, 99 * HOUR, False, 0, "day"),
        (4 * HOUR, 99 * HOUR, False, 0, "day"),
        (4 * HOUR, 99 * HOUR, False, 1, None),
        (3 * HOUR, 99 * HOUR, False, 0, None),
        (24 * HOUR, 20 * HOUR, False, 0, None),
        (2 * HOUR, 99 * HOUR, False, 1, None),
        (2 * HOUR, 99 * HOUR, True, 1, "hours"),
        (2 * HOUR, 99 * HOUR, True, 3, None),
        (2 * HOUR, 5 * HOUR, True, 0, "hours"),
        (2 * HOUR, HOUR, True, 0, None),
        (HOUR / 4, 99 * HOUR, True, 1, None),
    ],
)
def test_which_reminder_is_due(before, told_before, short, reminded, which):
    starts_at = datetime(2026, 11, 30, 8, tzinfo=UTC)
    told_at = starts_at - told_before
    assert reminders.due(starts_at, told_at, short, reminded, starts_at - before) == which


def test_a_reminder_is_sent_once_and_the_short_one_when_chosen(clinic):
    made = clinic.book(clinic.first(), remind_short=True)
    at = made.starts_at
    assert remind(at - 25 * HOUR) == 0
    assert remind(at - 23 * HOUR) == 1
    assert remind(at - 22 * HOUR) == 0
    assert remind(at - 2 * HOUR) == 1
    assert remind(at - HOUR) == 0
    assert [kind for kind, _ in kinds()].count("appointment-reminder") == 2


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(days=3), "kan du selv flytte eller aflyse den\nindtil søndag den 29. november"),
        (timedelta(hours=20), "Kan du ikke komme, så ring på"),
    ],
)
def test_a_mail_offers_the_patient_what_they_may_still_do(clinic, before, said):
    made = clinic.book(clinic.first())
    letter = emails.reminder(telling.visit(made), "day", made.starts_at - before)
    assert said in letter.text
    assert " ".join(said.split()) in " ".join(letter.html.split())
    assert ("Se, flyt eller aflys" in letter.html) == (before > timedelta(days=1))


def test_a_reminder_that_waits_is_let_go_when_the_time_is_moved_or_cancelled(clinic):
    times = [opening.starts_at for opening in clinic.free(day=MONDAY)]
    made = clinic.book(times[0])
    remind(made.starts_at - 23 * HOUR)
    moved = clinic.again(made)
    settled(
        lambda: actions.reschedule(moved, times[3], moved.version, "clinic", NOW + 4 * 24 * HOUR)
    )
    assert ("appointment-reminder", "superseded") in kinds()
    made = clinic.again(made)
    assert made.reminded == 0
    settled(lambda: actions.cancel(made, made.version, "clinic", NOW + 4 * 24 * HOUR))
    assert remind(made.starts_at - HOUR * 5) == 0


def test_with_the_mail_server_down_only_the_last_word_is_sent(clinic, mailbox, send_mail):
    """Booked, moved and cancelled before any mail left: one mail to each, and no calendar file."""
    times = [opening.starts_at for opening in clinic.free(day=MONDAY)]
    made = clinic.book(times[0])
    settled(lambda: actions.reschedule(clinic.again(made), times[3], 0, "clinic", NOW))
    settled(lambda: actions.cancel(clinic.again(made), 1, "clinic", NOW))
    mails = send_mail()
    assert sorted(mail["to"][0] for mail in mails) == ["kirsten@example.dk", "rh@kirohaderslev.dk"]
    for mail in mails:
        assert "aflyst" in mail["subject"]
        assert mail["attachments"] == []


def test_a_cancellation_undoes_in_the_calendar_what_was_sent(clinic, send_mail):
    made = clinic.book(clinic.first())
    send_mail()
    settled(lambda: actions.cancel(clinic.again(made), 0, "clinic", NOW))
    [*_, one, other] = send_mail()
    for mail in (one, other):
        assert [file["name"] for file in mail["attachments"]] == ["aflyst.ics"]


def waits(clinic, who: str, number: int) -> Appointment:
    """Books a late time of Tuesday and joins the list."""
    late = clinic.free("opfoelgende", MONDAY + timedelta(days=1))
    made = clinic.book(late[-1 - number].starts_at, who, "opfoelgende")
    settled(lambda: waiting.join(clinic.again(made), NOW + number * timedelta(seconds=1)))
    return clinic.again(made)


def offer_to(appointment: Appointment) -> Appointment | None:
    db.session.expire_all()
    listed = models.waiting_of(appointment.id)
    return models.live(listed.offer_id, NOW) if listed and listed.offer_id else None


def test_a_time_that_gets_free_is_offered_to_one_at_a_time(clinic, send_mail):
    taken = clinic.book(clinic.first("opfoelgende"), slug="opfoelgende")
    first, second = waits(clinic, "anna", 0), waits(clinic, "bent", 1)
    settled(lambda: actions.cancel(clinic.again(taken), 0, "clinic", NOW))
    held = offer_to(first)
    assert held.starts_at == taken.starts_at
    assert offer_to(second) is None
    assert [m["to"] for m in send_mail() if "tidligere tid" in m["subject"]] == [
        ["anna@example.dk"]
    ]
    with pytest.raises(SlotTaken):
        clinic.book(taken.starts_at, "andre", "opfoelgende")
    settled(lambda: actions.decline(clinic.again(first), NOW))
    assert offer_to(first) is None
    assert offer_to(second).starts_at == taken.starts_at


def test_taking_the_offer_moves_the_appointment_and_frees_the_old_time(clinic):
    taken = clinic.book(clinic.first("opfoelgende"), slug="opfoelgende")
    mine = waits(clinic, "anna", 0)
    before = mine.starts_at
    settled(lambda: actions.cancel(clinic.again(taken), 0, "clinic", NOW))
    settled(lambda: actions.accept(clinic.again(mine), NOW))
    mine = clinic.again(mine)
    assert (mine.starts_at, mine.sequence) == (taken.starts_at, 1)
    assert before in [o.starts_at for o in clinic.free("opfoelgende", MONDAY + timedelta(days=1))]
    assert models.waiting_of(mine.id).state == "closed"


def test_an_offer_nobody_answers_goes_on_and_cannot_be_taken_late(clinic):
    taken = clinic.book(clinic.first("opfoelgende"), slug="opfoelgende")
    first, second = waits(clinic, "anna", 0), waits(clinic, "bent", 1)
    settled(lambda: actions.cancel(clinic.again(taken), 0, "clinic", NOW))
    later = NOW + waiting.OFFER + timedelta(minutes=1)
    with pytest.raises(SlotTaken):
        settled(lambda: actions.accept(clinic.again(first), later))
    settled(lambda: waiting.sweep(later))
    assert offer_to(first) is None
    assert offer_to(second).starts_at == taken.starts_at


def test_the_offer_is_answered_on_the_page(opened, clinic):
    taken = clinic.book(clinic.first("opfoelgende"), slug="opfoelgende")
    late = clinic.free("opfoelgende", MONDAY + timedelta(days=1))
    mine = clinic.book(late[-1].starts_at, "anna", "opfoelgende")
    page, path = Browser(opened), f"/aftale/{mine.token}"
    page.get(path).submit("Skriv mig på ventelisten")
    assert "Du står på ventelisten" in page.get(path).words()
    settled(lambda: actions.cancel(clinic.again(taken), 0, "clinic", NOW))
    assert "Der er kommet en tidligere tid" in page.get(path).words()
    page.submit("Tag den tidligere tid")
    assert page.status == 303
    assert "Mandag den 30. november" in page.get(path).words()
    page.submit("Skriv mig på ventelisten")
    page.get(path).submit("Slet mig fra ventelisten")
    assert "Vi kan skrive til dig" in page.get(path).words()


@pytest.mark.parametrize(
    ("hour", "until"), [(9, 12), (17, 20), (19, 10 + 24), (23, 10 + 24), (3, 10), (4, 7)]
)
def test_nobody_has_to_answer_by_night(hour, until):
    day = datetime(2026, 12, 1, tzinfo=COPENHAGEN)
    asked = day.replace(hour=hour).astimezone(UTC)
    assert waiting.offer_until(asked, COPENHAGEN) == (day + timedelta(hours=until)).astimezone(UTC)


def test_marks_can_be_taken_back_but_a_cancelled_time_stays_so(clinic):
    made = clinic.book(clinic.first())
    for state in ("completed", "no_show", "confirmed"):
        assert settled(lambda state=state: actions.mark(clinic.again(made), state, NOW))
    settled(lambda: actions.cancel(clinic.again(made), 3, "clinic", NOW))
    with pytest.raises(IllegalMove):
        settled(lambda: actions.mark(clinic.again(made), "completed", NOW))


def test_note_and_answers_cannot_be_read_in_the_database(clinic):
    made = clinic.book(
        clinic.first(), note="Jeg er gravid", answers=({"label": "Mål", "answer": "At gå en tur"},)
    )
    assert clinic.again(made).note == "Jeg er gravid"
    assert clinic.again(made).answers == [{"label": "Mål", "answer": "At gå en tur"}]
    raw = db.session.execute(sa.text("SELECT note, answers, token FROM appointment")).one()
    stored = b"".join(bytes(value) for value in raw)
    for word in ("gravid", "At g", made.token):
        assert word.encode() not in stored


def test_what_is_over_for_a_year_is_deleted_with_its_mails(clinic):
    old = clinic.book(clinic.first())
    kept = clinic.book(clinic.free(day=MONDAY + timedelta(days=1))[0].starts_at, "anden")
    settled(lambda: erasure_actions.purge(old.ends_at + rules.KEPT + timedelta(seconds=1)))
    assert db.session.scalars(sa.select(Appointment.id)).all() == [kept.id]
    assert {row.about for row in db.session.scalars(sa.select(Mail))} == {kept.about}
    assert set(db.session.scalars(sa.select(SlotClaim.appointment_id))) == {kept.id}


def test_erasing_one_who_waits_takes_the_list_along(clinic):
    mine = waits(clinic, "anna", 0)
    settled(lambda: erasure_actions.erase(mine.id))
    assert db.session.scalars(sa.select(Waiting)).all() == []
    assert clinic.claims() == []


def test_a_patient_sees_coming_appointments_on_their_page(opened, shop, new_browser, send_mail):
    shop.buy(new_browser())
    clinic = Clinic(opened)
    with opened.app_context():
        mine = clinic.book(clinic.first()).token
        another = clinic.book(clinic.free(day=MONDAY)[3].starts_at, "anden").token
    page = new_browser()
    sign_in(page, send_mail, "kirsten@example.dk")
    links = page.get("/min-side").links_to()
    assert f"/aftale/{mine}" in links
    assert f"/aftale/{another}" not in links


def test_the_command_imports_and_says_what_is_broken(opened, tmp_path):
    run = opened.test_cli_runner().invoke
    again = run(args=["booking", "import", "content/booking.toml"])
    assert again.output == "3 services, 1 practitioners\n"
    broken = tmp_path / "broken.toml"
    broken.write_text('[[service]]\nslug = "Å"\nname = "x"\nminutes = 7\n', encoding="utf-8")
    failed = run(args=["booking", "import", str(broken)])
    assert failed.exit_code == 1
    assert "service.0.minutes" in failed.output
    broken.write_text("[[", encoding="utf-8")
    assert "nothing was imported" in run(args=["booking", "import", str(broken)]).output


def test_a_service_that_the_file_leaves_out_is_not_offered(opened, clinic, tmp_path):
    made = clinic.book(clinic.first("superviseret"), slug="superviseret")
    text = (ROOT / "content" / "booking.toml").read_text(encoding="utf-8")
    shorter = tmp_path / "booking.toml"
    without = text[: text.index('[[service]]\nslug = "superviseret"')]
    shorter.write_text(without.replace(', "superviseret"]', "]"), encoding="utf-8")
    opened.test_cli_runner().invoke(args=["booking", "import", str(shorter)])
    page = Browser(opened)
    assert page.get("/book/superviseret").status == 404
    assert page.get(f"/aftale/{made.token}").status == 200
