"""The only reader of the environment: one frozen Settings, checked whole at start."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent

STRIPE_API = "https://api.stripe.com"
STRIPE_CHECKOUT = "https://checkout.stripe.com"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PLACEHOLDER = "UDFYLD"  # how clinic.toml marks a fact that nobody has filled in

# Known to everybody who reads this file: they open nothing outside a developer's machine.
DEVELOPMENT = {
    "SECRET_KEY": "development-only-secret-key-not-for-production",
    "PUBLIC_URL": "http://127.0.0.1:5000",
    "CLINIC_EMAIL": "rh@kirohaderslev.dk",
    "MAIL_SERVER": "127.0.0.1",
    "MAIL_PORT": "6001",
    "MAIL_DEFAULT_SENDER": "SmerteVejleder <kursus@smertevejleder.test>",
    "STRIPE_SECRET_KEY": "sk_test_local",
    "STRIPE_WEBHOOK_SECRET": "whsec_local",
    "STRIPE_API_BASE": "http://127.0.0.1:5002",
    "DATA_KEYS": "ZGV2ZWxvcG1lbnQtb25seS1rZXktbm90LXNlY3JldCE=",
    "MEDIA_ROOT": str(ROOT / "content" / "audio"),
}


class SettingsError(Exception):
    """One message that names every setting which is missing or malformed."""


@dataclass(frozen=True)
class Settings:
    """Everything the environment decides. Secrets never show in its repr, so a log leaks none."""

    env: str
    secret_key: str
    database_url: str
    public_url: str
    clinic_email: str
    mail: Mapping[str, str | int | bool | None]
    lead_mail: str
    stripe_secret_key: str
    stripe_webhook_secret: str
    stripe_api_base: str
    data_keys: tuple[str, ...]
    media_root: Path
    content_root: Path
    erased_list: Path
    redis_url: str | None
    sentry_dsn: str | None
    trusted_proxies: int
    clinic: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Settings(env={self.env!r}, public_url={self.public_url!r})"

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def mail_is_private(self) -> bool:
        """Whether nobody can listen in between us and the mail server."""
        encrypted = self.mail["MAIL_USE_TLS"] or self.mail["MAIL_USE_SSL"]
        return bool(encrypted) or self.mail["MAIL_SERVER"] in {"", *LOOPBACK}

    @property
    def lead_in_full(self) -> bool:
        """Whether an enquiry's words may stand in the mail to the clinician."""
        return self.lead_mail == "full" and self.mail_is_private

    @property
    def stripe_livemode(self) -> bool:
        """Stripe marks each object live or test; ours must match the key."""
        return "_live_" in self.stripe_secret_key

    @property
    def pay_page_origin(self) -> str:
        """Where the order form's redirect may lead: Stripe's pay page or its stand-in."""
        return STRIPE_CHECKOUT if self.stripe_api_base == STRIPE_API else self.stripe_api_base


class _Reader:
    """Reads values one by one and gathers what is wrong instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str], defaults: Mapping[str, str]) -> None:
        self._environ, self._defaults = environ, defaults
        self.wrong: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        value = self._environ.get(name, "").strip() or self._defaults.get(name) or default
        if value is None:
            self.wrong.append(f"{name} is missing")
            return ""
        return value

    def optional(self, name: str) -> str | None:
        return self.text(name, "") or None

    def number(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal():
            self.wrong.append(f"{name} must be a whole number")
            return default
        return int(value)

    def flag(self, name: str) -> bool:
        value = self.text(name, "false").lower()
        if value not in {"true", "false", "1", "0"}:
            self.wrong.append(f"{name} must be true or false")
        return value in {"true", "1"}

    def address(self, name: str, default: str | None = None) -> str:
        value = self.text(name, default).rstrip("/")
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.path):
            self.wrong.append(f"{name} must be an address like https://example.dk")
        return value

    def require(self, good: bool, complaint: str) -> None:
        if not good:
            self.wrong.append(complaint)


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Reads and checks all settings.

    APP_ENV is production unless it says development; only development has defaults for secrets.
    Raises SettingsError naming all that is wrong.
    """
    env = environ.get("APP_ENV", "production")
    production = env == "production"
    read = _Reader(environ, {} if production else DEVELOPMENT)
    read.require(env in {"production", "development"}, "APP_ENV must be production or development")
    settings = Settings(
        env=env,
        secret_key=read.text("SECRET_KEY"),
        database_url=_database_url(read),
        public_url=read.address("PUBLIC_URL"),
        clinic_email=read.text("CLINIC_EMAIL"),
        mail=_mail(read),
        lead_mail=read.text("LEAD_MAIL", "full"),
        stripe_secret_key=read.text("STRIPE_SECRET_KEY"),
        stripe_webhook_secret=read.text("STRIPE_WEBHOOK_SECRET"),
        stripe_api_base=read.address("STRIPE_API_BASE", STRIPE_API),
        data_keys=tuple(key.strip() for key in read.text("DATA_KEYS").split(",") if key.strip()),
        media_root=Path(read.text("MEDIA_ROOT")),
        content_root=Path(read.text("CONTENT_ROOT", str(ROOT / "content"))),
        erased_list=Path(read.text("ERASED_LIST", str(ROOT / "instance" / "erased.list"))),
        redis_url=read.optional("REDIS_URL"),
        sentry_dsn=read.optional("SENTRY_DSN"),
        trusted_proxies=read.number("TRUSTED_PROXIES", 1 if production else 0),
        clinic=_clinic(read, production),
    )
    _check(settings, read)
    if read.wrong:
        raise SettingsError("Settings: " + "; ".join(read.wrong) + ".")
    return settings


