"""What the measured requests need: a database with the real course, a reader, and a signer."""

from __future__ import annotations

import json
import re
import time
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, cycle
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from flask_migrate import upgrade
from stripe import WebhookSignature

import shop.accounts.actions as accounts
import shop.booking.files as offer_files
import shop.booking.offer_actions as offer_actions
import shop.course.actions as course_actions
import shop.course.models as course_models
import shop.coursework.actions as coursework
from bench.requests import Request
from shop import create_app, settings
from shop.content import consents
from shop.course import files
from shop.coursework.actions import Written
from shop.db import transaction
from shop.enquiries import ticket
from shop.orders.views import KEY
from shop.settings import ROOT
from shop.web import now

NAME = "Maal Ing"  # a measurement, nobody
MESSAGE = """Hej Rasmus

Jeg har haft ondt i lænden i fire år, og de sidste to er det også kommet i nakken. Jeg er blevet
scannet, og lægen siger, at der ikke er noget farligt. Alligevel tør jeg ikke løfte mine børnebørn.

Jeg arbejder halv tid i en børnehave og går hjem og lægger mig bagefter. Min mand gør det meste
derhjemme. Hvordan foregår et forløb hos dig, og er der lang ventetid? Jeg kan bedst om formiddagen.

Venlig hilsen"""
# What somebody leaves in the first lesson when they answer all of it.
ANSWERS = {
    "haab": "At gå ned efter brød uden at være flad bagefter",
    **dict.fromkeys(("smerte", "hverdag", "soevn", "tillid", "forklaring"), 6),
    **dict.fromkeys(("aktivitet_et", "aktivitet_to", "aktivitet_tre"), "En tur i haven"),
    **dict.fromkeys(("aktivitet_et_nu", "aktivitet_to_nu", "aktivitet_tre_nu"), 3),
    "quiz.0": "Ja, altid",
}
SECRET = "whsec_bench"  # noqa: S105 (signs nothing but pretended events)


def environ(directory: Path, stripe_port: int) -> dict[str, str]:
    """Settings of a program on a database of its own.

    One trusted proxy, as behind Caddy or nginx: its X-Forwarded-For tells buyers apart, so the
    limit of orders per client holds here too and stops nobody.
    """
    return {
        "APP_ENV": "development",
        "DATABASE_URL": f"sqlite:///{directory / 'shop.db'}",
        "STRIPE_API_BASE": f"http://127.0.0.1:{stripe_port}",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "TRUSTED_PROXIES": "1",
    }


def migrated(given: dict[str, str]) -> Flask:
    """The program on an empty database, the course imported."""
    app = create_app(settings.load(given))
    with app.app_context():
        upgrade()
        read = files.read(ROOT / "content" / "course", ROOT / "content" / "audio")
        with transaction():
            course_actions.import_course(read, now())
            offer_actions.import_offer(offer_files.read(ROOT / "content" / "booking.toml"))
    return app


