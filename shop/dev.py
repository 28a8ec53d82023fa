"""For developers: every mail of the program as it arrives, at /dev/mails; absent in production."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response, abort

import shop.accounts.emails as account_emails
import shop.booking.emails as booking_emails
import shop.booking.waiting_emails as waiting_emails
import shop.course.emails as course_emails
import shop.coursework.emails as coursework_emails
import shop.enquiries.emails as enquiry_emails
import shop.gifts.emails as gift_emails
import shop.invoices.emails as invoice_emails
import shop.orders.emails as order_emails
import shop.privacy.emails as privacy_emails
import shop.rhythm.emails as rhythm_emails
import shop.withdrawals.emails as withdrawal_emails
from shop.booking.hours import Place, Practitioner, Service
from shop.booking.models import Appointment, Waiting
from shop.course.models import Course
from shop.course.rules import Step
from shop.enquiries.models import Enquiry
from shop.gifts.models import Gift
from shop.invoices.models import Document
from shop.invoices.rules import number
from shop.orders.models import Order
from shop.outbox.rules import Letter
from shop.web import show
from shop.withdrawals.models import Withdrawal

blueprint = Blueprint("dev", __name__, url_prefix="/dev")

WRITTEN_AT = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
TOKEN = "x" * 43
DARK = "@media (prefers-color-scheme: dark)"
# A mail brings its style along and nothing else; only our own list may frame it.
MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


def letters() -> dict[str, Letter]:
    """Every mail the program writes, by a name of its own, with made-up facts in it."""
    enquiry = Enquiry(
        reference="K7M2PX4R",
        topic="forloeb",
        name="Kirsten Prøve",
        email="kirsten@example.dk",
        phone="+4520123456",
        message="Jeg har haft ondt i lænden i tre år.\n\nKan jeg begynde, selv om jeg arbejder?",
        consent_version="1",
        received_at=WRITTEN_AT,
    )
    course = Course(title="Kørekortet til kroniske smerter", access_months=12)
    order = Order(
        number="7KQ2M4XA",
        email="kirsten@example.dk",
        name="Kirsten Prøve",
        amount_ore=49900,
        terms_version="2026-11-23",
        course_title=course.title,
        access_months=course.access_months,
    )
    paid = [_document("invoice")]
    alerts = {
        f"alert_{kind}": order_emails.alert(order.number, kind) for kind in order_emails.ALERTS
    }
    return {
        **_differences(order),
        "sign_in": account_emails.sign_in(order.email, TOKEN, "482913"),
        "confirmed": order_emails.confirmed(order, 0, TOKEN, paid, WRITTEN_AT),
        "confirmed_free": order_emails.confirmed(order, 49900, TOKEN, [], WRITTEN_AT),
        "invoice": invoice_emails.issued(_document("invoice", "back_again")),
        "invoice_late": invoice_emails.issued(_document("invoice")),
        "refunded": invoice_emails.issued(_document("credit_note", "refunded")),
        "lost": invoice_emails.issued(_document("credit_note", "charged_back")),
        "paused": order_emails.paused(order),
        "reopened": order_emails.reopened(order),
        **_of_gifts(order, course, paid),
        **_withdrawals(order),
        "receipt": enquiry_emails.receipt(enquiry),
        "lead": enquiry_emails.full_lead(enquiry),
        "notice": enquiry_emails.notice(enquiry),
        "data_asked": privacy_emails.asked(order.email, WRITTEN_AT + timedelta(days=7), TOKEN),
        "data_gone": privacy_emails.gone(order.email),
        "answers_end": privacy_emails.ending(order.email, order.name, WRITTEN_AT),
        "plan_shared": coursework_emails.plan_shared("klinik@example.dk", "K7M2PX4R", WRITTEN_AT),
        **alerts,
        **_of_appointments(),
        **_about_the_course(),
    }


def _differences(order: Order) -> dict[str, Letter]:
    of_orders = order_emails.OF_ORDERS
    return {
        f"difference_{kind}": order_emails.difference(
            kind, order.number if kind in of_orders else "py_3QxProeve"
        )
        for kind in order_emails.DIFFERENCES
    }


def _about_the_course() -> dict[str, Letter]:
    to = rhythm_emails.Addressee("kirsten@example.dk", "Kirsten Prøve", TOKEN)
    step = Step("lektion", "Lektion", module=2, position=4, minutes=14, preview=False)
    return {
        "opened": course_emails.opened("kirsten@example.dk"),
        "next_step": rhythm_emails.next_step(to, step),
        "welcome_back": rhythm_emails.welcome_back(to),
        "two_weeks": rhythm_emails.two_weeks(to),
        "three_months": rhythm_emails.three_months(to),
    }


def _of_appointments() -> dict[str, Letter]:
    starts_at = WRITTEN_AT + timedelta(days=9)
    appointment = Appointment(
        uid="1@eksempel.dk",
        sequence=0,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        token=TOKEN,
        name="Kirsten Prøve",
        email="kirsten@example.dk",
        phone="+4520123456",
    )
    earlier = starts_at - timedelta(days=2)
    held = Appointment(starts_at=earlier, hold_expires_at=WRITTEN_AT + timedelta(hours=3))
    visit = booking_emails.Visit(
        appointment,
        Service(name="Indledende samtale", minutes=60, mode="clinic", change_minutes=24 * 60),
        Practitioner(name="Rasmus Hansen", email=""),
        Place(name="Klinikken", address="Haderslev"),
    )
    waits = Waiting(
        name=appointment.name,
        email=appointment.email,
        token=TOKEN,
        from_at=earlier,
        until_at=starts_at,
    )
    happened = {
        f"appointment_{what}": booking_emails.to_patient(visit, what, WRITTEN_AT, True)
        for what in ("booked", "moved", "cancelled")
    }
    return {
        **happened,
        "appointment_day": booking_emails.reminder(visit, "day", starts_at - timedelta(hours=23)),
        "appointment_hours": booking_emails.reminder(
            visit, "hours", starts_at - timedelta(hours=2)
        ),
        "appointment_offer": booking_emails.offer(visit, held, WRITTEN_AT),
        "waiting_listed": waiting_emails.listed(waits, visit.service),
        "waiting_vacancy": waiting_emails.vacancy(waits, visit._replace(appointment=held)),
        "appointment_clinic": booking_emails.to_clinic(visit, "booked", WRITTEN_AT, True),
    }


def _document(kind: str, why: str = "") -> Document:
    buyer = {"name": "Kirsten Prøve", "email": "kirsten@example.dk"}
    line = {"order": "7KQ2M4XA", "is_whole": True, "why": why}
    return Document(
        number=number(kind, 2026, 1),
        kind=kind,
        buyer=buyer,
        line=line,
        amount_ore=49900,
        issued_at=WRITTEN_AT,
    )


def _of_gifts(order: Order, course: Course, paid: list[Document]) -> dict[str, Letter]:
    gift = Gift(
        access_months=course.access_months,
        giver="Kirsten Prøve",
        way="mail",
        recipient="jens@example.dk",
        send_on=date(2026, 12, 24),
        code="7KQ2M4XA9BCD",
        expires_at=datetime(2029, 11, 23, 8, 5, tzinfo=UTC),
    )
    given = Order(number=order.number, email=order.email, name=order.name, is_gift=True)
    printed = Gift(id=2, giver=gift.giver, way="card", code=gift.code, expires_at=gift.expires_at)
    return {
        "gift_by_mail": order_emails.confirmed(order, 0, TOKEN, paid, WRITTEN_AT, gift),
        "gift_printed": order_emails.confirmed(order, 0, TOKEN, paid, WRITTEN_AT, printed),
        "gift_paused": order_emails.paused(given),
        "gift_reopened": order_emails.reopened(given),
        "gift": gift_emails.for_you(gift, course),
        "gift_card": gift_emails.card(printed, order.email),
        "gift_taken": gift_emails.taken("jens@example.dk", "Jens Prøve", gift, TOKEN),
    }


def _withdrawals(order: Order) -> dict[str, Letter]:
    """The receipt for each thing that a withdrawal may come to, and what the clinician hears."""
    found = {}
    for verdict in ("in_time", "again", "late", "unmatched"):
        said = Withdrawal(
            name=order.name,
            email=order.email,
            order_typed=order.number,
            channel="letter" if verdict == "late" else "form",
            verdict=verdict,
            asked_ore=49900,
            sent_on=WRITTEN_AT.date(),
            last_day=WRITTEN_AT.date(),
            received_at=WRITTEN_AT,
        )
        found[f"withdrawal_{verdict}"] = withdrawal_emails.receipt(said)
        if verdict == "in_time":
            found["withdrawal_gift"] = withdrawal_emails.receipt(said, is_gift=True)
        if verdict in withdrawal_emails.FLAGS:
            found[f"flag_{verdict}"] = withdrawal_emails.flag(said)
    return found


def in_scheme(html: str, scheme: str) -> str:
    """The mail as a reader who has chosen "light" or "dark" sees it, whatever this browser says."""
    html = html.replace(DARK, "@media all" if scheme == "dark" else "@media not all")
    return re.sub(r'(color-schemes?" content=")light dark', rf"\g<1>{scheme}", html)


@blueprint.get("/mails")
def mails() -> Response:
    return show("dev/mails.html", letters=letters())


@blueprint.get("/mail/<name>")
def mail(name: str) -> Response:
    return show("dev/mail.html", name=name, letter=_letter(name))


@blueprint.get("/mail/<name>/<scheme>")
def preview(name: str, scheme: str) -> Response:
    if scheme not in {"light", "dark"}:
        abort(404)
    response = Response(in_scheme(_letter(name).html or "", scheme))
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


def _letter(name: str) -> Letter:
    return letters().get(name) or abort(404)
