"""What is told to whoever watches over the program: where we were wrong, and nobody's words."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import brotli
import pytest
import sentry_sdk

from shop.reports import init_reports
from tests.enquiries.conftest import WORDS

UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
SECRET = "Hemmeligt om min ryg"


@pytest.fixture
def watcher():
    """A server that takes reports, and what it was told."""
    told: list[str] = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.append(UNPACK[self.headers.get("Content-Encoding")](body).decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Takes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    init_reports(f"http://key@127.0.0.1:{server.server_port}/1")
    yield told
    sentry_sdk.get_client().close(timeout=2)
    sentry_sdk.get_global_scope().set_client(None)
    server.shutdown()
    server.server_close()


def reports(told: list[str]) -> list[dict]:
    sentry_sdk.flush(timeout=5)
    lines = [json.loads(line) for envelope in told for line in envelope.splitlines()]
    return [line for line in lines if "exception" in line]


def test_a_mistake_is_reported_without_anybodys_words(browser, monkeypatch, watcher):
    def fail(typed, *_: object) -> None:
        words = typed.message
        raise LookupError(f"no such thing: {words}")

    monkeypatch.setattr("shop.enquiries.actions.receive", fail)
    page = browser.get("/kontakt")
    ticket = page.fields()["csrf_token"].get("value")
    form = {**WORDS, "csrf_token": ticket, "message": SECRET, "name": "Kirsten Hemmelig"}
    assert browser.post("/kontakt?spor=Hemmelig", form, Cookie="hemmelig=1").status == 500
    [report] = reports(watcher)
    [raised] = report["exception"]["values"]
    assert (raised["type"], report["tags"]["rule"]) == ("LookupError", "/kontakt")
    assert report["tags"]["error_id"] in browser.words()
    assert any(frame["function"] == "send" for frame in raised["stacktrace"]["frames"])
    everything = "\n".join(watcher).lower()
    for words in (SECRET, "hemmelig", WORDS["email"], "kirsten", "ryg", "127.0.0.1:5"):
        assert words.lower() not in everything, words


def test_nothing_is_loaded_when_nobody_watches():
    import subprocess
    import sys

    code = "import sys, shop; print('sentry_sdk' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.strip() == "False", answer.stderr
