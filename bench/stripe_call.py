"""The one call to Stripe that an order makes, alone in a bare view: `bench.stripe_call:app`.

What it costs above the bare view is what an order costs because of Stripe.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from flask import Flask

from shop import settings
from shop.orders.gateway import create_session, init_gateway
from shop.orders.rules import PayRequest

app = Flask(__name__, static_folder=None)
init_gateway(app, settings.load())


@app.get("/")
def ready() -> str:
    return ""


@app.post("/")
def call() -> str:
    back = "http://localhost/koeb"
    expires = datetime.now(UTC) + timedelta(hours=23)
    reference = f"{uuid.uuid4().hex[:8]}-1"
    _, url = create_session(
        PayRequest(1, reference, "buyer@example.dk", 49900, expires), back, back
    )
    return url
