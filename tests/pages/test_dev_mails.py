"""Every mail in its frame: shown to developers, the same in HTML as in plain text, and safe."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from flask import Flask

from shop import create_app, dev, settings
from shop.enquiries import emails
from shop.enquiries.models import Enquiry
from shop.letters import written
from shop.orders.emails import ALERTS, DIFFERENCES
from tests.browser import Browser, check_html
from tests.guards.test_templates import FRAME, MAILS, source

WORDS = [name for name in MAILS if not name.startswith("mail/")]  # of a mail, not of the frame
PAPERS = ["invoice", "invoice_late", "refunded", "lost"]
WORDY = ["sign_in", "confirmed", "confirmed_free", "paused", "reopened"]
TO_GIVERS = ["gift_by_mail", "gift_printed", "gift_paused", "gift_reopened"]
WORDY += [*TO_GIVERS, "gift", "gift_card", "gift_taken"]
WORDY += ["receipt", "lead", "notice", "data_asked", "data_gone", "answers_end"]
WORDY += ["plan_shared", "opened"]
APPOINTMENTS = [
    f"appointment_{what}"
    for what in ("booked", "moved", "cancelled", "day", "hours", "offer", "clinic")
]
WITHDRAWN = [
    f"withdrawal_{verdict}" for verdict in ("in_time", "gift", "again", "late", "unmatched")
]
WORDY += [*WITHDRAWN, "flag_late", "flag_unmatched"]
NAMES = [
    *WORDY,
    *PAPERS,
    *APPOINTMENTS,
    *("next_step", "welcome_back", "two_weeks", "three_months"),
    "waiting_listed",
    "waiting_vacancy",
    *(f"alert_{kind}" for kind in ALERTS),
]
NAMES += [f"difference_{kind}" for kind in DIFFERENCES]
ADDRESS = re.compile(r"https?://\S+")
MAIL_ADDRESS = re.compile(r"[\w.]+@[\w.]+\w")


class Read(HTMLParser):
    """What a reader of the HTML sees, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.words = ""
        self.feed(html[html.index("<body") :])

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data):
        self.words += data + " "


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Flask:
    """Without tables: showing a mail asks no database."""
    database = tmp_path_factory.mktemp("mails") / "empty.db"
    given = {"APP_ENV": "development", "DATABASE_URL": f"sqlite:///{database}"}
    return create_app(settings.load(given))


@pytest.fixture(scope="module")
def letters(program):
    with program.app_context():
        return dev.letters()


@pytest.fixture
def browser(program, letters, monkeypatch) -> Browser:
    """All sixty mails are written once, not at each look at one of them."""
    monkeypatch.setattr(dev, "letters", lambda: letters)
    return Browser(program)


def test_every_mail_is_listed(browser, letters):
    assert sorted(letters) == sorted(NAMES)
    links = browser.get("/dev/mails").links()
    for name, letter in letters.items():
        assert links[f"{letter.subject} {name}"] == f"/dev/mail/{name}"


def test_every_template_of_a_mail_is_previewed(program, monkeypatch):
    seen = set()
    get = program.jinja_env.get_template

    def remember(name, *more):
        seen.add(name)
        return get(name, *more)

    monkeypatch.setattr(program.jinja_env, "get_template", remember)
    with program.app_context():
        dev.letters()
    assert set(WORDS) <= seen


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_is_shown_light_and_dark_beside_its_text(browser, letters, name):
    letter = letters[name]
    browser.get(f"/dev/mail/{name}")
    assert letter.subject in browser.words()
    assert " ".join(letter.text.split()) in browser.words()
    frames = list(browser.page.iter("iframe"))
    assert [frame.get("src") for frame in frames] == [
        f"/dev/mail/{name}/{scheme}" for scheme in ("light", "dark")
    ]
    assert all(frame.get("sandbox") == "" for frame in frames)
    light, dark = (browser.get(frame.get("src")).text for frame in frames)
    assert '"color-scheme" content="light"' in light
    assert '"color-scheme" content="dark"' in dark
    assert "@media not all" in light
    assert "@media all" in dark
    assert dev.DARK in letter.html


def test_only_a_preview_may_bring_its_style_along_and_be_framed(browser):
    policy = browser.get("/dev/mail/sign_in/dark").response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'")
    assert "frame-ancestors 'self'" in policy
    for path in ("/dev/mails", "/dev/mail/sign_in", "/akut-hjaelp"):
        policy = browser.get(path).response.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/dev/mail/ukendt", "/dev/mail/ukendt/dark", "/dev/mail/lead/x"])
def test_what_is_no_mail_is_not_found(browser, path):
    assert browser.get(path).status == 404


