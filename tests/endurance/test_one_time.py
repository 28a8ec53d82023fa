"""Many who want one time: two server processes, both databases, one winner."""

from __future__ import annotations

import random
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from itertools import pairwise

import pytest
import sqlalchemy as sa

from shop.booking import actions, files, holding, offer_actions, rules, waiting
from shop.booking import opening_models as openings
from shop.booking.models import Appointment, SlotClaim
from shop.booking.rules import Changed, Patient, SlotTaken, TooLate, TooMany
from shop.db import db, transaction
from shop.deadlock import settled
from shop.settings import ROOT
from tests.journeys.program import Processes, free_port

pytestmark = pytest.mark.endurance

CLIENTS = 200
EXPECTED = (SlotTaken, Changed, TooLate, TooMany)


@pytest.fixture
def opened(app):
    with app.app_context(), transaction():
        offer_actions.import_offer(files.read(ROOT / "content" / "booking.toml"))
    return app


class Client:
    """Somebody with a browser of their own."""

    def __init__(self, number: int, site: str) -> None:
        self.number, self.site = number, site
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(jar)
        self.status, self.page = 0, ""

    def open(self, path: str, **fields: str) -> None:
        data = urllib.parse.urlencode(fields).encode() if fields else None
        try:
            with self.opener.open(self.site + path, data, timeout=120) as answer:
                self.status, self.page = answer.status, answer.read().decode()
                self.landed = urllib.parse.urlsplit(answer.url).path
        except urllib.error.HTTPError as error:
            self.status, self.page = error.code, error.read().decode()

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', self.page)
        assert found, self.page
        return found[1]

    def want(self, path: str) -> None:
        self.open(path)
        assert self.status == 200, self.page

    def book(self, path: str) -> None:
        self.open(
            path.partition("?")[0],
            csrf_token=self.hidden("csrf_token"),
            starts_at=self.hidden("starts_at"),
            name="Kirsten Prøve",
            email=f"k{self.number}@example.dk",
        )


