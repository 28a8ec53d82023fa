"""The settings of a program as on the machine that serves it for real."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from cryptography.fernet import Fernet

from sandbox.mailbox import LocalMailbox
from sandbox.stripe import LocalStripe
from shop.settings import ROOT

PUBLIC_URL = "https://smertevejleder.example"
GUNICORN = ("gunicorn", "--config", "deploy/gunicorn.conf.py", "app:app")


def filled_in_content(target: Path) -> Path:
    """A copy of the content in which every fact about the clinic is known."""
    shutil.copytree(ROOT / "content", target)
    facts = target / "clinic.toml"
    text = facts.read_text(encoding="utf-8")
    facts.write_text(re.sub(r'"UDFYLD[^"]*"', '"Prøve"', text), encoding="utf-8")
    return target


def settings_for(home: Path, stripe: LocalStripe, mailbox: LocalMailbox) -> dict[str, str]:
    """Every setting that production asks for."""
    content = filled_in_content(home / "content")
    return {
        "APP_ENV": "production",
        "SECRET_KEY": "a-secret-that-only-this-test-knows-0123456789",
        "DATABASE_URL": f"sqlite:///{home / 'shop.db'}",
        "PUBLIC_URL": PUBLIC_URL,
        "CLINIC_EMAIL": "klinik@smertevejleder.example",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(mailbox.smtp_port),
        "MAIL_DEFAULT_SENDER": "kursus@smertevejleder.example",
        "STRIPE_SECRET_KEY": "sk_test_production_trial",
        "STRIPE_WEBHOOK_SECRET": "whsec_local",
        "STRIPE_API_BASE": stripe.base_url,
        "DATA_KEYS": Fernet.generate_key().decode(),
        "MEDIA_ROOT": str(content / "audio"),
        "CONTENT_ROOT": str(content),
    }