def _database_url(read: _Reader) -> str:
    url = read.text("DATABASE_URL", f"sqlite:///{ROOT / 'instance' / 'shop.db'}")
    # Hosts hand out postgres:// and postgresql://; SQLAlchemy wants the driver named.
    scheme, _, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        url = f"postgresql+psycopg://{rest}"
    read.require(
        url.startswith(("sqlite:///", "postgresql+psycopg://")),
        "DATABASE_URL must be a sqlite:/// or postgresql:// address",
    )
    return url


def _mail(read: _Reader) -> Mapping[str, str | int | bool | None]:
    """Flask-Mail's own names, passed on as its configuration."""
    return {
        "MAIL_SERVER": read.text("MAIL_SERVER"),
        "MAIL_PORT": read.number("MAIL_PORT", 587),
        "MAIL_USERNAME": read.optional("MAIL_USERNAME"),
        "MAIL_PASSWORD": read.optional("MAIL_PASSWORD"),
        "MAIL_USE_TLS": read.flag("MAIL_USE_TLS"),
        "MAIL_USE_SSL": read.flag("MAIL_USE_SSL"),
        "MAIL_DEFAULT_SENDER": read.text("MAIL_DEFAULT_SENDER"),
    }


def _clinic(read: _Reader, production: bool) -> Mapping[str, Any]:
    """The clinic's facts; in production none may still be a placeholder."""
    path = Path(read.text("CONTENT_ROOT", str(ROOT / "content"))) / "clinic.toml"
    try:
        clinic = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        read.wrong.append("CONTENT_ROOT must hold a readable clinic.toml")
        return {}
    treatment = clinic.get("vat_treatment")
    read.require(
        treatment in {"standard", "exempt", "unregistered"},
        "vat_treatment in clinic.toml must be standard, exempt or unregistered",
    )
    missing = [name for name, value in clinic.items() if str(value).startswith(PLACEHOLDER)]
    read.require(not (production and missing), f"clinic.toml lacks {', '.join(missing)}")
    return clinic


def _check(settings: Settings, read: _Reader) -> None:
    real_stripe = settings.stripe_api_base == STRIPE_API
    read.require(
        real_stripe or not settings.stripe_livemode, "STRIPE_API_BASE is refused with a live key"
    )
    read.require(
        settings.stripe_secret_key.startswith(("sk_", "rk_")) or not settings.stripe_secret_key,
        "STRIPE_SECRET_KEY must start with sk_ or rk_",
    )
    read.require(_are_keys(settings.data_keys), "DATA_KEYS must be Fernet keys, comma-separated")
    read.require(
        not settings.clinic_email or "@" in settings.clinic_email, "CLINIC_EMAIL is no email"
    )
    read.require(
        not settings.sentry_dsn or "@" in settings.sentry_dsn, "SENTRY_DSN is no Sentry address"
    )
    read.require(settings.lead_mail in {"full", "notice"}, "LEAD_MAIL must be full or notice")
    if settings.production:
        short = 0 < len(settings.secret_key) < 32
        read.require(not short, "SECRET_KEY must have 32 characters or more")
        read.require(not settings.public_url.startswith("http://"), "PUBLIC_URL must be https")
        read.require(
            settings.mail_is_private,
            "MAIL_USE_TLS or MAIL_USE_SSL must be true: mails are private",
        )


def _are_keys(keys: tuple[str, ...]) -> bool:
    try:
        for key in keys:
            Fernet(key)
    except ValueError:
        return False
    return bool(keys)
