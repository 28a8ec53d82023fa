"""The program as it runs for real: over TLS, behind a proxy, without a developer's comforts."""

from __future__ import annotations

import io
import json

import pytest
import structlog

from tests.browser import Browser


@pytest.fixture
def browser(production):
    return Browser(production)


def test_cookies_travel_over_tls_alone(browser):
    flags = browser.get("/log-ind").response.headers["Set-Cookie"]
    for flag in ("Secure", "HttpOnly", "SameSite=Lax"):
        assert flag in flags


def test_browsers_are_told_to_stay_on_tls(browser):
    headers = browser.get("/log-ind").response.headers
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_form_may_lead_to_stripe_and_nowhere_else(browser):
    policy = browser.get("/log-ind").response.headers["Content-Security-Policy"]
    assert policy.endswith("form-action 'self' https://checkout.stripe.com")
    assert "127.0.0.1" not in policy


def test_a_claimed_host_does_not_get_into_addresses(browser):
    browser.get("/robots.txt", Host="evil.example", X_Forwarded_Host="evil.example")
    assert "evil" not in browser.text
    assert "https://eksempel.dk/sitemap.xml" in browser.text


def test_limits_count_the_client_behind_our_proxy(browser):
    """What a client claims to come from does not count; what our one proxy adds does."""
    token = browser.get("/log-ind").page.find(".//*[@name='csrf_token']").get("value")

    def ask(number: int, client: str) -> int:
        data = {"csrf_token": token, "email": f"ikke en adresse {number}"}
        claimed = f"1.1.1.{number}, {client}"
        return browser.post("/log-ind", data=data, X_Forwarded_For=claimed).status

    assert [ask(number, "10.0.0.1") for number in range(31)] == [422] * 30 + [429]
    assert ask(0, "10.0.0.2") == 422


def test_a_log_line_is_json(browser):
    written = io.StringIO()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(written))
    assert browser.get("/").status == 500, "there are no tables yet"
    line = json.loads(written.getvalue())
    assert (line["event"], line["level"], line["rule"]) == ("failed", "error", "/")
    assert line["error_id"] in browser.text
    assert "OperationalError" in line["exception"]
