"""The local mailbox: real mails over SMTP, what its page and JSON make of them, its failures."""

from __future__ import annotations

import base64
import json
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from flask import Flask
from flask_mail import Mail, Message
from werkzeug.test import Client

from sandbox.mailbox import LocalMailbox
from sandbox.mailbox.page import LISTED, create_page

ROOT = Path(__file__).parents[2]
KEYS = [
    "id",
    "from",
    "to",
    "reply_to",
    "subject",
    "text",
    "html",
    "headers",
    "attachments",
    "received_at",
]


@pytest.fixture
def box() -> Iterator[LocalMailbox]:
    with LocalMailbox() as running:
        yield running


@pytest.fixture
def page(box: LocalMailbox) -> Client:
    return create_page(box).test_client()


def connect(box: LocalMailbox, timeout: float = 3) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", box.smtp_port, local_hostname="shop.test", timeout=timeout)


def mail(subject: str = "Hej", text: str = "Hej med dig") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Åse Bæk <aase@shop.test>"
    message["To"] = "Søren <soeren@example.test>"
    message["Subject"] = subject
    message.set_content(text)
    return message


def send(box: LocalMailbox, message: EmailMessage | None = None) -> None:
    with connect(box) as smtp:
        smtp.send_message(message or mail())


def send_raw(box: LocalMailbox, raw: bytes, to: str = "soeren@example.test") -> None:
    with connect(box) as smtp:
        smtp.sendmail("aase@shop.test", [to], raw)


# What arrives


def test_a_mail_has_exactly_the_published_shape(box: LocalMailbox) -> None:
    message = mail("Velkommen på rådgivning", "Rødgrød med fløde")
    message["Reply-To"] = "Bjørn <bjoern@example.test>"
    message["Message-ID"] = "<fast-1@shop.test>"
    before = datetime.now(UTC)
    send(box, message)
    [got] = box.wait_for(1)
    assert list(got) == KEYS
    assert got["from"] == "aase@shop.test"
    assert got["to"] == ["soeren@example.test"]
    assert got["reply_to"] == "bjoern@example.test"
    assert got["subject"] == "Velkommen på rådgivning"
    assert got["text"] == "Rødgrød med fløde\n"
    assert got["html"] == ""
    assert got["attachments"] == []
    assert got["headers"]["From"] == "Åse Bæk <aase@shop.test>"
    assert got["headers"]["Reply-To"] == "Bjørn <bjoern@example.test>"
    assert got["headers"]["Message-ID"] == "<fast-1@shop.test>"
    received = datetime.fromisoformat(got["received_at"])
    assert received.utcoffset() is not None
    assert abs((received - before).total_seconds()) < 5


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
def test_a_body_is_decoded_whatever_its_encoding(box: LocalMailbox, encoding: str) -> None:
    message = mail()
    message.set_content("Æblegrød på Ærø = 100 %.\n.\nSlut", cte=encoding)
    send(box, message)
    assert box.wait_for(1)[0]["text"] == "Æblegrød på Ærø = 100 %.\n.\nSlut\n"


