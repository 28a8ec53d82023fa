"""Settings: all that is wrong is named at once, and nothing secret shows."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from shop.settings import DEVELOPMENT, ROOT, SettingsError, load

SECRETS = {
    "SECRET_KEY": "a-secret-key-of-forty-characters-or-more",
    "STRIPE_SECRET_KEY": "sk_live_abc",
    "STRIPE_WEBHOOK_SECRET": "whsec_abc",
    "DATA_KEYS": Fernet.generate_key().decode(),
    "MAIL_PASSWORD": "password-of-the-mailbox",
    "DATABASE_URL": "postgresql://shop:password-of-the-database@db/shop",
    "REDIS_URL": "redis://:password-of-redis@cache/0",
}
ORDINARY = {
    "PUBLIC_URL": "https://eksempel.dk",
    "CLINIC_EMAIL": "klinik@eksempel.dk",
    "MAIL_SERVER": "mail.eksempel.dk",
    "MAIL_USE_TLS": "true",
    "MAIL_DEFAULT_SENDER": "klinik@eksempel.dk",
    "MEDIA_ROOT": "/srv/lyd",
}


@pytest.fixture
def complete(tmp_path: Path) -> dict[str, str]:
    """All that production needs, with no fact about the clinic left open."""
    shutil.copytree(ROOT / "content", tmp_path / "content")
    facts = tmp_path / "content" / "clinic.toml"
    facts.write_text(facts.read_text(encoding="utf-8").replace("UDFYLD", "Udfyldt"), "utf-8")
    return {**SECRETS, **ORDINARY, "CONTENT_ROOT": str(tmp_path / "content")}


def complaint(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as error:
        load(environ)
    return str(error.value)


def test_production_starts_with_everything_given(complete):
    settings = load(complete)
    assert settings.production
    assert settings.trusted_proxies == 1
    assert settings.stripe_livemode
    assert settings.pay_page_origin == "https://checkout.stripe.com"


def test_an_empty_production_names_all_that_is_missing():
    said = complaint({})
    for name in {*SECRETS, *ORDINARY} - {
        "MAIL_PASSWORD",
        "MAIL_USE_TLS",
        "DATABASE_URL",
        "REDIS_URL",
    }:
        assert f"{name} is missing" in said, name
    assert "\n" not in said


def test_production_has_no_default_for_any_secret(complete):
    for name in DEVELOPMENT:
        if name in {"STRIPE_API_BASE", "MAIL_PORT"}:
            continue
        assert name in complaint({**complete, name: ""})


def test_development_starts_with_nothing_given():
    settings = load({"APP_ENV": "development"})
    assert not settings.production
    assert settings.database_url == f"sqlite:///{ROOT / 'instance' / 'shop.db'}"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("APP_ENV", "staging", "APP_ENV must be production or development"),
        ("SECRET_KEY", "short", "32 characters"),
        ("DATABASE_URL", "mysql://x/y", "DATABASE_URL must be"),
        ("PUBLIC_URL", "eksempel.dk", "PUBLIC_URL must be an address"),
        ("PUBLIC_URL", "https://eksempel.dk/kursus", "PUBLIC_URL must be an address"),
        ("PUBLIC_URL", "http://eksempel.dk", "PUBLIC_URL must be https"),
        ("CLINIC_EMAIL", "klinik", "CLINIC_EMAIL is no email"),
        ("MAIL_PORT", "smtp", "MAIL_PORT must be a whole number"),
        ("MAIL_USE_TLS", "ja", "MAIL_USE_TLS must be true or false"),
        ("STRIPE_SECRET_KEY", "pk_live_x", "STRIPE_SECRET_KEY must start with"),
        ("STRIPE_API_BASE", "http://127.0.0.1:5002", "STRIPE_API_BASE is refused with a live key"),
        ("DATA_KEYS", "not-a-key", "DATA_KEYS must be Fernet keys"),
        ("DATA_KEYS", ",", "DATA_KEYS"),
        ("TRUSTED_PROXIES", "-1", "TRUSTED_PROXIES must be a whole number"),
        ("CONTENT_ROOT", "/nowhere", "CONTENT_ROOT must hold a readable clinic.toml"),
    ],
)
def test_what_is_malformed_is_named(complete, name, value, said):
    assert said in complaint({**complete, name: value})


def test_everything_wrong_is_named_in_one_message(complete):
    said = complaint({**complete, "SECRET_KEY": "", "MAIL_PORT": "x", "PUBLIC_URL": "x"})
    for name in ("SECRET_KEY", "MAIL_PORT", "PUBLIC_URL"):
        assert name in said


def test_a_live_key_never_talks_to_a_stand_in_in_development_either():
    environ = {"APP_ENV": "development", "STRIPE_SECRET_KEY": "sk_live_x"}
    assert "STRIPE_API_BASE is refused" in complaint(environ)


def test_an_open_fact_about_the_clinic_stops_production(complete):
    facts = Path(complete["CONTENT_ROOT"]) / "clinic.toml"
    facts.write_text(facts.read_text("utf-8").replace("cvr = ", 'cvr = "UDFYLD" #'), "utf-8")
    said = complaint(complete)
    assert "clinic.toml lacks cvr" in said
    assert load({"APP_ENV": "development", "CONTENT_ROOT": complete["CONTENT_ROOT"]})


def test_the_shipped_facts_still_have_open_ones(complete):
    """Nobody has told us the clinic's CVR number yet; nothing is invented in its place."""
    assert "cvr" in complaint({**complete, "CONTENT_ROOT": str(ROOT / "content")})


def test_a_logged_settings_tells_no_secret(complete):
    shown = f"{load(complete)!r} {load(complete)}"
    assert "https://eksempel.dk" in shown
    for name, secret in SECRETS.items():
        assert secret not in shown, name
    assert "password" not in shown


def test_no_complaint_repeats_a_secret(complete):
    broken = {name: f"{value} " * 2 for name, value in SECRETS.items()}
    said = complaint({**complete, **broken, "PUBLIC_URL": "x"})
    for name, secret in SECRETS.items():
        assert secret not in said, name


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_hosts_postgres_address_gets_its_driver(complete, scheme):
    settings = load({**complete, "DATABASE_URL": f"{scheme}://u:p@h:5432/d?sslmode=require"})
    assert settings.database_url == "postgresql+psycopg://u:p@h:5432/d?sslmode=require"


def test_several_keys_may_be_given_with_spaces(complete):
    keys = [Fernet.generate_key().decode() for _ in range(3)]
    settings = load({**complete, "DATA_KEYS": f" {keys[0]} ,{keys[1]}, {keys[2]},"})
    assert settings.data_keys == tuple(keys)


def test_the_program_does_not_start_without_its_settings():
    result = subprocess.run(
        [sys.executable, "-c", "import app"], cwd=ROOT, env={}, capture_output=True, text=True
    )
    assert result.returncode == 3, "gunicorn must not try again and again"
    assert result.stderr.startswith("Settings: ")
    assert "SECRET_KEY is missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_vat_is_treated_in_one_of_three_ways(complete):
    facts = Path(complete["CONTENT_ROOT"]) / "clinic.toml"
    written = facts.read_text(encoding="utf-8")
    facts.write_text(
        written.replace('vat_treatment = "standard"', 'vat_treatment = "low"'), "utf-8"
    )
    assert "vat_treatment in clinic.toml must be standard, exempt or unregistered" in complaint(
        complete
    )