def test_of_200_clients_at_two_servers_one_gets_the_time(opened, engine, environ, tmp_path, tell):
    ports = [free_port(), free_port()]
    with Processes(tmp_path) as processes:
        for port in ports:
            processes.start(
                environ,
                "gunicorn",
                *("app:app", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"),
                *("--threads", "8", "--log-level", "warning"),
            )
            processes.wait_for(f"http://127.0.0.1:{port}/healthz")
        sites = [f"http://127.0.0.1:{port}" for port in ports]
        clients = [Client(number, sites[number % 2]) for number in range(CLIENTS)]
        clients[0].open("/book/indledende")
        path = re.findall(r'href="(/book/indledende\?starts_at=[^"]+)"', clients[0].page)[-1]
        together(lambda client: client.want(path), clients)
        together(lambda client: client.book(path), clients)
        said = processes.said()
    outcomes = Counter(client.status for client in clients)
    assert outcomes == {200: 1, 409: CLIENTS - 1}, (outcomes, said)
    for client in clients:
        if client.status == 409:
            assert "Tiden er desværre lige taget" in client.page
            assert "starts_at=" in client.page
            assert "Kirsten Prøve" in client.page
        else:
            assert client.landed.startswith("/aftale/")
    assert len(agreed(opened)) == 1
    tell(f"{engine}: {CLIENTS} clients, 2 processes: {dict(outcomes)}")


def together(do, clients) -> None:
    """Everybody at once."""
    barrier, trouble = threading.Barrier(len(clients)), []

    def go(client) -> None:
        barrier.wait()
        try:
            do(client)
        except BaseException as error:
            trouble.append(error)

    threads = [threading.Thread(target=go, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not trouble, trouble[0]


def agreed(app) -> list:
    """The living appointments; none overlap, and exactly their cells are claimed."""
    with app.app_context():
        live = db.session.execute(
            sa.select(Appointment.id, Appointment.starts_at, Appointment.blocked_until)
            .where(Appointment.state.in_(rules.TAKEN))
            .order_by(Appointment.starts_at)
        ).all()
        taken = db.session.execute(sa.select(SlotClaim.cell, SlotClaim.appointment_id)).all()
    for (_, _, end), (_, start, _) in pairwise(live):
        assert end <= start
    assert len(taken) == len(set(taken))
    assert set(taken) == {
        (cell, row.id) for row in live for cell in rules.cells(row.starts_at, row.blocked_until)
    }
    return live


class Person(threading.Thread):
    """Does one thing after the other on one day's times, with others at it too."""

    def __init__(self, app, seed: int, now: datetime, day: datetime) -> None:
        super().__init__()
        self.app, self.rng, self.day, self.now = app, random.Random(seed), day, now
        self.seed, self.mine, self.trouble = seed, [], None
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        try:
            for step in range(25):
                with self.app.app_context():
                    self.step(step)
        except BaseException as error:
            self.trouble = error

    def step(self, step: int) -> None:
        self.now += timedelta(minutes=self.rng.choice([0, 1, 6]))
        slug = self.rng.choice(["indledende", "opfoelgende", "superviseret"])
        starts_at = self.day + timedelta(minutes=30 * self.rng.randrange(14))
        offered, holder = openings.offered(slug), f"v{self.seed}"
        what = self.rng.choice(["book", "book", "hold", "move", "swap", "cancel", "staff", "sweep"])
        try:
            if what == "hold":
                settled(lambda: holding.hold(offered, starts_at, holder, self.now))
            elif what == "sweep":
                settled(lambda: waiting.sweep(self.now))
            elif what == "book":
                patient = Patient("P", f"p{self.seed}-{step}@example.dk")
                key = f"{self.seed}:{starts_at}"  # a double click makes one
                book = lambda: actions.book(offered, starts_at, patient, key, self.now, holder)  # noqa: E731
                first = settled(book).id
                assert settled(book).id == first
                self.mine.append(first)
            elif what == "staff":
                whom, at = next(iter(offered.practitioners)), starts_at + timedelta(minutes=10)
                patient = Patient("Ringer", "")
                made = settled(
                    lambda: actions.book_for_caller(offered, whom, at, patient, self.now, True)
                )
                self.mine.append(made.id)
            elif self.mine:
                settled(lambda: self.change(what, starts_at))
        except EXPECTED as error:
            self.counts[type(error).__name__] += 1
        else:
            self.counts[what] += 1

    def change(self, what: str, starts_at: datetime) -> None:
        found = db.session.get_one(Appointment, self.rng.choice(self.mine))
        if what == "cancel":
            actions.cancel(found, found.version, "clinic", self.now)
            return
        if what == "swap":  # straight for somebody else's time: they wait for each other's rows
            other = db.session.scalar(
                sa.select(Appointment.starts_at)
                .where(Appointment.state == "confirmed", Appointment.id != found.id)
                .order_by(sa.func.random())
                .limit(1)
            )
            starts_at = other or starts_at
        actions.reschedule(found, starts_at, found.version, "clinic", self.now, anywhen=True)


def test_patients_and_staff_at_once_leave_no_two_on_one_time(opened, engine, tell):
    now = datetime(2026, 11, 25, 9, tzinfo=UTC)
    people = [
        Person(opened, seed, now, datetime(2026, 11, 30, 8, tzinfo=UTC)) for seed in range(12)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    for person in people:
        if person.trouble:
            raise person.trouble
    live = agreed(opened)
    done = sum((person.counts for person in people), Counter())
    assert done["SlotTaken"] > 0
    assert done["book"] > 0
    tell(f"{engine}: {dict(done)}, {len(live)} stand")


def test_a_hold_that_runs_out_goes_to_one_of_many(opened, engine, tell):
    """Everybody grabs at the moment the hold is over."""
    now = datetime(2026, 11, 25, 9, tzinfo=UTC)
    with opened.app_context():
        offered = openings.offered("indledende")
        starts_at = datetime(2026, 11, 30, 8, tzinfo=UTC)
        settled(lambda: holding.hold(offered, starts_at, "first", now))
    later, won = now + timedelta(minutes=11), []

    def grab(number: int) -> None:
        with opened.app_context():
            patient = Patient("P", f"p{number}@example.dk")
            try:
                settled(lambda: actions.book(offered, starts_at, patient, f"k{number}", later))
            except SlotTaken:
                return
            won.append(number)

    together(grab, list(range(40)))
    assert len(won) == 1
    assert len(agreed(opened)) == 1
    tell(f"{engine}: 40 grabbed, {len(won)} got it")