def test_flask_mail_with_html_attachments_and_hidden_copy(box: LocalMailbox) -> None:
    app = Flask(__name__)
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=box.smtp_port)
    message = Message(
        subject="Kvittering på dit køb 🚗 " + "og en lang, lang emnelinje " * 4,
        sender=("SmerteVejleder på øen", "kursus@shop.test"),
        recipients=[("Åge Ømålet", "aage@example.test")],
        cc=["kopi@example.test"],
        bcc=["skjult@example.test"],
        reply_to=("Søren, læge", "soeren@example.test"),
        body="Tak for købet",
        html="<p>Tak for <b>købet</b></p>",
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach("kørselsplan.pdf", "application/pdf", b"%PDF-1.7\x00\xff")
    message.attach("aftale.ics", "text/calendar", "BEGIN:VCALENDAR")
    message.attach("noter.txt", "text/plain", "ikke mailens tekst")
    with app.app_context():
        Mail(app).send(message)
    [got] = box.wait_for(1)
    assert got["subject"] == message.subject.strip()
    assert got["headers"]["From"] == "SmerteVejleder på øen <kursus@shop.test>"
    assert (got["from"], got["reply_to"]) == ("kursus@shop.test", "soeren@example.test")
    assert sorted(got["to"]) == ["aage@example.test", "kopi@example.test", "skjult@example.test"]
    assert got["text"].strip() == "Tak for købet"
    assert got["html"].strip() == "<p>Tak for <b>købet</b></p>"
    assert got["headers"]["Auto-Submitted"] == "auto-generated"
    assert got["attachments"] == [
        {"name": "kørselsplan.pdf", "type": "application/pdf", "bytes": 10},
        {"name": "aftale.ics", "type": "text/calendar", "bytes": 15},
        {"name": "noter.txt", "type": "text/plain", "bytes": 18},
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no headers at all",
        b"Subject: \xff\xfe\xe6\r\nFrom: \r\n\r\n\x00\xff",
        "Subject: rå æøå\r\nFrom: Åse <å@ø.test>\r\n\r\nrå æøå".encode(),
        b"Subject: =?nope?q?x?= =?utf-8?b?!!!?= =?utf-8?q?=ED=A0=80?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=nope\r\n\r\n\xe6",
        b"Content-Type: text/plain; charset=utf-16\r\n\r\n\x00\xd8\x00",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nnever closed",
        b"Content-Type: x\r\nContent-Disposition: attachment; filename*=zz'%ff\r\n\r\nx",
        b'Content-Type: a/b"\r\nContent-Disposition: x; filename="a\r\n b/../\xff"\r\n\r\nx',
        b"Content-Type: text/html; charset=\xe6\r\nReply-To: <<>>,,;\r\n\r\n<p>",
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx",
    ],
)
def test_a_malformed_mail_is_shown_all_the_same(
    box: LocalMailbox, page: Client, raw: bytes
) -> None:
    send_raw(box, raw)
    [got] = box.wait_for(1)
    assert list(got) == KEYS
    assert page.get("/").status_code == 200
    assert page.get("/messages.json").json == [got]
    assert page.get("/messages/1").status_code == 200
    for number in range(1, len(got["attachments"]) + 1):
        assert page.get(f"/messages/1/attachments/{number}").status_code == 200
    assert page.get("/messages/1.eml").status_code == 200


def test_a_forwarded_mail_is_one_attachment_and_repeated_headers_are_joined(
    box: LocalMailbox,
) -> None:
    message = mail()
    message.add_attachment(mail("Indeni", "inderst"))
    message["Received"] = "from a"
    message["Received"] = "from b"
    send(box, message)
    [got] = box.wait_for(1)
    assert got["text"] == "Hej med dig\n"
    assert [a["type"] for a in got["attachments"]] == ["message/rfc822"]
    assert got["attachments"][0]["bytes"] > 50
    assert got["headers"]["Received"] == "from a\nfrom b"


# The store


def test_only_the_newest_are_kept_and_ids_are_never_reused() -> None:
    with LocalMailbox(keep=3) as box:
        with connect(box) as smtp:
            for number in range(5):
                smtp.send_message(mail(f"nr. {number}"))
        assert [m["subject"] for m in box.messages] == ["nr. 2", "nr. 3", "nr. 4"]
        assert [m["id"] for m in box.messages] == [3, 4, 5]
        assert box.find(1) is None
        box.clear()
        assert box.messages == []
        send(box)
        assert [m["id"] for m in box.wait_for(1)] == [6]