def test_production_shows_no_mails(production):
    assert not [rule for rule in production.url_map.iter_rules() if rule.rule.startswith("/dev")]


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_in_the_text_stands_in_the_html(letters, name):
    """The plain text is the master: no link, address, number or name is missing in the HTML."""
    text, html = letters[name].text, Read(letters[name].html)
    assert set(ADDRESS.findall(text)) <= set(html.links)
    assert set(MAIL_ADDRESS.findall(text)) <= set(MAIL_ADDRESS.findall(html.words))
    without = ADDRESS.sub("", text)
    assert set(re.findall(r"\d+", without)) <= set(re.findall(r"\d+", html.words))
    names = set(re.findall(r"\b[A-ZÆØÅ][\w-]{3,}", without))
    assert len(names) > 2
    left_out = {"Telefon", "Navn", "Emne", "Mail", "Nummer", "Beskeden", "Henvendelsen"}  # labels
    missing = {word for word in names - left_out if word.lower() not in html.words.lower()}
    assert not missing


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_is_html_that_clients_read_without_fetching_anything(letters, name):
    html = letters[name].html
    assert html.startswith('<!DOCTYPE html>\n<html lang="da">')
    check_html(html)
    assert len(html.encode()) < 12_000
    assert html.count("<style>") == 2, "one for darkness, one that only Outlook sees"
    assert html.count("<h1") == 1
    for forbidden in ("<img", "<script", "<link", "url(", "@import", "srcset", "http-equiv"):
        assert forbidden not in html
    assert not re.findall(r'\b(?:src|background|action)="', html)
    for table in re.findall(r"<table[^>]*>", html):
        facts = 'class="ink"' in table  # the one kind that is a table to a reader, too
        assert facts or 'role="presentation"' in table


@pytest.mark.parametrize("name", NAMES)
def test_at_most_one_button(letters, name):
    buttons = re.findall(r'<a class="go" href="([^"]+)"', letters[name].html)
    without = name in {
        "difference_unknown_payment",
        "difference_inbox_waits",
        "difference_payout_differs",
        "receipt",
        "paused",
        "data_gone",
        *WITHDRAWN,
        *PAPERS,
        *TO_GIVERS,
    }
    assert len(buttons) == (0 if without else 1)
    assert all(link in letters[name].text for link in buttons)


@pytest.mark.parametrize("name", NAMES)
def test_the_inbox_shows_a_preview_that_is_not_the_subject_again(letters, name):
    [preview] = re.findall(r'mso-hide:all">(.*?)</div>', letters[name].html)
    words = preview.strip("\u034f\u200c\u00a0")
    assert 10 <= len(words) <= 100
    assert letters[name].subject not in words
    assert "ondt i lænden" not in words, "a locked phone shows it to anybody"


def test_dark_is_the_same_dark_in_outlook():
    """It recolours mails by itself and marks what it changed, [data-ogsc] and [data-ogsb]."""
    frame = source(FRAME)
    media, _, outlook = frame[frame.index(dev.DARK) : frame.index("</style>\n  </head>")].partition(
        "[data-"
    )
    colour = re.compile(r"\.(\w+) \{ (.*?) \}")
    wanted = {
        (name, rule.strip()) for name, rules in colour.findall(media) for rule in rules.split(";")
    }
    found = {
        (name, rule.strip()) for name, rules in colour.findall(outlook) for rule in rules.split(";")
    }
    assert len(wanted) > 7
    assert wanted == found
    for name, _ in wanted:
        assert any(
            f'class="{name}' in source(file) or f' {name}"' in source(file) for file in MAILS
        )


def test_what_somebody_typed_is_text_and_not_markup(program):
    typed = Enquiry(
        reference="K7M2PX4R",
        topic="andet",
        name='<b title="x">Kirsten</b>',
        email="kirsten@example.dk",
        phone="",
        message="<script>alert(1)</script>\nLinje to & tre",
        consent_version="1",
        received_at=dev.WRITTEN_AT,
    )
    with program.app_context():
        lead, receipt = emails.full_lead(typed), emails.receipt(typed)
    assert "<b title" not in lead.html + receipt.html
    assert "&lt;b title" in lead.html
    assert "Hej</p>" in receipt.html, "what is no name greets nobody"
    assert "<script>" not in lead.html
    assert "&lt;/script&gt;<br>Linje to &amp; tre" in lead.html
    assert "<script>alert(1)</script>\nLinje to & tre" in lead.text


def test_a_mail_does_not_depend_on_whose_request_had_it_written(program):
    facts = {"link": "https://eksempel.dk/log-ind/x", "code": "482913"}
    with program.app_context():
        alone = written("accounts/mail/sign_in", "Log ind", **facts)
    with program.test_request_context("/kontakt", headers={"Host": "evil.example"}):
        assert written("accounts/mail/sign_in", "Log ind", **facts) == alone