@dataclass
class World:
    """A program on the measured server's database, and what its visitors send."""

    app: Flask
    reader: dict[str, str]  # headers of somebody who is signed in and has bought
    clinician: dict[str, str]
    buyer: dict[str, Any]  # what the session of a browser with the order form open holds
    csrf_token: str
    lesson: str  # paths
    audio: str
    reader_token: str
    paid_session: str = ""

    @classmethod
    def populate(cls, app: Flask) -> World:
        """Lets one reader in by a link like the mailed one, and opens one order form."""
        with app.app_context():
            outline = course_models.outline(None)
            lessons = [course_models.find_lesson(step.slug) for step in outline if not step.preview]
            lesson = next(lesson for lesson in lessons if lesson and lesson.episode)
            with transaction():
                person_id, _ = accounts.find_or_add("reader@example.dk", NAME, now())
                course_actions.enrol(person_id, course_models.the_course(), 24, "bench", now())
                coursework.agree(person_id, consents()["coursework"], now())
                for name, value in ANSWERS.items():
                    written = Written(value, 0, "bench")
                    coursework.save(person_id, lesson.slug, name, written, now())
                invitation = accounts.invite(person_id, "/kursus", now())
                accounts.set_clinician("clinician@example.dk", True, now())
                clinician_id, _ = accounts.find_or_add("clinician@example.dk", NAME, now())
                to_clinic = accounts.invite(clinician_id, "/klinik", now())
            path, audio = f"/kursus/{lesson.slug}", f"/kursus/lyd/{lesson.episode}"
        buyer = app.test_client()
        reader, clinician = (_signed_in(app, each.token) for each in (invitation, to_clinic))
        reader.get(path)  # the first look writes where they are; the next ones do not
        reader_token = _csrf(reader.get("/kursus/samtykke").text)
        token = _csrf(buyer.get("/koeb").text)
        with buyer.session_transaction() as opened:
            session = dict(opened)
        return cls(
            app, _cookie(reader), _cookie(clinician), session, token, path, audio, reader_token
        )

    def weeks(self) -> Iterator[Request]:
        """One week of times after the other as htmx asks for them, while anything can be booked."""
        ahead = cycle(range(1, 8))
        asked = {"HX-Request": "true"}
        while True:
            day = (now() + timedelta(weeks=next(ahead))).date()
            yield Request("GET", f"/book/indledende?uge={day}", asked)

    def enquiries(self) -> Iterator[Request]:
        """Enquiries from ever new people at ever new addresses, who took a minute to write."""
        fields = {"name": NAME, "phone": "20 12 34 56", "topic": "forloeb", "consent": "y"}
        while True:
            visitor = uuid.uuid4()
            email = f"{_letters(visitor)}@example.dk"
            with self.app.app_context():
                version = consents()["enquiry"].version
                shown = ticket.issue(now() - timedelta(minutes=1), version)
            own = {"email": email, "csrf_token": shown, "message": MESSAGE}
            yield Request(
                "POST",
                "/kontakt",
                {
                    "Content-Type": "application/x-www-form-urlencoded",
                    "X-Forwarded-For": ".".join(str(byte) for byte in visitor.bytes[:4]),
                },
                urlencode(fields | own).encode(),
            )

    def autosaves(self) -> Iterator[Request]:
        """One answer as its page saves it while somebody types."""
        address = f"/kursus/svar/{self.lesson.rpartition('/')[2]}"
        headers = {**self.reader, "Accept": "application/json"}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        fields = {"base.haab": "0", "pen": "bench", "csrf_token": self.reader_token}
        for number in count():
            words = {"haab": f"At gå ned efter brød uden at være flad bagefter, forsøg {number}"}
            yield Request("POST", address, headers, urlencode(fields | words).encode())

    def orders(self) -> Iterator[Request]:
        """Order forms from ever new browsers of ever new buyers at ever new addresses."""
        interface = cast(SecureCookieSessionInterface, self.app.session_interface)
        signer = interface.get_signing_serializer(self.app)
        assert signer is not None  # noqa: S101
        fields = {"csrf_token": self.csrf_token, "name": NAME, "terms": "y", "consent": "y"}
        while True:
            buyer = uuid.uuid4()
            address = ".".join(str(byte) for byte in buyer.bytes[:4])
            yield Request(
                "POST",
                "/koeb",
                {
                    "Cookie": "session=" + str(signer.dumps(self.buyer | {KEY: buyer.hex})),
                    "Content-Type": "application/x-www-form-urlencoded",
                    "X-Forwarded-For": address,
                },
                urlencode({**fields, "email": f"{_letters(buyer)}@example.dk"}).encode(),
            )

    def ignored_events(self) -> Iterator[Request]:
        """Events of a kind that is only remembered: verified, stored, committed."""
        while True:
            yield _webhook("customer.created", {"id": "cus_bench", "object": "customer"})

    def order_events(self) -> Iterator[Request]:
        """Events about one paid order, each followed to Stripe, with nothing new to settle."""
        subject = {"id": self.paid_session, "object": "checkout.session"}
        while True:
            yield _webhook("checkout.session.completed", subject)

    def pay_an_order(self, stripe_port: int) -> None:
        """One order is placed and paid, and the shop has heard of it."""
        location = next(self.orders()).within(self.app).location
        self.paid_session = location.rsplit("/", 1)[1]
        urllib.request.urlopen(
            urllib.request.Request(
                f"http://127.0.0.1:{stripe_port}/_control/pay",
                json.dumps({"session": self.paid_session, "how": "mobilepay"}).encode(),
                {"Content-Type": "application/json"},
            )
        ).close()
        next(self.order_events()).within(self.app)


def _webhook(kind: str, subject: dict[str, Any]) -> Request:
    """A signed call of about the size Stripe's have (2 kB)."""
    event = {
        "id": f"evt_{uuid.uuid4().hex}",
        "object": "event",
        "type": kind,
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": {**subject, "description": "x" * 1700}},
    }
    payload = json.dumps(event, indent=2)
    signature = WebhookSignature.generate_signature_header(payload, SECRET)
    return Request("POST", "/stripe/webhook", {"Stripe-Signature": signature}, payload.encode())


def _letters(name: uuid.UUID) -> str:
    """Without digits, some of which would pass for a CPR number now and then."""
    return name.hex.translate(str.maketrans("0123456789", "ghijklmnop"))


def _signed_in(app: Flask, token: str) -> FlaskClient:
    client, link = app.test_client(), f"/log-ind/{token}"
    client.post(link, data={"csrf_token": _csrf(client.get(link).text)})
    return client


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, "a form without a CSRF field"  # noqa: S101
    return found[1]


def _cookie(client: FlaskClient) -> dict[str, str]:
    cookie = client.get_cookie("session")
    assert cookie, "no session"  # noqa: S101
    return {"Cookie": f"session={cookie.value}"}
