"""Mistyped mail domains: a question where it helps, silence everywhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop import mail_domains
from shop.mail_domains import suggestion

KNOWN = (*mail_domains._DISTINCTIVE, *mail_domains._COMMON)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.dk", "gmail.com"),
        ("gmail", "gmail.com"),
        ("gmailcom", "gmail.com"),
        ("gmail,com", "gmail.com"),
        ("gmail.com.", "gmail.com"),
        ("GMIAL.COM", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmali.dk", "hotmail.dk"),
        ("hotmail.dkk", "hotmail.dk"),
        ("outlok.dk", "outlook.dk"),
        ("iclud.com", "icloud.com"),
        ("icloud.dk", "icloud.com"),
        ("yaho.dk", "yahoo.dk"),
        ("live.con", "live.com"),
        ("live.ddk", "live.dk"),
        ("me.con", "me.com"),
        ("mail.dkk", "mail.dk"),
        ("stofnet.dk", "stofanet.dk"),
        ("stofanet.com", "stofanet.dk"),
        ("jubi.dk", "jubii.dk"),
        ("mail.tel.dk", "mail.tele.dk"),
        ("webspeed.com", "webspeed.dk"),
    ],
)
def test_a_slip_is_asked_about(typed, meant):
    assert suggestion(f"Kirsten.Prove@{typed}") == f"Kirsten.Prove@{meant}"


@pytest.mark.parametrize(
    "domain",
    [
        *KNOWN,
        *sorted(mail_domains._NEIGHBOURS),
        "example.dk",
        "mc.com",
        "me.co",
        "men.com",
        "love.dk",
        "live.se",
        "mail.ru",
        "mail.de",
        "soul.dk",
        "cityx.dk",
        "private.dk",
        "photon.me",
        "stofa.dk",
        "tele.dk",
        "klinik-gmail.dk",
        "gmail.example.dk",
        "",
    ],
)
def test_a_domain_that_may_be_meant_is_left_alone(domain):
    assert suggestion(f"kirsten@{domain}") is None
    assert suggestion(f"kirsten@{domain.upper()}") is None


@pytest.mark.parametrize("email", ["", "@", "gmial.com", "@gmial.com", "kirsten"])
def test_half_an_address_gets_no_suggestion(email):
    assert suggestion(email) is None


def test_no_provider_is_listed_twice():
    assert len({*KNOWN} | mail_domains._NEIGHBOURS) == len(KNOWN) + len(mail_domains._NEIGHBOURS)


def edits(domain: str, letters: str = "abcdefghijklmnopqrstuvwxyz0123456789-.") -> set[str]:
    cuts = [(domain[:i], domain[i:]) for i in range(len(domain) + 1)]
    return (
        {a + b[1:] for a, b in cuts if b}
        | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
        | {a + c + b[1:] for a, b in cuts if b for c in letters}
        | {a + c + b for a, b in cuts for c in letters}
    )


@pytest.mark.parametrize("domain", mail_domains._DISTINCTIVE)
def test_every_single_edit_finds_its_provider(domain):
    known = {*KNOWN} | mail_domains._NEIGHBOURS
    for typed in edits(domain, "aeglomt2-.") - known:
        meant = suggestion(f"k@{typed}")
        assert meant is not None
        assert meant == f"k@{domain}" or typed in edits(meant.removeprefix("k@"))


@given(st.text(), st.sampled_from(KNOWN))
def test_any_text_gets_a_known_domain_or_nothing(text, domain):
    assert suggestion(f"kirsten@{domain}") is None
    meant = suggestion(text)
    assert meant is None or meant.rpartition("@")[2] in KNOWN
