"""The door to calendars elsewhere: whom it asks, how long, how much, and what it tells."""

from __future__ import annotations

import socket
import ssl
from ipaddress import ip_address

import pytest

from shop.booking import calendar_rules, fetch
from tests.booking.calendar_host import CalendarHost, calendar_file

FILE = calendar_file()


@pytest.fixture
def host():
    with CalendarHost() as host:
        yield host


@pytest.fixture
def named(monkeypatch):
    """Lets names lead to addresses, one after another as asked; numbers mean themselves."""
    asked: list[str] = []
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(name, port, *args, **more):
        if name not in known:
            return real(name, port, *args, **more)
        asked.append(name)
        found = known[name].pop(0) if len(known[name]) > 1 else known[name][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in found.split()]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    known["asked"] = asked
    return known


def reason(address: str, near: bool = True) -> str:
    with pytest.raises(fetch.NotFetched) as caught:
        fetch.get(address, near)
    assert str(caught.value) == caught.value.reason
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r}"
    return caught.value.reason


def test_a_calendar_is_fetched(host):
    address = host.serve("/secret.ics", FILE)
    assert fetch.get(f"{address}?key=secret", near=True) == FILE
    [(path, headers)] = host.asked
    assert path == "/secret.ics?key=secret"
    assert headers["Accept-Encoding"] == "identity"
    assert "Cookie" not in headers


@pytest.mark.parametrize(
    "address",
    [
        "",
        "kalender.example/secret",
        "ftp://kalender.example/secret",
        "file:///etc/passwd",
        "https://",
        "https:///secret",
        "https://name:secret@kalender.example/",
        "https://kalender.example:22/secret",
        "https://kalender.example:99999/secret",
        "https://[::1/secret",
        "https://kalender.example/secret\r\nX: y",
        "https://kalender.example/" + "x" * 2000,
    ],
)
def test_what_is_no_address_is_not_asked(address):
    assert reason(address, near=False) == "address"


def test_a_calendar_programs_own_scheme_is_read_as_https():
    address = calendar_rules.parsed(" webcal://kalender.example/x ")
    assert address.geturl() == "https://kalender.example/x"
    assert calendar_rules.host("webcal://kalender.example/secret") == "kalender.example"
    assert calendar_rules.host("https://name:secret@kalender.example/") == ""


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "127.8.8.8", "0.1.2.3", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
        *(
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
        ),
        *(
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "64:ff9b:1::1",
        ),
    ],
)
def test_no_machine_of_ours_is_public(ip):
    assert not fetch.is_public(ip_address(ip))


@pytest.mark.parametrize("ip", ["8.8.8.8", "185.1.2.3", "2a00:1450::1", "64:ff9b::808:808"])
def test_a_machine_on_the_internet_is(ip):
    assert fetch.is_public(ip_address(ip))


def test_nothing_near_is_asked_unless_it_may(host, named):
    host.serve("/secret", FILE)
    named["inside.example"] = ["127.0.0.1"]
    named["both.example"] = ["8.8.8.8 10.0.0.1"]
    for name in ("inside.example", "both.example", "localhost", "127.0.0.1", "[::1]", "2130706433"):
        assert reason(f"http://{name}/secret", near=False) == "private", name
    assert host.asked == []
    assert reason("http://nowhere.invalid/secret") == "unknown_host"


def test_the_connection_goes_to_the_address_that_was_checked(host, named):
    host.serve("/secret", FILE)
    named["turning.example"] = ["127.0.0.1", "10.255.255.1"]
    assert fetch.get(host.url("/secret", "turning.example"), near=True) == FILE
    assert named["asked"] == ["turning.example"]
    assert host.asked[0][1]["Host"] == f"turning.example:{host.port}"


def test_an_address_that_nobody_answers_at_gives_way_to_the_next(host, named):
    host.serve("/secret", FILE)
    named["two.example"] = ["127.0.0.2 127.0.0.1"]
    assert fetch.get(host.url("/secret", "two.example"), near=True) == FILE


def test_letters_that_no_request_may_hold_are_written_out(host):
    host.serve("/min%20kalender%20%C3%A6", FILE)
    assert fetch.get(host.url("/min kalender æ?n=ø&t=a%2Bb"), near=True) == FILE
    assert host.asked[0][0] == "/min%20kalender%20%C3%A6?n=%C3%B8&t=a%2Bb"


def test_three_redirects_are_followed_and_each_is_checked(host, named, monkeypatch):
    host.serve("/end", FILE)
    host.lead("/3", host.url("/end"), 308)
    host.lead("/2", "/3", 301)
    address = host.lead("/1", host.url("/2"))
    assert fetch.get(address, near=True) == FILE
    assert reason(host.lead("/0", "/1")) == "redirects"
    assert reason(host.lead("/round", "/round")) == "redirects"
    assert reason(host.lead("/file", "file:///etc/passwd")) == "address"
    named["inside.example"] = ["10.0.0.1"]
    named["outside.example"] = ["127.0.0.1"]
    far = fetch.is_public
    monkeypatch.setattr(fetch, "is_public", lambda ip: str(ip) == "127.0.0.1" or far(ip))
    for module in (fetch, calendar_rules):
        monkeypatch.setattr(module, "PORTS", {"http": host.port, "https": 443})
    host.lead("/in", "http://inside.example/secret")
    assert reason("http://outside.example/in", near=False) == "private"


def test_an_answer_that_is_too_large_is_not_read_to_its_end(host):
    assert len(fetch.get(host.serve("/large", b"x" * fetch.LARGEST), near=True)) == fetch.LARGEST
    assert reason(host.serve("/larger", b"x" * (fetch.LARGEST + 1))) == "too_big"
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    assert reason(host.drip("/endless", head, b"x" * 200_000)) == "too_big"


@pytest.mark.parametrize(
    "first", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\nBEGIN:VCALENDAR\r\n"]
)
def test_an_answer_that_only_drips_is_given_up(host, monkeypatch, first):
    monkeypatch.setattr(fetch, "SECONDS", 0.2)
    assert reason(host.drip("/secret", first, b" ")) == "too_slow"


def test_a_host_that_says_nothing_is_given_up(host, monkeypatch):
    monkeypatch.setattr(fetch, "SILENCE", 0.1)
    host.answers["/secret"] = lambda _: host.done.wait(5)
    assert reason(host.url("/secret")) == "no_answer"


@pytest.mark.parametrize(
    ("body", "status", "headers", "expected"),
    [
        (b"no", 404, {}, "status 404"),
        (b"no", 500, {}, "status 500"),
        (b"\x1f\x8b", 200, {"Content_Encoding": "gzip"}, "no_calendar"),
        (FILE, 200, {"Content_Length": "100000"}, "no_answer"),
    ],
)
def test_what_else_may_come(host, body, status, headers, expected):
    assert reason(host.serve("/secret", body, status, **headers)) == expected


def test_nobody_there_is_said_so():
    with CalendarHost() as gone:
        address = gone.url("/secret")
    assert reason(address) == "no_answer"


def test_tls_is_checked(named, monkeypatch):
    with CalendarHost(tls=True) as host:
        address = host.serve("/secret", FILE)
        assert reason(address) == "certificate"
        trusting = ssl.create_default_context(cadata=host.certificate)
        monkeypatch.setattr(fetch, "_tls", lambda: trusting)
        assert fetch.get(address, near=True) == FILE
        named["other.example"] = ["127.0.0.1"]
        assert reason(host.url("/secret", "other.example")) == "certificate"
        host.lead("/down", "http://127.0.0.1/secret")
        assert reason(host.url("/down")) == "redirects"