def test_many_senders_at_once_lose_nothing(box: LocalMailbox) -> None:
    def sender(name: int) -> None:
        with connect(box) as smtp:
            for number in range(10):
                smtp.send_message(mail(f"{name}-{number}"))

    threads = [threading.Thread(target=sender, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = box.wait_for(80)
    assert len({m["subject"] for m in got}) == 80
    assert [m["id"] for m in got] == list(range(1, 81))


def test_waiting_in_vain_says_what_came(box: LocalMailbox) -> None:
    send(box)
    with pytest.raises(TimeoutError, match="1 of 2 mails"):
        box.wait_for(2, timeout=0.1)


def test_it_can_be_taken_away_and_come_back_at_the_same_port() -> None:
    box = LocalMailbox(http_port=0).start()
    ports = (box.smtp_port, box.http_port)
    send(box)
    idle = connect(box)
    box.stop()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        idle.noop()
    with pytest.raises(ConnectionRefusedError):
        connect(box)
    box.start()
    assert (box.smtp_port, box.http_port) == ports
    send(box)
    assert len(box.wait_for(2)) == 2
    box.stop()
    box.stop()


def test_a_taken_port_is_an_error_and_leaves_nothing_open(box: LocalMailbox) -> None:
    with pytest.raises(OSError, match="in use"):
        LocalMailbox(smtp_port=box.smtp_port).start()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        other = LocalMailbox(http_port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            other.start()
        other.http_port = 0
        with other:
            send(other)


# Misbehaviour


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("421", smtplib.SMTPSenderRefused),
        ("450", smtplib.SMTPRecipientsRefused),
        ("550", smtplib.SMTPRecipientsRefused),
        ("451", smtplib.SMTPDataError),
        ("452", smtplib.SMTPDataError),
        ("552", smtplib.SMTPDataError),
        ("599", smtplib.SMTPDataError),
    ],
)
def test_a_scripted_reply_reaches_the_sender(
    box: LocalMailbox, how: str, error: type[smtplib.SMTPException]
) -> None:
    box.behave(how)
    for _ in range(2):
        with pytest.raises(error) as caught:
            send(box)
        assert how in str(caught.value)
    assert box.messages == []
    box.behave("ok")
    send(box)
    assert len(box.wait_for(1)) == 1


def test_421_hangs_up_behind_itself(box: LocalMailbox) -> None:
    box.behave("421")
    smtp = connect(box)
    smtp.ehlo()
    assert smtp.mail("a@shop.test")[0] == 421
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp.noop()


def test_hanging_answers_nothing_until_the_sender_gives_up(box: LocalMailbox) -> None:
    box.behave("hang")
    smtp = connect(box, timeout=0.2)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        smtp.send_message(mail())
    assert box.messages == []
    box.behave("ok")
    send(box)


def test_a_hung_sender_is_let_go_when_the_mailbox_stops() -> None:
    box = LocalMailbox().start()
    box.behave("hang")
    smtp = connect(box)
    threading.Timer(0.1, box.stop).start()
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        smtp.send_message(mail())


@pytest.mark.parametrize("at", ["mail", "rcpt", "data"])
def test_dropping_the_line_leaves_nothing_and_no_answer(box: LocalMailbox, at: str) -> None:
    box.behave("drop", at=at)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        send(box)
    assert box.messages == []


def test_a_lost_answer_keeps_the_mail_so_that_it_comes_twice(box: LocalMailbox) -> None:
    box.behave("drop", 1, keeping=True)
    message = mail()
    message["Message-ID"] = "<samme@shop.test>"
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        send(box, message)
    send(box, message)
    assert [m["headers"]["Message-ID"] for m in box.wait_for(2)] == ["<samme@shop.test>"] * 2


def test_misbehaviour_for_the_next_mails_counts_mails_not_recipients(box: LocalMailbox) -> None:
    box.behave("450", 2)
    message = mail()
    message["Cc"] = "a@example.test, b@example.test"
    outcomes = []
    for _ in range(4):
        try:
            send(box, message)
            outcomes.append("sent")
        except smtplib.SMTPRecipientsRefused as refused:
            outcomes.append(f"{len(refused.recipients)} refused")
    assert outcomes == ["3 refused", "3 refused", "sent", "sent"]


@pytest.mark.parametrize("how", ["", "250", "600", "45", "4510", "slow", "²50"])
def test_an_unknown_behaviour_is_refused(box: LocalMailbox, how: str) -> None:
    with pytest.raises(ValueError, match="no such behaviour"):
        box.behave(how)


def test_a_behaviour_at_an_impossible_step_is_refused(box: LocalMailbox) -> None:
    with pytest.raises(ValueError, match="no such behaviour"):
        box.behave("drop", at="connect")
    with pytest.raises(ValueError, match="cannot be kept"):
        box.behave("550", keeping=True)


# TLS and passwords


def test_with_tls_a_mail_comes_only_after_starttls_with_the_given_certificate() -> None:
    with LocalMailbox(tls=True) as box:
        with pytest.raises(smtplib.SMTPResponseException, match="STARTTLS"):
            send(box)
        with connect(box) as smtp, pytest.raises(ssl.SSLCertVerificationError):
            smtp.starttls(context=ssl.create_default_context())
        with connect(box) as smtp:
            smtp.starttls(context=ssl.create_default_context(cadata=box.certificate))
            assert smtp.sock.version() in ("TLSv1.2", "TLSv1.3")
            smtp.send_message(mail())
        box.behave("drop")
        with connect(box) as smtp:
            smtp.starttls()
            with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
                smtp.send_message(mail())
        assert len(box.messages) == 1


def test_without_tls_starttls_is_refused(box: LocalMailbox) -> None:
    with connect(box) as smtp, pytest.raises(smtplib.SMTPNotSupportedError):
        smtp.starttls()


@pytest.mark.parametrize("tls", [False, True])
def test_with_a_login_only_the_right_password_may_send(tls: bool) -> None:
    with LocalMailbox(tls=tls, login=("klinik", "hemmelig-æ")) as box:

        def connected() -> smtplib.SMTP:
            smtp = connect(box)
            if tls:
                smtp.starttls()
            return smtp

        with connected() as smtp, pytest.raises(smtplib.SMTPSenderRefused, match="530"):
            smtp.send_message(mail())
        with connected() as smtp, pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
            smtp.login("klinik", "en anden")
        with connected() as smtp:
            smtp.ehlo()
            # smtplib's own login() knows only ASCII passwords.
            token = base64.b64encode("\0klinik\0hemmelig-æ".encode()).decode()
            assert smtp.docmd("AUTH", "PLAIN " + token)[0] == 235
            smtp.send_message(mail())
        assert len(box.messages) == 1


# The page


def test_the_list_has_the_newest_first_with_what_one_needs(box: LocalMailbox, page: Client) -> None:
    assert "Her er ingen mails endnu" in page.get("/").text
    first, second = mail("Den første"), mail("Den anden")
    second["Reply-To"] = "svar@example.test"
    send(box, first)
    send(box, second)
    text = page.get("/").text
    assert text.index("Den anden") < text.index("Den første")
    for shown in ("Åse Bæk &lt;aase@shop.test&gt;", "soeren@example.test", "svar@example.test"):
        assert shown in text
    assert text.count("<time ") == 2
    assert text.count("Svar til") == 1


def test_a_long_list_shows_the_newest_and_says_so(box: LocalMailbox, page: Client) -> None:
    with connect(box) as smtp:
        for number in range(LISTED + 1):
            smtp.sendmail("a@shop.test", ["b@example.test"], b"Subject: nr%d.\r\n\r\n" % number)
    text = page.get("/").text
    assert f"de {LISTED} nyeste af {LISTED + 1}" in text
    assert "nr0." not in text
    assert len(page.get("/messages.json").json) == LISTED + 1


def test_hostile_mail_is_shown_as_text_and_its_html_is_shut_in(
    box: LocalMailbox, page: Client
) -> None:
    hostile = '<script>alert("x")</script>'
    message = mail(hostile, f"{hostile} javascript:alert(1)")
    message.replace_header("From", '"<img src=x onerror=alert(1)>" <ond@example.test>')
    message["Reply-To"] = '"><i>@example.test'
    message["X-Evil"] = hostile
    message.add_alternative(f"<p>Hej</p>{hostile}", subtype="html")
    message.add_attachment(b"<script>", maintype="text", subtype="html", filename='<b>"onder".html')
    send(box, message)
    for address in ("/", "/messages/1"):
        answer = page.get(address)
        assert "<script" not in answer.text
        assert "<img" not in answer.text
        assert "<i>" not in answer.text
        assert "<b>" not in answer.text
        assert 'href="javascript' not in answer.text
        assert "&lt;script&gt;alert(" in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "script-src" not in answer.headers["Content-Security-Policy"]
    shut_in = page.get("/messages/1/html")
    assert hostile in shut_in.text
    policy = shut_in.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    file = page.get("/messages/1/attachments/1")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["X-Content-Type-Options"] == "nosniff"


def test_links_in_the_text_can_be_followed(box: LocalMailbox, page: Client) -> None:
    link = "http://127.0.0.1:5055/log-ind/Ab-c_1?next=/kursus&x=1"
    send(box, mail(text=f"Log ind her: {link}.\n\n<https://example.test/a>"))
    text = page.get("/messages/1").text
    assert f'href="{link.replace("&", "&amp;")}"' in text
    assert 'href="https://example.test/a"' in text


def test_an_attachment_and_the_whole_mail_can_be_fetched(box: LocalMailbox, page: Client) -> None:
    message = mail()
    content = bytes(range(256))
    message.add_attachment(content, maintype="application", subtype="pdf", filename="kørsel.pdf")
    send(box, message)
    got = page.get("/messages/1/attachments/1")
    assert got.data == content
    assert got.mimetype == "application/pdf"
    assert "filename*=UTF-8''k%C3%B8rsel.pdf" in got.headers["Content-Disposition"]
    assert b"kursus" not in page.get("/messages/1.eml").data
    assert page.get("/messages/1.eml").data == box.received()[0].raw


@pytest.mark.parametrize(
    "address", ["/messages/2", "/messages/1/html", "/messages/1/attachments/0", "/messages/x"]
)
def test_what_is_not_there_is_said_kindly(box: LocalMailbox, page: Client, address: str) -> None:
    send(box)
    answer = page.get(address)
    assert answer.status_code == 404
    assert "Her ligger ingen mail" in answer.text


def test_it_is_emptied_by_button_and_by_delete(box: LocalMailbox, page: Client) -> None:
    send(box)
    assert "Tøm postkassen" in page.get("/").text
    answer = page.post("/clear")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert box.messages == []
    send(box)
    assert page.delete("/messages.json").status_code == 204
    assert page.get("/messages.json").json == []


def test_other_websites_can_neither_read_nor_empty_it(box: LocalMailbox, page: Client) -> None:
    send(box)
    assert page.get("/messages.json", headers={"Host": "evil.test"}).status_code == 400
    assert page.post("/clear", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert len(box.messages) == 1


# Over the wire


def fetch(port: int, path: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=3)
    connection.request("GET", path)
    return connection.getresponse()


def test_the_page_is_served_beside_the_mail_server() -> None:
    with LocalMailbox(http_port=0) as box:
        send(box)
        box.wait_for(1)
        assert box.http_port
        assert json.load(fetch(box.http_port, "/messages.json")) == box.messages


def test_run_as_a_program_until_it_is_told_to_stop() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        web, smtp = one.getsockname()[1], two.getsockname()[1]
    command = [sys.executable, "-m", "sandbox.mailbox", f"--http-port={web}", f"--smtp-port={smtp}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == f"Mailbox: http://127.0.0.1:{web} (SMTP on {smtp})\n"
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert second.stderr.startswith("The mailbox cannot start: ")
        assert "Traceback" not in second.stderr
        assert fetch(web, "/").status == 200
        program.terminate()
        assert program.wait(3) == 0
